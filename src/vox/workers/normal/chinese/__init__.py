"""Mandarin, in simplified or traditional characters: 2024年3月5日 is 二零二四年三月五日."""

from __future__ import annotations

import re
import unicodedata

from vox.workers.normal import web
from vox.workers.normal.chinese import (
    abbreviations,
    codes,
    dates,
    money,
    numbers,
    phones,
    signs,
    times,
    units,
    years,
)  # fmt: skip
from vox.workers.normal.chinese.spelling import digits, in_script
from vox.workers.normal.rule import Rule

_WIDE = re.compile(
    "[０-９Ａ-Ｚａ-ｚ％＄￥￡￠＃＆＠＋＝＜＞／＊㎀-㏟℃℉]"
    "|(?<=[0-9０-９])[：．](?=[0-9０-９])|[－～](?=[0-9０-９￥＄$¥])"
)
_WIDTH_KINDS = ("email", "url", "phone", "date", "time", "money", "unit", "abbreviation", "number")

_WORDS = web.Words(
    digits=digits, dot="点", slash="斜杠", colon="冒号", at="艾特", dash="杠", underscore="下划线",
    question="问号", equals="等于", ampersand="和", hash="井号", percent="百分号", plus="加", tilde="波浪号",
)  # fmt: skip


def _narrow(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match[0])


def _written_alike(rule: Rule) -> Rule:
    """`rule`, its words in the script of the text."""

    def say(match: re.Match[str]) -> str | None:
        words = rule.say(match)
        return None if words is None else in_script(words, match.string)

    return rule._replace(say=say)


_NARROWED = tuple(Rule(kind, _WIDE, _narrow) for kind in _WIDTH_KINDS)
"""Full-width figures and signs as the others: for each kind that reads them, as it may be the only one."""

RULES: tuple[Rule, ...] = (
    *_NARROWED,
    *map(
        _written_alike,
        (
            *web.rules(_WORDS),
            *phones.RULES,
            *years.RULES,
            *dates.RULES,
            *times.RULES,
            *numbers.ALIKE,
            *signs.RULES,
            *money.RULES,
            *units.RULES,
            *abbreviations.RULES,
            *codes.RULES,
            *numbers.RULES,
        ),
    ),
)
RULES_OF: dict[str, tuple[Rule, ...]] = {}
