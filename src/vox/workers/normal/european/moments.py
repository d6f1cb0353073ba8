"""Dates and times of the day."""

from __future__ import annotations

import re

from vox.workers.normal.european.parts import DASH, SPACE, alternatives, word_after, word_before
from vox.workers.normal.european.tongue import Tongue
from vox.workers.normal.rule import Rule

_DAY = "(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH = "(?:0?[1-9]|1[0-2])"
_BEFORE = r"(?<![\w.,:/+-])"
_AFTER = r"(?![\w/]|[.,:-][0-9])"
_FULL = re.compile(
    rf"{_BEFORE}(?P<d>{_DAY})(?P<sep>[./-]){SPACE}?(?P<m>{_MONTH})(?P=sep){SPACE}?"
    rf"(?P<y>[12][0-9]{{3}}|[0-9]{{2}}){_AFTER}"
)
_ISO = re.compile(rf"{_BEFORE}(?P<y>[12][0-9]{{3}})-(?P<m>{_MONTH})-(?P<d>{_DAY})(?![\w-])")
_SHORT = re.compile(rf"{_BEFORE}(?P<d>{_DAY})/(?P<m>{_MONTH}){_AFTER}")
_SEASON = re.compile(rf"{_BEFORE}(?P<a>(?:1[6-9]|20)[0-9]{{2}})/(?P<b>[0-9]{{2}}|[12][0-9]{{3}}){_AFTER}")

_MONTH_YEAR = re.compile(rf"{_BEFORE}(?P<m>{_MONTH})/(?P<y>(?:19|20)[0-9]{{2}}){_AFTER}")
_HOUR = "(?:[01]?[0-9]|2[0-4])"
_MINUTE = "[0-5][0-9]"


def dates(tongue: Tongue) -> tuple[Rule, ...]:
    def full(match: re.Match[str]) -> str | None:
        before = word_before(match)
        if before in tongue.before_version:
            return None
        return tongue.date(int(match["d"]), int(match["m"]), match["y"], before)

    def short(match: re.Match[str]) -> str | None:
        before, day, month = word_before(match), match["d"], match["m"]
        if word_after(match) in tongue.before_whole:
            return None
        if before in tongue.before_date or (len(day + month) == 4 and int(day) > 12):
            return tongue.date(int(day), int(month), "", before)
        return None

    def season(match: re.Match[str]) -> str | None:
        if int(match["b"][-2:]) != (int(match["a"]) + 1) % 100:
            return None
        return f"{tongue.year(match['a'])} {tongue.year(match['b'])}"

    def month(match: re.Match[str]) -> str | None:
        return tongue.month_year(int(match["m"]), match["y"])

    return (
        Rule("date", _ISO, full),
        Rule("date", _FULL, full),
        Rule("date", _SEASON, season),
        Rule("date", _MONTH_YEAR, month),
        Rule("date", _SHORT, short),
        *_named(tongue),
    )


def _named(tongue: Tongue) -> tuple[Rule, ...]:
    """The names of months behind a day, and short ones of the days of the week."""
    month = re.compile(
        rf"{_BEFORE}(?P<d>{_DAY})(?:{tongue.day_mark})?{SPACE}?(?:de{SPACE})?"
        rf"(?P<m>{alternatives(tongue.months_named)})(?!\w)",
        re.IGNORECASE,
    )
    weekday = alternatives(tongue.weekdays_short)
    # Without its full stop it is one before a time only.
    on_day = re.compile(
        rf"(?<!\w)(?P<a>{weekday})(?:\.(?=,?{SPACE}?[0-9])"
        rf"|(?={SPACE}[0-9]{{1,2}}(?:[:.h][0-9]|{SPACE}?(?:[-\u2013]{SPACE}?[0-9]|h\b|Uhr))))"
    )
    days = re.compile(
        rf"(?<!\w)(?P<a>{weekday})(?:\.?{DASH}|\.{SPACE}(?P<to>{tongue.and_to}){SPACE})(?P<b>{weekday})(?!\w)"
        rf"(?:\.(?={SPACE}|,))?"
    )

    def named(match: re.Match[str]) -> str:
        at = tongue.months_named[match["m"].lower()]
        return tongue.date(int(match["d"]), at, "", word_before(match)) + final_stop(match)

    def day_of_week(match: re.Match[str]) -> str:
        return tongue.weekdays_short[match["a"]]

    def days_of_week(match: re.Match[str]) -> str:
        first, last = tongue.weekdays_short[match["a"]], tongue.weekdays_short[match["b"]]
        return f"{first} {match['to'] or tongue.to} {last}"

    return Rule("date", days, days_of_week), Rule("date", on_day, day_of_week), Rule("date", month, named)


def final_stop(match: re.Match[str]) -> str:
    """The full stop that ended both a short form and the text."""
    ended = match[0].endswith(".") and not match.string[match.end() :].strip("\"'»”’)] \n")
    return "." if ended else ""


def times(tongue: Tongue) -> tuple[Rule, ...]:
    def said(match: re.Match[str]) -> str:
        found = match.groupdict()
        before, words = word_before(match), []
        for end in ("", "2"):
            hour, minute, second = (found.get(f"{part}{end}") for part in "hms")
            if hour and not end and found["h2"] and "m" not in found:
                words.append(tongue.cardinal(hour.lstrip("0") or "0", tongue.hour_gender))
            elif hour:
                clock = (int(hour), int(minute or 0), int(second or 0) or None)
                words.append(tongue.clock(*clock, before, bool(found.get("mark", "h"))))
        half = found.get("half")
        return f" {tongue.to} ".join(words) + (f" {tongue.halves[half.lower()]}" if half else "")

    def colon(match: re.Match[str]) -> str:
        return said(match)

    def dotted(match: re.Match[str]) -> str | None:
        return said(match) if match["mark"] or word_before(match) in tongue.before_clock else None

    def lettered(match: re.Match[str]) -> str | None:
        clock = "h" in match[0].lower() and tongue.letter_is_clock(word_before(match))
        return said(match) if clock else None

    def hours(match: re.Match[str]) -> str | None:
        letter = (match["mark"] or "").strip().lower() == "h"
        if not (match["mark"] or match["half"]) or (
            letter and not tongue.letter_is_clock(word_before(match))
        ):
            return None
        return said(match)

    mark = rf"(?P<mark>{tongue.oclock})?"
    half = rf"(?:{SPACE}?{tongue.half})?"
    return (
        Rule("time", _clock(":", mark + half), colon),
        Rule("time", _lettered(), lettered),
        Rule("time", _clock(r"\.", mark), dotted),
        Rule("time", _hours(mark + half), hours),
    )


def _clock(sign: str, tail: str) -> re.Pattern[str]:
    def one(end: str) -> str:
        return rf"(?P<h{end}>{_HOUR}){sign}(?P<m{end}>{_MINUTE})(?::(?P<s{end}>{_MINUTE}))?"

    return re.compile(rf"(?<![\w.,:/+]){one('')}(?:{DASH}{one('2')})?{tail}(?![\w:]|[.,][0-9])")


def _lettered() -> re.Pattern[str]:
    def one(end: str) -> str:
        return rf"(?P<h{end}>{_HOUR})%s{SPACE}?[hH](?:{SPACE}?(?P<m{end}>{_MINUTE})(?:{SPACE}?min\b)?)?"

    first = one("").replace("%s", "(?:") + ")?"
    second = one("2").replace("%s", "")
    return re.compile(rf"(?<![\w.,:/+]){first}(?:{DASH}{second})?(?![\w:]|[.,][0-9])")


def _hours(tail: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.,:/+])(?P<h>{_HOUR})(?:{DASH}(?P<h2>{_HOUR}))?{tail}(?![\w:]|[.,][0-9])")
