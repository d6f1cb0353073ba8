"""Dates: years digit by digit, months and days as numbers."""

from __future__ import annotations

import re

from vox.workers.normal.chinese.spelling import DASH, FREE, cardinal, counts, digits
from vox.workers.normal.rule import Rule

_MONTH = "(0?[1-9]|1[0-2])"
_DAY = "(0?[1-9]|[12][0-9]|3[01])"
_NO_MORE = r"(?![0-9]|[./-][0-9])"
_FULL = re.compile(
    rf"(?<![0-9.])([12][0-9]{{3}})([-/.·]){_MONTH}\2{_DAY}(?![0-9]|\.[0-9]|\2[0-9])(?:T(?=[0-9]{{2}}:))?"
)
_YEAR_LAST = re.compile(rf"(?<![0-9./-]){_MONTH}([-/.]){_DAY}\2([12][0-9]{{3}}){_NO_MORE}")
_SHORT = re.compile(rf"(?<![0-9./-])([0-9]{{2}})/{_MONTH}/{_DAY}{_NO_MORE}")
_YEAR_MONTH = re.compile(
    rf"(?<![0-9./-])((?:19|20)[0-9]{{2}})[-/.](0[1-9]|1[0-2]){_NO_MORE}(?!年|学年|學年|赛季|賽季)"
)
_MONTH_YEAR = re.compile(rf"(?<![0-9./-])(0[1-9]|1[0-2](?![.]))[-/.]((?:19|20)[0-9]{{2}}){_NO_MORE}")
_PADDED = re.compile(
    rf"(?<![0-9./-])(?:(0[1-9])[-/.](0[1-9]|[12][0-9]|3[01])|(1[0-2])[-/](0[1-9])){_NO_MORE}"
)
_MONTH_DAY = re.compile(
    rf"(?<![0-9./-]){_MONTH}/{_DAY}(?=\s?(?:[（(]?(?:周|週|星期)|[（(][一二三四五六日][)）、])|、[0-9]{{1,2}}\s?[（(])"
)
_ENGLISH_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENGLISH_MONTH = (
    "(Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_ENGLISH_YEAR = r"(?:,?\s([12][0-9]{3})(?![0-9]))?"
_AMERICAN = re.compile(
    rf"(?<![A-Za-z]){_ENGLISH_MONTH}\s{_DAY}(?:st|nd|rd|th)?(?![0-9:A-Za-z]|[.,][0-9]){_ENGLISH_YEAR}"
)
_BRITISH = re.compile(
    rf"(?<![0-9A-Za-z.]){_DAY}(?:st|nd|rd|th)?\s{_ENGLISH_MONTH}(?![A-Za-z]){_ENGLISH_YEAR}"
)
_DAYS = re.compile(
    rf"{FREE}(0?[1-9]|[1-3][0-9])(?:\s?({DASH}|、)\s?(0?[1-9]|[1-3][0-9]))?(?=\s?(?:月|日|号|號)(?!线|線))"
)
_GENERATION = re.compile(rf"{FREE}(00|05|10|15|[5-9][05])(?=[后後](?!续|續|面|来|來|期|方|天|年|一))")
_EVENT = re.compile(
    rf"{FREE}([0-9]{{1,2}})(?:[·•・‧]|\.(?=[0-9]{{1,2}}(?:事件|事变|惨案|地震|大地震|运动|晚会|劳动节|国庆|黄金周|长假|假期"
    r"|大促|购物|儿童节|妇女节|青年节|教师节)))([0-9]{1,2})(?![0-9])"
)


def _date(year: str | None, month: str, day: str) -> str:
    start = f"{digits(year)}年" if year else ""
    return f"{start}{_number(month)}月{_number(day)}日"


def _number(figures: str) -> str:
    return cardinal(figures.lstrip("0"))


def _year_month(match: re.Match[str]) -> str | None:
    return None if counts(match) else f"{digits(match[1])}年{_number(match[2])}月"


def _month_year(match: re.Match[str]) -> str | None:
    return None if counts(match) else f"{digits(match[2])}年{_number(match[1])}月"


def _padded(match: re.Match[str]) -> str | None:
    """08/05: only in a date do such figures begin with zeros."""
    return None if counts(match) else _date(None, match[1] or match[3], match[2] or match[4])


def _english(name: str) -> str:
    return str(_ENGLISH_MONTHS.index(name[:3].lower()) + 1)


def _days(match: re.Match[str]) -> str:
    if match[3] is None:
        return _number(match[1])
    return f"{_number(match[1])}{'、' if match[2] == '、' else '到'}{_number(match[3])}"


def _event(match: re.Match[str]) -> str:
    month, day = match[1], match[2]
    if month == day and len(day) == 2:
        return f"双{cardinal(day)}"
    return ("十" if month == "10" else digits(month)) + digits(day)


RULES = (
    Rule("date", _FULL, lambda match: _date(match[1], match[3], match[4])),
    Rule("date", _YEAR_LAST, lambda match: _date(match[4], match[1], match[3])),
    Rule("date", _SHORT, lambda match: _date(match[1], match[2], match[3])),
    Rule("date", _YEAR_MONTH, _year_month),
    Rule("date", _MONTH_YEAR, _month_year),
    Rule("date", _PADDED, _padded),
    Rule("date", _MONTH_DAY, lambda match: _date(None, match[1], match[2])),
    Rule("date", _AMERICAN, lambda match: _date(match[3], _english(match[1]), match[2])),
    Rule("date", _BRITISH, lambda match: _date(match[3], _english(match[2]), match[1])),
    Rule("date", _DAYS, _days),
    Rule("date", _GENERATION, lambda match: digits(match[1])),
    Rule("date", _EVENT, _event),
)
