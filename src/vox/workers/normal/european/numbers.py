"""What is left of the numbers when dates, money and the like are said."""

from __future__ import annotations

import re

from vox.workers.normal.european.arithmetic import fractions, sums
from vox.workers.normal.european.parts import (
    FIGURE,
    LETTER,
    QUANTITY,
    SPACE,
    Figure,
    roman,
    word_after,
    word_before,
)
from vox.workers.normal.european.tongue import Tongue
from vox.workers.normal.rule import Rule

_ROMAN = re.compile(
    r"(?<![\w.'-])(?P<roman>[IVXLCDM]{1,9})(?P<mark>[º°]|\.[º°]|\.(?=\s)|ère|ème|er|re|e)?(?![\w'’-]|\.\w)"
)
_NAME = re.compile(rf"({LETTER}{{1,24}})\.?[ \u00a0]?$")
_RATIO = re.compile(rf"(?<![\w:.,/])(?P<a>{FIGURE}){SPACE}?:{SPACE}?(?P<b>{FIGURE})(?![\w:]|[.,][0-9])")
_QUANTITY = re.compile(QUANTITY)
_LEFT = re.compile("[0-9]+")
# "2 or 3 weeks": both are of the gender of weeks.
_BOTH = re.compile(rf" (?:ou|o|e|y|a|à|et) [0-9]{{1,3}} ({LETTER}{{1,24}})")
_SHORT_YEAR = re.compile(r"(?<!\w)['’](?P<n>[0-9]{2,3})(?![\w'’])")
_IBAN = re.compile(
    rf"(?<!\w)(?P<land>[A-Z]{{2}})(?P<n>[0-9]{{2}}(?:{SPACE}?[0-9A-Z]{{4}}){{3,7}}(?:{SPACE}?[0-9A-Z]{{1,4}})?)(?!\w)"
)
_CARD = re.compile(r"(?<![\w.,])[0-9]{4}(?:[ \u00a0-][0-9]{4}){2,4}(?![\w]|[.,][0-9])")


def codes(tongue: Tongue) -> tuple[Rule, ...]:
    """Numbers of accounts and cards; come before telephones."""

    def account(match: re.Match[str]) -> str:
        signs = re.sub(r"\s", "", match["n"])
        said = (tongue.digits(sign) if sign.isdecimal() else sign for sign in signs)
        return f"{match['land']} {' '.join(said)}"

    return (
        Rule("number", _IBAN, account),
        Rule("number", _CARD, lambda match: tongue.digits(match[0])),
    )


def numbers(tongue: Tongue) -> tuple[Rule, ...]:
    return (
        Rule("number", _ROMAN, lambda match: _roman(tongue, match)),
        Rule("number", _SHORT_YEAR, lambda match: tongue.cardinal(match["n"])),
        *sums(tongue),
        *fractions(tongue),
        Rule("number", _RATIO, lambda match: _ratio(tongue, match)),
        Rule("number", _QUANTITY, lambda match: _plain(tongue, match)),
        Rule("number", _LEFT, lambda match: _spaced(match, tongue.digits(match[0]))),
    )


def _roman(tongue: Tongue, match: re.Match[str]) -> str | None:
    value = roman(match["roman"])
    letters, mark = match["roman"], match["mark"] or ""
    if (
        not value
        or (len(letters) == 1 and letters not in "IVX")
        or (mark.isalpha() and not tongue.roman_rank)
    ):
        return None
    before = _NAME.search(match.string[max(0, match.start() - 30) : match.start()])
    return tongue.regnal(value, match[0], before[1] if before else "", word_after(match))


def _ratio(tongue: Tongue, match: re.Match[str]) -> str | None:
    first, second = tongue.figure(match["a"]), tongue.figure(match["b"])
    if first is None or second is None:
        return None
    return f"{tongue.said(first)} {tongue.against} {tongue.said(second)}"


def _plain(tongue: Tongue, match: re.Match[str]) -> str | None:
    first, second = match["a"], match["b"]
    one = tongue.figure(first)
    if one is None or (second and tongue.figure(second) is None):
        return _spaced(match, _version(tongue, match[0]))
    sign = tongue.sign(match["sign"])
    before, after = word_before(match), word_after(match)
    if second:
        return _spaced(match, sign + _range(tongue, first, second, after))
    glued = match.string[match.start() - 1 : match.start()].isalpha() and not sign
    if (glued and (len(first) > 3 or first[0] == "0")) or (len(first) > 9 and first.isdecimal()):
        return _spaced(match, sign + tongue.digits(first))
    both = _BOTH.match(match.string, match.end())
    return _spaced(match, sign + tongue.bare(one, first, before, both[1] if both else after))


def _range(tongue: Tongue, first: str, second: str, after: str) -> str:
    if len(second) > 1 and second[0] == "0" and second.isdecimal():  # no number, but an extension or a code
        return f"{tongue.digits(first)} {tongue.digits(second)}"
    ends = [tongue.figure(end) or Figure("0") for end in (first, second)]
    if all(len(end) == 4 and end.isdecimal() for end in (first, second)):
        return f"{tongue.year(first)} {tongue.to} {tongue.year(second)}"
    falling = int(ends[0].whole) >= int(ends[1].whole) and not any(end.fraction for end in ends)
    between = tongue.to
    if falling:
        between = tongue.against if max(len(end.whole) for end in ends) < 3 else tongue.web.dash
    gender = "" if falling else tongue.gender(ends[1], "", after)
    return f"{tongue.said(ends[0], gender)} {between} {tongue.said(ends[1], gender)}"


def _version(tongue: Tongue, written: str) -> str:
    """Digits with signs between them that make no number."""
    parts = re.findall("[0-9]+|[^0-9]", written)
    words = (tongue.cardinal(part) if part.isdecimal() else tongue.signs.get(part, "") for part in parts)
    return " ".join(filter(None, words))


def _spaced(match: re.Match[str], words: str) -> str:
    """Set apart from letters it was glued to, as in "A7" and "4K"."""
    text = match.string
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    return f"{' ' * before.isalpha()}{words}{' ' * after.isalpha()}"
