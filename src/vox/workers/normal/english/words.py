"""English numbers in words, and what several rules ask of the text around a match."""

from __future__ import annotations

import re
from typing import NamedTuple

from vox.workers.normal import spell

NUMBER = (
    r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?![0-9])|[0-9]+)(?:\.[0-9]+)?|"
    r"(?<!\.)\.[0-9]+"
)
"""A number that is not negative: "12", "1,234.5", ".5"."""
VULGAR = {
    "½": ("1", "2"), "⅓": ("1", "3"), "⅔": ("2", "3"), "¼": ("1", "4"), "¾": ("3", "4"), "⅕": ("1", "5"),
    "⅖": ("2", "5"), "⅗": ("3", "5"), "⅘": ("4", "5"), "⅙": ("1", "6"), "⅚": ("5", "6"), "⅐": ("1", "7"),
    "⅛": ("1", "8"), "⅜": ("3", "8"), "⅝": ("5", "8"), "⅞": ("7", "8"), "⅑": ("1", "9"), "⅒": ("1", "10"),
}  # fmt: skip
QUANTITY = (
    rf"(?:(?:[0-9]{{1,4}}[ -])?[0-9]{{1,4}}[/⁄][0-9]{{1,4}}(?![0-9/])|"
    rf"(?:[0-9]{{1,6}}[ ]?)?[{''.join(VULGAR)}]|{NUMBER})"
)
"""A number, or "1/2", "3 1/2", "2½"."""
POWER = (
    r"(?P<tens>[ ]?[×x·*][ ]?10(?=[\^⁻⁰¹²³⁴-⁹]))?(?:\^(?P<plain>[-\u2212]?[0-9]{1,3})|"
    r"(?P<raised>⁻?[⁰¹²³⁴-⁹]{1,3}))?"
)
"""Behind a number: "× 10^8"."""
DASH = r"[ \u00a0]?[-\u2010-\u2014\u2212][ \u00a0]?"
"""Between the ends of a range."""
SPACE = r"[ \u00a0\u2009\u202f]"
MINUS = r"(?:(?<![\w.,)\]%°$€£'\"’”-])[-\u2212\u2013])"
"""A sign, not a hyphen: nothing that could be counted or named stands right before it."""


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


SCALES = {
    "k": "thousand", "m": "million", "mn": "million", "mln": "million", "mil": "million", "b": "billion",
    "bn": "billion", "bln": "billion", "t": "trillion", "tn": "trillion", "trn": "trillion",
}  # fmt: skip
SCALE = r"hundred|thousand|million|billion|trillion|quadrillion|lakh|crore"

RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ", "0123456789-+n")
_PARTS = re.compile("[0-9]+")
_ONE = {"one half": "a half", "one quarter": "a quarter", "one third": "a third"}
_FRACTIONS = {2: "half", 4: "quarter"}
_IRREGULAR = {"half": "halves", "foot": "feet", "inch": "inches", "six": "sixes"}
STARTS = word_set(
    "the a an i he she it we you they this that these those there then but and so if in on at my his her "
    "our their its when what where why how who after before as for no not yes now here please let do "
    "don't did is are was were can could will would one some many most all however"
)
_NEXT = re.compile(r"[\s\"'”’)\]]*([A-Za-z']*)")
_ARTICLE = re.compile(r"(?:^|[^\w])(?:[Aa]n?|[Tt]he|[Tt]his|[Tt]hat|another|each|every)[ \u00a0-]$")
_NOUN = re.compile(r"[ \u00a0-]([a-z]{2,})")
_NO_NOUN = word_set(
    "for and or in to from per of at on with than more less by is was are were an the each every when if "
    "but as that which who over under between into after before while because plus off down up away long "
    "wide tall high deep thick apart early late later ago old older younger total too so then not only "
    "just about extra back out through until will would can could should has have had be been he she it "
    "we they you near beyond above below behind ahead"
)


class English(NamedTuple):
    """What differs between the regions."""

    british: bool
    """Numbers have an "and", and dates the day first."""

    @property
    def _kind(self) -> str:
        return "-verbose" if self.british else ""

    def cardinal(self, digits: str) -> str:
        """ "1,234" or "1234"; a leading zero, or ten digits without a separator, are read one by one."""
        plain = digits.replace(",", "")
        if len(plain) > 15 and plain != digits:
            return self._huge(plain)
        if (len(plain) > 1 and plain[0] == "0") or (len(plain) > 9 and plain == digits):
            return one_by_one(plain)
        return spell.cardinal(plain, "en", f"spellout-cardinal{self._kind}").replace(",", "")

    def _huge(self, digits: str) -> str:
        """More than CLDR's rules go to, in groups of three."""
        names = (
            "",
            " thousand",
            " million",
            " billion",
            " trillion",
            " quadrillion",
            " quintillion",
            " sextillion",
        )
        groups = [digits[max(end - 3, 0) : end] for end in range(len(digits), 0, -3)]
        if len(groups) > len(names):
            return one_by_one(digits)
        said = (
            self.cardinal(str(int(group))) + name
            for group, name in zip(groups, names, strict=False)
            if int(group)
        )
        return " ".join(reversed(list(said)))

    def ordinal(self, digits: str) -> str:
        return spell.ordinal(digits.replace(",", ""), "en", f"spellout-ordinal{self._kind}").replace(",", "")

    def number(self, text: str) -> str:
        """`NUMBER`, with a sign or without."""
        sign = {"-": "minus ", "−": "minus ", "–": "minus ", "+": "plus ", "±": "plus or minus "}.get(
            text[:1], ""
        )
        whole, point, decimals = text[bool(sign) :].strip().partition(".")
        words = self.cardinal(whole) if whole else ""
        if point and decimals:
            words = f"{words} point {one_by_one(decimals)}".lstrip()
        return sign + words

    def quantity(self, text: str) -> str:
        """`QUANTITY`."""
        if text[-1] in VULGAR:
            whole, (above, below) = text[:-1].strip(), VULGAR[text[-1]]
        elif "/" in text or "⁄" in text:
            *more, above, below = _PARTS.findall(text)
            whole = more[0] if more else ""
        else:
            return self.number(text)
        part = self.fraction(above, below)
        if not whole:
            return part
        return f"{self.cardinal(whole)} and {_ONE.get(part, part)}"

    def power(self, match: re.Match[str]) -> str:
        """What was found of `POWER`."""
        power = match["plain"] or (match["raised"] or "").translate(RAISED)
        ten = " times ten" if match["tens"] else ""
        return f"{ten}{self.raised(power)}" if power else ""

    def raised(self, power: str) -> str:
        """ "2" is squared, "-6" to the power of minus six."""
        if power in ("2", "3"):
            return " squared" if power == "2" else " cubed"
        return f" to the power of {power if power.isalpha() else self.number(power)}"

    def year(self, digits: str) -> str:
        """ "1905" is nineteen oh five, "2005" two thousand five, "79" seventy-nine."""
        n = int(digits)
        if n % 1000 < 10 or not 100 <= n < 10_000:
            return self.cardinal(str(n))
        return self.pairs(str(n))

    def pairs(self, digits: str) -> str:
        """Three or four digits as names have them: "747" is seven forty-seven, "2490" twenty-four ninety."""
        high, low = int(digits[:-2]), int(digits[-2:])
        if low == 0:
            return (
                self.cardinal(digits)
                if high < 10 or high % 10 == 0
                else f"{self.cardinal(str(high))} hundred"
            )
        return f"{self.cardinal(str(high))} {'oh ' if low < 10 else ''}{self.cardinal(str(low))}"

    def label(self, digits: str) -> str:
        """The digits of a name: "A320", "room 204", "UTF-8"."""
        if digits[0] == "0" and len(digits) > 1:
            return one_by_one(digits)
        if len(digits) < 3:
            return self.cardinal(digits)
        if len(digits) < 5:
            return self.cardinal(digits) if digits.endswith("000") else self.pairs(digits)
        return one_by_one(digits)

    def fraction(self, above: str, below: str) -> str:
        """ "3", "4" is three quarters."""
        n = int(below.replace(",", ""))
        if (
            n < 2
            or (n > 19 and len(above) < 5 and int(above) > n)
            or len(below) > 4
            or len(above) > 4
            or (n > 100 and n % 100)
        ):
            return f"{self.cardinal(above)} over {self.cardinal(below)}"
        part = _FRACTIONS.get(n) or self.ordinal(below).removeprefix("one ")
        return f"{self.cardinal(above)} {part if above == '1' else plural(part)}"


def one_by_one(digits: str) -> str:
    return spell.digits(digits, "en")


def plural(word: str) -> str:
    """The plural of the last word of `word`."""
    start, _, last = word.rpartition(" ")
    head, hyphen, last = last.rpartition("-")
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif last.endswith("y") and not last.endswith(("ay", "ey")):
        last = last[:-1] + "ies"
    else:
        last += "s"
    return f"{start} {head}{hyphen}{last}".lstrip()


def stop(match: re.Match[str]) -> str:
    """The full stop of an abbreviation at the end of a match, where it ends the sentence as well."""
    if not match[0].endswith("."):
        return ""
    follows = _NEXT.match(match.string, match.end())
    assert follows  # it can match nothing
    at_end = not follows[1] and follows.end() == len(match.string)
    return "." if at_end or (follows[1][:1].isupper() and follows[1].lower() in STARTS) else ""


def before(match: re.Match[str]) -> str:
    """The word before a match, in lower case, with what is written to it: "the", "(in", "of"."""
    words = match.string[max(match.start() - 40, 0) : match.start()].split()
    return words[-1].lower() if words else ""


def to(match: re.Match[str]) -> str:
    """What stands between the ends of a range."""
    return "and" if before(match) == "between" else "to"


def attributive(match: re.Match[str]) -> bool:
    """Whether a quantity tells more of a noun, and so has a singular unit: "a $5 bill", "a 60 W bulb"."""
    return (
        before_noun(match)
        and _ARTICLE.search(match.string, max(match.start() - 9, 0), match.start()) is not None
    )


def before_noun(match: re.Match[str]) -> bool:
    noun = _NOUN.match(match.string, match.end())
    return noun is not None and noun[1] not in _NO_NOUN
