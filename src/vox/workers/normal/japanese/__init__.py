"""Japanese: numbers in kanji, units and letters in katakana.

How kanji numbers sound before their counters (三本, 二十日) is left to whoever reads them. Zero in a row
of digits is ゼロ, as the sign 〇 is silent to some programs."""

from __future__ import annotations

from vox.workers.normal.japanese import amounts, calendar, calls, numbers, width, words
from vox.workers.normal.rule import Rule

RULES: tuple[Rule, ...] = (
    *width.RULES,
    *calls.RULES,
    *numbers.ROMAN,
    *calendar.RULES,
    *amounts.RULES,
    *words.RULES,
    *numbers.RULES,
)
RULES_OF: dict[str, tuple[Rule, ...]] = {}
