"""Telephone numbers: digit by digit, with a pause between the groups."""

from __future__ import annotations

import re

from vox.workers.normal.english.words import English, one_by_one, word_set
from vox.workers.normal.rule import Rule

_FREE = "8(?:00|33|44|55|66|77|88)|900"
_BEFORE = r"(?<![\w$€£.,/+-])"
_AFTER = r"(?![\w%]|[-./,:][0-9])"
_EXTENSION = r"(?:,?[ ]?(?:[Ee]xt\.?|[Ee]xtension|x|#)[ ]?(?P<extension>[0-9]{1,6}))?"
_ABROAD = re.compile(
    rf"(?<![\w+])\(?\+[ ]?(?P<number>[0-9]{{1,3}}\)[ ]?[0-9]{{1,5}}(?:[ .-][0-9]{{2,9}}){{1,4}}|[0-9]{{7,15}}"
    rf"|[0-9]{{1,3}}(?:[ .-]?\([0-9]{{1,5}}\)[ ]?|[ .-])[0-9]{{1,9}}"
    rf"(?:[ .-][0-9]{{1,9}}){{0,6}}){_EXTENSION}{_AFTER}"
)
_AMERICAN = re.compile(
    rf"{_BEFORE}(?P<number>(?:1[ .-]?)?\([0-9]{{3}}\)[ -]?[0-9]{{3}}[-. ][0-9]{{4}}"
    rf"|(?:1[ .-])?[0-9]{{3}}([-. \u2011])[0-9]{{3}}\2[0-9]{{4}}(?:-[0-9]{{1,4}})?"
    rf"|[2-9][0-9]{{2}}[-\u2011][0-9]{{4}}"
    rf"|1[ -]?(?:{_FREE})[ -](?:[0-9]{{7}}|[0-9]{{3}}[ -][0-9]{{3,4}})){_EXTENSION}{_AFTER}"
)
_SPELLED = re.compile(
    rf"(?<![\w-])(?:1[ -])?({_FREE})-((?=[A-Z0-9-]*[A-Z]{{3}})[A-Z0-9]+(?:-[A-Z0-9]+)*)(?![\w-])"
)
_NATIONAL = re.compile(
    rf"{_BEFORE}(?P<number>(?:\(0[0-9]{{1,4}}\)|0[0-9]{{1,4}})"
    rf"(?:[ -][0-9]{{2,8}}){{1,4}}){_EXTENSION}{_AFTER}"
)
_CALLED = re.compile(
    r"\b(?P<lead>(?:[Cc]all(?:s|ed|ing)?|[Dd]ial(?:s|ed|ing)?|[Rr]ing|[Rr]ang|[Tt]ext(?:s|ed|ing)?|[Pp]hone"
    r"|[Ff]ax|[Tt]el"
    r"|[Tt]elephone|[Hh]otline|[Mm]obile|[Cc]ell|SMS|[Hh]elpline)(?:(?:[ ]|[:.][ ]?)(?:number|is|me|us|at|on"
    r"|to|now)){0,3}"
    rf"(?:[ ]|[:.][ ]?))(?P<number>[0-9]{{3}}|[0-9]{{5,12}}){_AFTER}"
)
_EMERGENCY = re.compile(
    r"(?<![\w$€£/#:+-])(?<![0-9][.,])(?<!Porsche[ ])911(?![\w%°/:+-]|[.,][0-9]|[ ](?:[a-z]+s|people|[a-z]?m"
    r"|GT\w*|Carrera|Turbo)\b|[ ][-+=x])"
)
_EXTENDED = re.compile(r"\b([Ee]xtension|[Ee]xt\.)[ ]([0-9]{2,6})(?![\w,.-][0-9])")
_GROUP = re.compile("[0-9]+")
_SERVICES = word_set("000 100 101 108 110 111 112 119 211 311 411 511 611 711 811 911 988 999")


def rules(english: English) -> tuple[Rule, ...]:
    def plain(match: re.Match[str]) -> str | None:
        groups = _GROUP.findall(match["number"])
        if not 7 <= sum(map(len, groups)) <= 15:
            return None
        last = groups[-1]
        if len(groups) == 2 and len(last) == 4 and groups[0].endswith("0") and last.endswith("00"):
            return None  # "200-1000" is a range
        return _read(groups) + _extension(match)

    def abroad(match: re.Match[str]) -> str | None:
        said = plain(match)
        space = " " if match.string[match.start() - 1 : match.start()] == ":" else ""
        return said and f"{space}plus {said}"

    def national(match: re.Match[str]) -> str | None:
        length = sum(map(str.isdigit, match["number"]))
        return plain(match) if 9 <= length <= 11 else None

    def spelled(match: re.Match[str]) -> str:
        lead = "one " if match[0].startswith("1") else ""
        words = re.sub(
            "[0-9]+", lambda digits: f" {one_by_one(digits[0])} ", match[2].lower().replace("-", " ")
        )
        return f"{lead}{_hundreds(match[1])} {' '.join(words.split())}"

    def called(match: re.Match[str]) -> str | None:
        number = match["number"]
        if len(number) == 3 and number not in _SERVICES:
            return None
        return match["lead"] + one_by_one(number)

    return (
        Rule("phone", _SPELLED, spelled),
        Rule("phone", _ABROAD, abroad),
        Rule("phone", _AMERICAN, plain),
        Rule("phone", _NATIONAL, national),
        Rule("phone", _CALLED, called),
        Rule("phone", _EMERGENCY, lambda match: "nine one one"),
        Rule("phone", _EXTENDED, lambda match: f"extension {one_by_one(match[2])}"),
    )


def _read(groups: list[str]) -> str:
    said = [one_by_one(group) for group in groups]
    area = 1 if groups[0] == "1" and len(groups) > 1 else 0
    if groups[area][1:] == "00" and len(groups[area]) == 3:
        said[area] = _hundreds(groups[area])
    if area:
        said[:2] = [f"{said[0]} {said[1]}"]
    return ", ".join(said)


def _hundreds(digits: str) -> str:
    return f"{one_by_one(digits[0])} hundred" if digits[1:] == "00" else one_by_one(digits)


def _extension(match: re.Match[str]) -> str:
    return f", extension {one_by_one(match['extension'])}" if match["extension"] else ""
