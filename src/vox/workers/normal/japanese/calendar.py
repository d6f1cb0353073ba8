"""Dates and times of day."""

from __future__ import annotations

import re

from vox.workers.normal.japanese.figures import KANJI, LEFT, one_by_one, whole_number
from vox.workers.normal.rule import Rule

_ERAS = {"M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"}
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_FULL = re.compile(
    r"(?<![0-9A-Za-z./-])(?P<year>\d{4}|['’]?\d{2}(?=['/.]))(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)"
    r"(?P<day>\d{1,2})(?:[T ](?=\d\d?:\d\d)|(?!\d|[-/.]\d))"
)
_REVERSED = re.compile(r"(?<![\d/.-])(\d{1,2})/(\d{1,2})/(\d{4})(?![\d/])")
_ERA = re.compile(
    r"(?<![A-Za-z])(?P<era>[MTSHR])(?P<year>\d{1,2})"
    r"(?:年|(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})(?![\d./-]))"
)
_MONTH = re.compile(r"(?<![\d./-])((?:18|19|20)\d\d)(?:/(0?[1-9]|1[0-2])|-(0[1-9]))(?![\d/-])")
_SHORT = re.compile(
    r"(?<![0-9A-Za-z./-])(?:(\d{1,2})/(\d{1,2})\s?[〜～~–-]\s?)?(\d{1,2})/(\d{1,2})(?![\d/.])"
)
_WEEKDAY = r"\s?[（(](?P<weekday>[月火水木金土日祝])(?:曜日?)?(?P<holiday>[・･/]祝)?[)）]"
_AFTER_DAY = re.compile(rf"(?<=日){_WEEKDAY}")
_AHEAD = re.compile(rf"{_WEEKDAY}|\s?(?:まで|付|発売|開催|開始|締|必着|現在|時点)")
_FROM = re.compile(r"\s?(?:から|より|頃|ごろ)")
_SHARE = re.compile(r"\s?の(?:確率|大きさ|量|割合|値段|人)|\s?(?:スケール|サイズ|程度|以上|以下|ほど)")
_SEASON = re.compile(r"(?<![\d./-])((?:19|20)\d\d)[/-](\d\d)(?=\s?(?:シーズン|年度?))")
_CALENDAR = re.compile(
    rf"(?:['’](?=\d\d\s?年))?{LEFT}(?:(\d{{1,5}})\s?[-–〜～~]\s?)?(\d{{1,5}})"
    r"(?=\s?(?:年|月|日|世紀|週間|[かヶカケヵ箇]月))"
)
_TO = re.compile(rf"(?<=[年月日時分秒前後])\s?[〜～~–]\s?(?=[{KANJI}午])")

_HALVES = {"a": "午前", "p": "午後"}
_HALF = r"[AaPp](?:\.[Mm]\.|[Mm](?![A-Za-z]))"
_CLOCK = r"\d{1,2}:[0-5]\d(?::[0-5]\d)?(?![\d:]|\.\d|,\d{3})"
_TIME = re.compile(
    rf"(?<![\d:.])(?:(?<![A-Za-z])(?P<before>{_HALF})\s?)?(?P<from>{_CLOCK})"
    rf"(?:\s?[-–〜～~]\s?(?P<to>{_CLOCK}))?(?:\s?(?P<after>{_HALF}))?"
)
_HOUR = re.compile(
    rf"(?<![\d:.])(\d{{1,2}})\s?({_HALF})|(?<![A-Za-z])({_HALF})\s?(\d{{1,2}})(?![\d:]|\.\d)時?"
)
_LAP = re.compile(r"(?<![\d:.])(\d{1,2}):([0-5]\d)\.(\d{1,3})(?!\d)")
_LASTING = re.compile(rf"{LEFT}(\d{{1,3}})h\s?([0-5]?\d)m(?:in)?(?![A-Za-z0-9])")
_SPORT = re.compile(rf"{LEFT}(\d{{1,2}})秒(\d{{1,3}})(?!\d)")
_UNITS = re.compile(rf"{LEFT}(?:(\d{{1,5}})\s?[-–〜～~]\s?)?(\d{{1,5}})(?=\s?(?:時|分(?!の)|秒))")


def _is_day(month: str, day: str) -> bool:
    return 1 <= int(month) <= 12 and 1 <= int(day) <= _DAYS[int(month) - 1]


def _day(month: str, day: str) -> str:
    return f"{whole_number(str(int(month)))}月{whole_number(str(int(day)))}日"


def _full(match: re.Match[str]) -> str | None:
    if not _is_day(match["month"], match["day"]):
        return None
    year = match["year"].lstrip("'’")
    return f"{whole_number(year)}年{_day(match['month'], match['day'])}"


def _reversed(match: re.Match[str]) -> str | None:
    month, day, year = match.groups()
    if not _is_day(month, day):
        month, day = day, month
    return f"{whole_number(year)}年{_day(month, day)}" if _is_day(month, day) else None


def _era(match: re.Match[str]) -> str | None:
    year = f"{_ERAS[match['era']]}{whole_number(match['year'])}年"
    if match["sep"] is None:
        return year
    return year + _day(match["month"], match["day"]) if _is_day(match["month"], match["day"]) else None


def _short(match: re.Match[str]) -> str | None:
    """ "4/1": a day, unless it looks more like a share."""
    first, last = match.group(1, 2), match.group(3, 4)
    if not _is_day(*last):
        return None
    if match[1]:
        ordered = [*map(int, first)] < [*map(int, last)]
        return f"{_day(*first)}から{_day(*last)}" if ordered and _is_day(*first) else None
    return None if _is_share(match) else _day(*last)


def _is_share(match: re.Match[str]) -> bool:
    rest = match.string[match.end() : match.end() + 12]
    part, whole = int(match[3]), int(match[4])
    if _AHEAD.match(rest) or match[0].startswith("0") or "/0" in match[0]:
        return False
    if _FROM.match(rest):
        return part == 1 < whole < 11
    return _SHARE.match(rest) is not None or (part < whole and (part == 1 or whole < 11))


def _weekday(match: re.Match[str]) -> str:
    day = "祝日" if match["weekday"] == "祝" else f"{match['weekday']}曜日"
    return f"{day}、祝日" if match["holiday"] else day


def _numbers(match: re.Match[str]) -> str:
    low, high = match.groups()
    return (f"{whole_number(low)}から" if low else "") + whole_number(high)


def _clock(text: str) -> str:
    hour, minute, second = (*text.split(":"), "00")[:3]
    said = f"{whole_number(str(int(hour)))}時"
    if minute != "00" or second != "00":
        said += f"{whole_number(str(int(minute)))}分"
    return said + (f"{whole_number(str(int(second)))}秒" if second != "00" else "")


def _time(match: re.Match[str]) -> str | None:
    if any(int(text.partition(":")[0]) > 30 for text in (match["from"], match["to"]) if text):
        return None
    half = match["before"] or match["after"]
    to = match["to"]
    said = _HALVES[half[0].lower()] if half else ""
    return said + _clock(match["from"]) + (f"から{_clock(to)}" if to else "")


def _hour(match: re.Match[str]) -> str:
    hour, half = match[1] or match[4], match[2] or match[3]
    return f"{_HALVES[half[0].lower()]}{whole_number(str(int(hour)))}時"


def _lap(match: re.Match[str]) -> str:
    minute, second = (whole_number(str(int(part))) for part in match.group(1, 2))
    return f"{minute}分{second}秒{one_by_one(match[3])}"


RULES = (
    Rule("date", _SEASON, lambda match: f"{whole_number(match[1])}から{whole_number(match[2])}"),
    Rule("date", _FULL, _full),
    Rule("date", _REVERSED, _reversed),
    Rule("date", _ERA, _era),
    Rule(
        "date",
        _MONTH,
        lambda match: f"{whole_number(match[1])}年{whole_number(str(int(match[2] or match[3])))}月",
    ),
    Rule("date", _SHORT, _short),
    Rule("date", _CALENDAR, _numbers),
    Rule("date", _AFTER_DAY, _weekday),
    Rule("date", _TO, lambda match: "から"),
    Rule("time", _LAP, _lap),
    Rule("time", _TIME, _time),
    Rule("time", _HOUR, _hour),
    Rule("time", _LASTING, lambda match: f"{whole_number(match[1])}時間{whole_number(match[2])}分"),
    Rule("time", _SPORT, lambda match: f"{whole_number(match[1])}秒{one_by_one(match[2])}"),
    Rule("time", _UNITS, _numbers),
    Rule("time", _TO, lambda match: "から"),
)
