"""Korean: numbers in hangul, of the Chinese or of the native row as the counter after them asks."""

from __future__ import annotations

from vox.workers.normal.korean import amounts, calendar, calls, numbers, words
from vox.workers.normal.rule import Rule

RULES: tuple[Rule, ...] = (
    *calls.RULES,
    *numbers.ROMAN,
    *calendar.RULES,
    *amounts.RULES,
    *words.RULES,
    *numbers.RULES,
)
RULES_OF: dict[str, tuple[Rule, ...]] = {}
