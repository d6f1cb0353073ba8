"""What the rules are put together from: patterns, figures, nouns, tables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

SPACE = "[ \u00a0\u202f\u2009]"
DASH = rf"{SPACE}?[-\u2010\u2011\u2013\u2014]{SPACE}?"
# All repetition is bounded, and a figure starts at its first digit only: no text makes a pattern slow.
FROM = r"(?<![0-9])(?<![0-9][.,'’])"
TO = r"(?![0-9])(?![.,'’][0-9])"
FIGURE = rf"(?:[0-9]{{1,3}}(?:{SPACE}[0-9]{{3}}){{1,5}}(?![0-9])|[0-9]{{1,20}})(?:[.,'’][0-9]{{1,20}}){{0,6}}"
SIGN = rf"(?P<sign>(?<![^\s(\[„“”\"'«=:,;])[-\u2013]|\u2212{SPACE}?|(?<![\w+])\+{SPACE}?|±{SPACE}?)?"
QUANTITY = rf"{SIGN}{FROM}(?P<a>{FIGURE})(?:{DASH}(?P<b>{FIGURE}))?{TO}"
"""A figure or a range of them, as groups `sign`, `a` and `b`."""

LETTER = r"[^\W\d_]"
_LAST_WORD = re.compile(rf"({LETTER}{{1,24}}['’]?)([\s:.,]{{0,3}})$")
_NEXT_WORD = re.compile(rf"[ \u00a0\u202f]?({LETTER}{{1,24}})")
_GROUPED_BY_APOSTROPHE = re.compile(r"(?<=[0-9])['’](?=[0-9]{3}(?![0-9]))")
_ROMAN = re.compile(r"M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


class Figure(NamedTuple):
    """A number as it was written, without what groups its digits."""

    whole: str
    fraction: str = ""
    sign: str = ","
    """What stands between the two."""

    @property
    def million(self) -> bool:
        """Said, it ends in "million" or something larger, behind which some languages say "of"."""
        return not self.fraction and len(self.whole) > 6 and self.whole.endswith("000000")


class Noun(NamedTuple):
    """What is counted."""

    gender: str
    """"m", "f" or "n"."""
    one: str
    many: str


def noun(text: str) -> Noun:
    """From "m mètre+s carré+s" ("+" before what the plural adds) or "m cheval/chevaux"."""
    gender, words = text.split(" ", 1)
    one, _, many = words.partition("/")
    return Noun(gender, re.sub(r"\+\w*", "", one), (many or one).replace("+", ""))


def table(text: str) -> dict[str, str]:
    """Lines of "this|or this = that"."""
    rows = (line.strip().split(" = ", 1) for line in text.strip().splitlines())
    return {key.strip(): said.strip() for keys, said in rows for key in keys.split("|")}


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def nouns(text: str) -> dict[str, Noun]:
    return {key: noun(said) for key, said in table(text).items()}


_PREFIXED = {
    "m": "k h d c m µ n", "g": "k m µ", "l": "h d c m µ", "L": "m", "s": "m µ n", "t": "k M",
    "W": "k M G T m", "Wh": "k M G T", "Hz": "k M G T", "B": "k K M G T P", "o": "k K M G T P",
    "bit": "k M G T", "V": "k m", "A": "m k", "Ah": "m", "Pa": "h k M", "J": "k M", "cal": "k", "Ω": "k M",
    "eV": "k M G",
}  # fmt: skip


def units(prefixes: str, bases: str, square: str, cube: str, others: str) -> dict[str, Noun]:
    """Tables of SI prefixes ("k = kilo"), of units that take them, and of those that don't or are irregular;
    `square` and `cube` are made of a length ("mètre+s carré+s" is "{} carré+s")."""
    before, all_units = table(prefixes), table(bases)
    for base, said in table(bases).items():
        gender, words = said.split(" ", 1)
        for prefix in _PREFIXED.get(base, "").split():
            scaled = "/".join(before[prefix.replace("K", "k")] + word.lower() for word in words.split("/"))
            all_units[prefix + base] = f"{gender} {scaled}"
    for base in ("m", "km", "dm", "cm", "mm"):
        gender, word = all_units[base].split(" ", 1)
        for signs, power in (("²2", square), ("³3", cube)):
            said = power.format(word) if power.startswith("{}") else power.format(word.lower())
            all_units |= {base + sign: f"{gender} {said}" for sign in signs}
    all_units |= table(others)
    # "Door 3 B" is no byte, nor "3 o" an octet.
    return {key: noun(said) for key, said in all_units.items() if key not in ("B", "o")}


def alternatives(words: Iterable[str]) -> str:
    """A pattern for one of them, the longest first; a space in one may be a hard one, or missing."""
    return "|".join(
        re.escape(word).replace("\\ ", f"{SPACE}?") for word in sorted(words, key=len, reverse=True)
    )


def figure(written: str, decimal: str) -> Figure | None:
    """Reads what `FIGURE` matches; None if that is no number ("2.0.1"). With the sign `decimal`, three
    digits behind one such sign are decimals; behind the other they are thousands."""
    text = _GROUPED_BY_APOSTROPHE.sub("", re.sub(SPACE, "", written))
    signs = re.findall("[.,'’]", text)
    if not signs:
        return Figure(text)
    last = signs[-1]
    if "'" in signs or "’" in signs:
        return None
    whole, _, rest = text.rpartition(last)
    if signs.count(last) > 1:
        grouped = len(set(signs)) == 1 and _grouped(text.split(last))
        return Figure(text.replace(last, "")) if grouped else None
    if len(signs) == 1:
        grouped = last != decimal and _grouped([whole, rest])
        return Figure(whole + rest) if grouped else Figure(whole, rest, last)
    groups = whole.split(signs[0])
    return Figure("".join(groups), rest, last) if _grouped(groups) else None


def _grouped(groups: list[str]) -> bool:
    first, *rest = groups
    return len(first) <= 3 and first[0] != "0" and all(len(group) == 3 for group in rest)


def roman(text: str) -> int:
    """0 if it is none."""
    if not _ROMAN.fullmatch(text):
        return 0
    values = [_ROMAN_VALUES[c] for c in text]
    return sum(-v if v < after else v for v, after in zip(values, [*values[1:], 0], strict=False))


def word_before(match: re.Match[str], between: str = ":.,") -> str:
    """The word before the match, lower case, where at most spaces and the signs `between` separate them."""
    found = _LAST_WORD.search(match.string[max(0, match.start() - 30) : match.start()])
    return found[1].lower() if found and not set(found[2].strip()) - set(between) else ""


def word_after(match: re.Match[str]) -> str:
    """The word after the match, as it is written; "" where none stands right after it."""
    found = _NEXT_WORD.match(match.string, match.end())
    return found[1] if found else ""
