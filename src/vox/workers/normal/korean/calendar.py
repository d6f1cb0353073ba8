"""Dates and times of day."""

from __future__ import annotations

import re

from vox.workers.normal.korean.figures import LEFT, TO, native, number, one_by_one, sino
from vox.workers.normal.rule import Rule

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_YEAR = r"(?P<year>\d{4}|['’‘]?\d{2}(?=['/.]))"
_END = r"(?:\.(?=[(가-힣]))?(?:[T ](?=\d\d?:\d\d)|(?!\d|[-/.]\d))"
_FULL = re.compile(
    rf"(?<![0-9A-Za-z./-]){_YEAR}(?P<sep>[-/]|\.\s?)(?P<month>\d{{1,2}})(?P=sep)(?P<day>\d{{1,2}}){_END}"
)
_MONTH = re.compile(r"(?<![\d./-])((?:18|19|20)\d\d)(?:/(0?[1-9]|1[0-2])|-(0[1-9]))(?![\d/-])")
_QUARTER = re.compile(r"(?<![\d/.])([1-4])/4(?=\s?분기)")
_SEASON = re.compile(r"(?<![\d./-])((?:19|20)\d\d)[/-](\d\d)(?=\s?(?:시즌|학년도))")
_SHORT = re.compile(rf"(?<![0-9A-Za-z./-])(?:(\d{{1,2}})/(\d{{1,2}}){TO})?(\d{{1,2}})/(\d{{1,2}})(?![\d/.])")
_WEEKDAY = r"\s?\((?P<weekday>[월화수목금토일])(?:요일)?\)"
_AFTER_DAY = re.compile(rf"(?<=일){_WEEKDAY}(?=(?P<more>[\w가-힣])?)")
_AHEAD = re.compile(rf"{_WEEKDAY}|\s?(?:까지|발매|출시|개최|개막|시작|마감|현재|기준)")
_FROM = re.compile(r"\s?(?:부터|에서)")
_SHARE = re.compile(r"\s?(?:의\s?확률|크기|정도|이상|이하|수준|로 줄|배)")
_EVENT = re.compile(
    r"(?<![\d.·])(\d{1,2})[.·・‧](\d{1,2})(?=\s?(?:절|전쟁|광복|민주|혁명|운동|사태|테러|항쟁|의거|사건|정변|쿠데타|남침|참전"
    r"|선언|반란|군사|비상|정신|기념|계엄|학살|참사|지진|만세|총선|대선|지방선거))"
)
_YEARS = re.compile(
    rf"(?:['’‘](?=\d\d\s?년))?{LEFT}(?:(\d{{1,5}})(년대?)?{TO})?(\d{{1,5}})\s?(?=년(?!생 [가-힣]))"
)
_MONTHS = re.compile(rf"{LEFT}(?:(\d{{1,2}})(월)?{TO})?(1[0-2]|0?[1-9])\s?(?=월)")
_DATES = re.compile(rf"{LEFT}(?:(\d{{1,5}})(일)?{TO})?(\d{{1,5}})\s?(?=일(?!곱|흔))")
_SAID_TO = re.compile(r"(?<=[년월일시분초])\s?[–〜～~∼]\s?(?=[가-힣])")
_ODD_MONTHS = {6: "유", 10: "시"}

_HALVES = {"a": "오전 ", "p": "오후 "}
_HALF = r"[AaPp](?:\.[Mm]\.|[Mm](?![A-Za-z]))"
_CLOCK = r"\d{1,2}:[0-5]\d(?::[0-5]\d)?(?![\d:]|\.\d|,\d{3})"
_TIME = re.compile(
    rf"(?<![\d:.])(?:(?<![A-Za-z])(?P<before>{_HALF})\s?)?(?P<from>{_CLOCK})"
    rf"(?:{TO}(?P<to>{_CLOCK}))?(?:\s?(?P<after>{_HALF}))?"
)
_HOUR = re.compile(
    rf"(?<![\d:.])(\d{{1,2}})\s?({_HALF})|(?<![A-Za-z])({_HALF})\s?(\d{{1,2}})(?![\d:]|\.\d)\s?시?"
)
_LAP = re.compile(r"(?<![\d:.])(\d{1,2}):([0-5]\d)\.(\d{1,3})(?!\d)")
_SPORT = re.compile(rf"{LEFT}(\d{{1,2}})초(\d{{1,3}})(?!\d)")
_HOURS = re.compile(rf"{LEFT}(?:(\d{{1,2}})(시)?{TO})?(\d{{1,2}})\s?(?=시(?!간|즌|리즈|스템|도|군))")
_MINUTES = re.compile(rf"{LEFT}(?:(\d{{1,5}}){TO})?(\d{{1,5}}(?:\.\d{{1,3}})?)\s?(?=분(?!의|기)|초)")
_PEOPLE = re.compile(r"(?:손님|어른|선생님|고객|어르신)(?:이|은|\s)?\s?$")


def _is_day(month: str, day: str) -> bool:
    return 1 <= int(month) <= 12 and 1 <= int(day) <= _DAYS[int(month) - 1]


def _month(month: str) -> str:
    return _ODD_MONTHS.get(int(month)) or sino(str(int(month)))


def _day(month: str, day: str) -> str:
    return f"{_month(month)}월 {sino(str(int(day)))}일"


def _full(match: re.Match[str]) -> str | None:
    if not _is_day(match["month"], match["day"]):
        return None
    time = " " if match[0][-1] in "T " else ""
    year = sino(match["year"].lstrip("'’‘"))
    return f"{year}년 {_day(match['month'], match['day'])}{time}"


def _short(match: re.Match[str]) -> str | None:
    """ "4/1": a day, unless it looks more like a share."""
    first, last = match.group(1, 2), match.group(3, 4)
    if not _is_day(*last):
        return None
    if match[1]:
        ordered = [*map(int, first)] < [*map(int, last)]
        return f"{_day(*first)}에서 {_day(*last)}" if ordered and _is_day(*first) else None
    return None if _is_share(match) else _day(*last)


def _is_share(match: re.Match[str]) -> bool:
    rest = match.string[match.end() : match.end() + 12]
    part, whole = int(match[3]), int(match[4])
    if _AHEAD.match(rest) or match[0].startswith("0") or "/0" in match[0]:
        return False
    if _FROM.match(rest):
        return part == 1 < whole < 11
    return _SHARE.match(rest) is not None or (part < whole and (part == 1 or whole < 11))


def _event(match: re.Match[str]) -> str:
    month, day = match.groups()
    together = int(day) < 10 or (int(month) >= 10 and int(day) < 20) or day == "10"
    return sino(month) + (sino(day) if together else one_by_one(day))


def _gap(match: re.Match[str]) -> str:
    return " " if match.string.endswith(("년", "월", "일", "시", "분", "박"), 0, match.start()) else ""


def _spans(match: re.Match[str]) -> str:
    low, unit, high = match.groups()
    return _gap(match) + (f"{sino(low)}{unit or ''}에서 " if low else "") + sino(high)


def _months(match: re.Match[str]) -> str:
    low, unit, high = match.groups()
    before = (f"{_month(low)}월" if unit else sino(low)) if low else ""
    return _gap(match) + (f"{before}에서 " if low else "") + _month(high)


def _hours(match: re.Match[str]) -> str:
    low, _, high = match.groups()
    return _gap(match) + (f"{_hour_name(low)} 시에서 " if low else "") + _hour_name(high) + " "


def _hour_name(hour: str) -> str:
    n = int(hour)
    return native(n) if 1 <= n <= 12 else sino(str(n))


def _minutes(match: re.Match[str]) -> str | None:
    low, high = match.groups()
    before = match.string[max(0, match.start() - 8) : match.start()]
    if (
        match.string[match.end()] == "분"
        and high.isdecimal()
        and 0 < int(high) < 20
        and _PEOPLE.search(before)
    ):
        return native(int(high)) + " "
    return _gap(match) + (f"{sino(low)}에서 " if low else "") + number(high) + " "


def _clock(text: str) -> str:
    hour, minute, second = (*text.split(":"), "00")[:3]
    said = f"{_hour_name(hour)} 시"
    if minute != "00" or second != "00":
        said += f" {sino(str(int(minute)))} 분"
    return said + (f" {sino(str(int(second)))} 초" if second != "00" else "")


def _time(match: re.Match[str]) -> str | None:
    if any(int(text.partition(":")[0]) > 30 for text in (match["from"], match["to"]) if text):
        return None
    half, to = match["before"] or match["after"], match["to"]
    said = _HALVES[half[0].lower()] if half else ""
    return said + _clock(match["from"]) + (f"에서 {_clock(to)}" if to else "")


def _hour(match: re.Match[str]) -> str:
    hour, half = match[1] or match[4], match[2] or match[3]
    return f"{_HALVES[half[0].lower()]}{_hour_name(hour)} 시"


def _lap(match: re.Match[str]) -> str:
    minute, second = (sino(str(int(part))) for part in match.group(1, 2))
    return f"{minute} 분 {second} 초 {one_by_one(match[3])}"


def _weekday(match: re.Match[str]) -> str:
    return f" {match['weekday']}요일"


RULES = (
    Rule("date", _SEASON, lambda match: f"{sino(match[1])}에서 {sino(match[2])}"),
    Rule("date", _QUARTER, lambda match: f"{sino(match[1])}사"),
    Rule("date", _FULL, _full),
    Rule("date", _MONTH, lambda match: f"{sino(match[1])}년 {_month(match[2] or match[3])}월"),
    Rule("date", _SHORT, _short),
    Rule("date", _EVENT, _event),
    Rule("date", _YEARS, _spans),
    Rule("date", _MONTHS, _months),
    Rule("date", _DATES, _spans),
    Rule("date", _AFTER_DAY, _weekday),
    Rule("date", _SAID_TO, lambda match: "에서 "),
    Rule("time", _LAP, _lap),
    Rule("time", _TIME, _time),
    Rule("time", _HOUR, _hour),
    Rule("time", _SPORT, lambda match: f"{sino(match[1])} 초 {one_by_one(match[2])}"),
    Rule("time", _HOURS, _hours),
    Rule("time", _MINUTES, _minutes),
    Rule("time", _SAID_TO, lambda match: "에서 "),
)
