"""Times of day, durations and time zones."""

from __future__ import annotations

import re
from functools import partial

from vox.workers.normal.english.words import DASH, English, before, stop, to, word_set
from vox.workers.normal.rule import Rule

_HALF = (
    r"[ \u00a0\u202f]?(?P<half>[ap](?:\.[ ]?m\.|m(?![\w])\.?|\.m(?!\w))|[AP](?:\.[ ]?M\.|M(?!\w)|\.M(?!\w)))"
)
_ZONE = (
    r"(?:[ ]?(?P<zone>(?:[ECMP][SD]?T|GMT|UTC|BST|CES?T|IST|JST|AES?T|[ecmp][sd]t|gmt|utc|cet|(?<=[0-9])Z)\b"
    r"|[ecmpECMP]\.[sdSD]\.[tT]\b\.?))?"
)
_HOUR = r"(?P<hour>[01]?[0-9]|2[0-4])"
_BEFORE = r"(?<![\w:/$€£-])(?<![0-9][.,])"
_AFTER = r"(?![\w%]|[.:][0-9])"

_SPAN = re.compile(
    rf"{_BEFORE}(?P<a>[0-9]{{1,2}})(?::(?P<am>[0-5][0-9]))?(?:{_HALF.replace('<half>', '<first>')})?{DASH}"
    rf"(?P<b>[0-9]{{1,2}})(?::(?P<bm>[0-5][0-9]))?{_HALF}"
)
_CLOCKS = re.compile(
    rf"{_BEFORE}(?P<a>[01]?[0-9]|2[0-4]):(?P<am>[0-5][0-9]){DASH}(?P<b>[01]?[0-9]|2[0-4]):(?P<bm>[0-5][0-9])"
    rf"(?:h\b)?{_AFTER}"
)
_LONG = re.compile(
    rf"{_BEFORE}(?P<hour>[0-9]{{1,3}}):(?P<minute>[0-5][0-9]):(?P<second>[0-5][0-9])(?P<part>\.[0-9]{{1,6}})?"
    rf"(?:{_HALF})?{_ZONE}"
    r"(?![\w]|[.:][0-9])"
)
_TIMED = re.compile(rf"{_BEFORE}(?P<minute>[0-9]{{1,2}}):(?P<second>[0-5][0-9]\.[0-9]{{1,3}}){_AFTER}")
_CLOCK = re.compile(rf"{_BEFORE}{_HOUR}:(?P<minute>[0-5][0-9])(?:{_HALF}|[ ]?h(?:rs)?\b)?{_ZONE}{_AFTER}")
_DOTTED = re.compile(rf"{_BEFORE}(?P<hour>1[0-2]|0?[1-9])\.(?P<minute>[0-5][0-9]){_HALF}")
_HOURS = re.compile(rf"{_BEFORE}(?P<hour>1[0-9]|2[0-4]|0?[0-9]){_HALF}{_ZONE}")
_GROWN = re.compile(rf"{_BEFORE}(?P<hour>1[0-2]|0?[1-9])(?P<minute>[0-5][0-9]){_HALF}{_ZONE}")
_MILITARY = re.compile(
    r"(?<![\w:/$€£-])(?<![0-9][.,])(?P<hour>[01][0-9]|2[0-4])(?P<minute>[0-5][0-9])[ ]?(?:hours|hrs|h)\b"
    r"(?!\.?[ ]of\b)"
)
_OFFSET = re.compile(
    r"\b(?P<zone>UTC|GMT)[ ]?(?P<sign>[-+\u2212])[ ]?(?P<hour>[01]?[0-9])(?::?(?P<minute>[0-5][0-9]))?"
    r"(?![\w:])"
)
_SPENT = re.compile(
    r"(?<![\w:/$€£-])(?<![0-9][.,])(?:(?P<hour>[0-9]{1,3})[ ]?h(?:rs?)?[ ]?(?P<minute>[0-9]{1,2})[ ]?(?:m"
    r"(?:ins?)?)?(?:[ ]?(?P<second>[0-9]{1,2})"
    r"[ ]?s(?:ecs?)?)?|(?P<minutes>[0-9]{1,3})m[ ]?(?P<seconds>[0-9]{1,2})s)(?!\w)"
)
_CENTRAL = re.compile(r"(?<![\w/])([0-9]{1,2})/([0-9]{1,2})c(?!\w)")
_ALONE = re.compile(r"(?<![\w.])(?:([ap])\.[ ]?m\.|([AP])\.[ ]?M\.)")
_AT = word_set("at by from until till before after to since")


def rules(english: English) -> tuple[Rule, ...]:
    says = (
        (_OFFSET, _offset), (_SPAN, _span), (_CLOCKS, _clocks), (_TIMED, _timed), (_LONG, _long),
        (_CLOCK, _clock),
        (_DOTTED, _clock), (_HOURS, _hour), (_GROWN, _clock),
        (_MILITARY, _military), (_SPENT, _spent), (_CENTRAL, _central), (_ALONE, _alone),
    )  # fmt: skip
    return tuple(Rule("time", pattern, partial(say, english)) for pattern, say in says)


def clock(english: English, hour: str, minute: str, half: str) -> str:
    """A time of day as it is told; `half` is "AM", "PM" or ""."""
    hours = english.cardinal(str(int(hour)))
    if int(minute):
        minutes = f"{'oh ' if minute[0] == '0' else ''}{english.cardinal(str(int(minute)))}"
    elif half:
        minutes = ""
    elif 1 <= int(hour) <= 12:
        minutes = "o'clock"
    else:
        minutes = "hundred" if int(hour) else "hundred hours"
    return " ".join(filter(None, (hours, minutes, half)))


def _half(text: str | None) -> str:
    return f"{text[0].upper()}M" if text else ""


def _zone(match: re.Match[str]) -> str:
    zone = match.groupdict().get("zone")
    return (f" {zone.replace('.', '').upper()}" if zone else "") + stop(match)


def _span(english: English, match: re.Match[str]) -> str | None:
    if int(match["a"]) > 24 or int(match["b"]) > 24:
        return None
    start = clock(english, match["a"], match["am"] or "00", _half(match["first"])).removesuffix(" o'clock")
    end = clock(english, match["b"], match["bm"] or "00", _half(match["half"]))
    return f"{start} {to(match)} {end}{stop(match)}"


def _clocks(english: English, match: re.Match[str]) -> str:
    start, end = clock(english, match["a"], match["am"], ""), clock(english, match["b"], match["bm"], "")
    return f"{start} to {end}"


def _long(english: English, match: re.Match[str]) -> str:
    hour, minute, second = match["hour"], match["minute"], match["second"]
    if match["half"]:
        time = clock(english, hour, minute, "").removesuffix(" o'clock")
        seconds = f" and {_count(english, second, 'second')}" if int(second) else ""
        return f"{time}{seconds} {_half(match['half'])}{_zone(match)}"
    parts = [_count(english, hour, "hour"), _count(english, minute, "minute")]
    last = f"{english.number(str(int(second)) + match['part'])} seconds" if match["part"] else ""
    return f"{' '.join(parts)} and {last or _count(english, second, 'second')}{_zone(match)}"


def _timed(english: English, match: re.Match[str]) -> str:
    seconds = english.number(match["second"].lstrip("0"))
    return f"{_count(english, match['minute'], 'minute')} and {seconds} seconds"


def _spoken(english: English, hour: str, minute: str, second: str) -> str:
    counts = ((hour, "hour"), (minute, "minute"), (second, "second"))
    parts = [_count(english, n, unit) for n, unit in counts if int(n)]
    if len(parts) < 2:
        return "".join(parts) or "zero seconds"
    return f"{' '.join(parts[:-1])} and {parts[-1]}"


def _count(english: English, n: str, unit: str) -> str:
    return f"{english.cardinal(str(int(n)))} {unit}{'' if int(n) == 1 else 's'}"


def _clock(english: English, match: re.Match[str]) -> str | None:
    if match.string.endswith(("ratio of ", "odds of "), 0, match.start()):
        return None
    return clock(english, match["hour"], match["minute"], _half(match["half"])) + _zone(match)


def _hour(english: English, match: re.Match[str]) -> str | None:
    return clock(english, match["hour"], "00", _half(match["half"])) + _zone(match)


def _military(english: English, match: re.Match[str]) -> str | None:
    hour, minute = match["hour"], match["minute"]
    if hour[0] != "0" and before(match) not in _AT:
        return None  # as many hours
    hours = f"{'zero ' if hour[0] == '0' else ''}{english.cardinal(str(int(hour)))}"
    return f"{hours} {'hundred' if minute == '00' else english.cardinal(minute)} hours"


def _offset(english: English, match: re.Match[str]) -> str:
    sign = "plus" if match["sign"] == "+" else "minus"
    minutes = f" {english.cardinal(match['minute'])}" if int(match["minute"] or 0) else ""
    return f"{match['zone']} {sign} {english.cardinal(str(int(match['hour'])))}{minutes}"


def _spent(english: English, match: re.Match[str]) -> str:
    if match["minutes"]:
        return _spoken(english, "0", match["minutes"], match["seconds"])
    return _spoken(english, match["hour"], match["minute"], match["second"] or "0")


def _central(english: English, match: re.Match[str]) -> str:
    return f"{english.cardinal(match[1])}, {english.cardinal(match[2])} central"


def _alone(english: English, match: re.Match[str]) -> str:
    return f"{(match[1] or match[2]).upper()}M{stop(match)}"
