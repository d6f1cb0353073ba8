"""Telephone numbers."""

from __future__ import annotations

import re

from vox.workers.normal.european.parts import SPACE, word_before
from vox.workers.normal.european.tongue import Tongue
from vox.workers.normal.rule import Rule

_GAP = "(?:[ \u00a0]?[(/][ \u00a0]?|[ \u00a0]?\\)[ \u00a0]?[/-]?|[ .\u00a0\u202f\u2011-])?"
_WORLD = re.compile(rf"(?<![\w+])(?:\+|00[ \u00a0]?(?=[1-9]))[(]?[0-9](?:{_GAP}[0-9]){{7,17}}(?![0-9])")
_THOUSANDS = re.compile(r"\+[0-9]{1,3}(?:[ .\u00a0\u202f][0-9]{3}){2}")
# A leading 0 tells a number that is dialled; but not in a date, a time, a decimal.
_NATIONAL = re.compile(
    r"(?<![\w.,+/:-])(?<![0-9][ \u00a0\u202f])"
    r"(?!\(?[0-9]{1,2}([./-])[0-9]{1,2}\1[0-9]{2,4}(?![0-9]|[./-][0-9]))"
    r"(?![0-9]{1,2}\.[0-5][0-9](?:[^.0-9]|$))(?!0\.)"
    rf"\(?0(?:{_GAP}[0-9]){{5,15}}(?![0-9])"
)
_AMERICAN = re.compile(
    r"(?<![\w.,+/-])(?:\([0-9]{3}\) ?|[0-9]{3}[ .-])[0-9]{3}[.-][0-9]{4}(?![\w]|[.,-][0-9])"
)
_SHORT = re.compile(r"(?<![\w.,])[0-9]{3,12}(?![\w]|[.,/-][0-9])")


def phones(tongue: Tongue) -> tuple[Rule, ...]:
    def world(match: re.Match[str]) -> str | None:
        if _THOUSANDS.fullmatch(match[0]):
            return None
        start = tongue.sign("+") if match[0][0] == "+" else ""
        return start + tongue.phone(match[0].lstrip("+"))

    def national(match: re.Match[str]) -> str:
        bracket = "(" if match[0][0] == "(" and ")" not in match[0] else ""
        return bracket + tongue.phone(match[0].lstrip("("))

    def short(match: re.Match[str]) -> str | None:
        return tongue.digits(match[0]) if word_before(match) in tongue.before_phone else None

    numbers = "|".join(tongue.local_phones)
    local = re.compile(rf"(?<![\w.,+/-])(?<![0-9] )(?:{numbers})(?![\w-]|[.,][0-9]|{SPACE}?[€$%])")
    return (
        Rule("phone", _AMERICAN, national),
        Rule("phone", _WORLD, world),
        Rule("phone", _NATIONAL, national),
        *((Rule("phone", local, national),) if numbers else ()),
        Rule("phone", _SHORT, short),
    )
