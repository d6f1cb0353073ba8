"""English as it is read out: American, and British where the region says so."""

from __future__ import annotations

from vox.workers.normal import spell, web
from vox.workers.normal.english import (
    abbreviations,
    dates,
    handles,
    money,
    numbers,
    phones,
    roman,
    serials,
    signs,
    times,
    units,
)
from vox.workers.normal.english.words import English, one_by_one
from vox.workers.normal.rule import Rule


def _figures(digits: str) -> str:
    """Those of an address: one by one, but round thousands."""
    thousands = len(digits) == 4 and digits.endswith("000") and digits[0] != "0"
    return spell.cardinal(digits, "en") if thousands else one_by_one(digits)


_WORDS = web.Words(
    digits=_figures, dot="dot", slash="slash", colon="colon", at="at", dash="dash", underscore="underscore",
    question="question mark", equals="equals", ampersand="ampersand", hash="hash", percent="percent",
    plus="plus",
    tilde="tilde",
)  # fmt: skip


def _rules(english: English) -> tuple[Rule, ...]:
    return (
        *web.rules(_WORDS), *handles.RULES, *signs.first(), *phones.rules(english), *serials.first(english),
        *numbers.first(english), *dates.rules(english),
        *times.rules(english), *money.rules(english), *units.rules(english), *abbreviations.RULES,
        *roman.rules(english), *serials.rules(english), *signs.rules(english), *numbers.rules(english),
        *serials.last(english), *numbers.last(english), *signs.last(english),
    )  # fmt: skip


RULES = _rules(English(british=False))
_BRITISH = _rules(English(british=True))
RULES_OF = dict.fromkeys(("en-gb", "en-ie", "en-au", "en-nz", "en-za", "en-in"), _BRITISH)
"""Regions that count and date as the British do."""
