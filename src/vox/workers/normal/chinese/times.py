"""Times of the day, and how long something took."""

from __future__ import annotations

import re

from vox.workers.normal.chinese.spelling import after, before, cardinal, counted
from vox.workers.normal.rule import Rule

_HALF = r"(?:[Aa]\.[Mm]\.|[Pp]\.[Mm]\.|[AaPp][Mm](?![A-Za-z]))"
_CLOCK = re.compile(
    rf"(?:({_HALF})\s?)?(?<![0-9:.])([01]?[0-9]|2[0-4])[:：]([0-5][0-9])(?:[:：]([0-5][0-9])(?:\.[0-9]{{1,9}})?)?"
    rf"(?![0-9]|[:：][0-9])(?:\s?({_HALF}))?"
)
_HOUR = re.compile(rf"(?<![0-9:.A-Za-z])(0?[1-9]|1[0-2])\s?({_HALF})")
_SPAN = re.compile(
    r"(?<![0-9A-Za-z.])([0-9]{1,4})\s?h(?:ours?)?\s?([0-9]{1,2})\s?m(?:ins?)?(?:\s?([0-9]{1,2})\s?s)?(?![A-Za-z0-9])"
)
_PRIMES = re.compile(r"(?<![0-9°'′])([0-9]{1,3})['′]\s?([0-5]?[0-9])(?:[\"″]|''|′′)")
_ZONE = re.compile(r"(UTC|GMT)\s?([+\-\u2212])([0-9]{1,2})(?:[:：]([0-9]{2}))?(?![0-9])")
_DAYTIME = re.compile(r"(?:上午|下午|中午|早上|早晨|清晨|凌晨|傍晚|晚上|晚间|夜里|深夜|夜|晚|早)\s?$")
_SCORE = re.compile("比分|比例|比率|赔率|大胜|险胜|完胜|惜败|不敌|战平|击败|战胜|局分|盘分|以\\s?$")
_SCORED = re.compile(
    r"\s?的?(?:比分|比例|战胜|戰勝|击败|擊敗|大胜|险胜|完胜|惜败|不敌|战平|领先|落后|逆转|淘汰|取胜|获胜|告负|告捷|赢|输|力克|横扫)"
)
_TOOK = re.compile(
    r"(?:时长|時長|片长|片長|用时|用時|耗时|耗時|历时|歷時|全长|全長|长达|长度)[是为為约約了共\s:：]*$"
)


def _clock(match: re.Match[str]) -> str | None:
    context = before(match)
    if _SCORE.search(context) or _SCORED.match(match.string, match.end()):
        return None
    hour, minute, second = int(match[2]), int(match[3]), match[4]
    if _TOOK.search(context):
        return _took(hour, minute, second)
    pause = " " if context[-1:] in tuple("一二三四五六日") else ""  # 周五19:00 is not 五十九点
    said = f"{pause}{_half(match[1] or match[5], hour, context)}{_hour(hour)}点"
    if second is not None:
        said += f"{_two(minute)}分{_two(int(second))}秒"
    elif minute:
        said += f"{_two(minute)}分"
    return said + _stop(match, match[5])


def _hour(hour: int) -> str:
    return counted(str(hour))


def _two(n: int) -> str:
    return f"零{cardinal(str(n))}" if 0 < n < 10 else cardinal(str(n))


def _took(first: int, second: int, third: str | None) -> str:
    if third is None:
        return f"{counted(str(first))}分{cardinal(str(second))}秒"
    return f"{counted(str(first))}小时{counted(str(second))}分{cardinal(str(int(third)))}秒"


def _half(half: str | None, hour: int, context: str) -> str:
    """The part of the day, unless the text has named it."""
    if not half or _DAYTIME.search(context):
        return ""
    if half[0] in "aA":
        return "凌晨" if hour < 5 or hour == 12 else "上午"
    if hour == 12:
        return "中午"
    return "下午" if hour < 6 or 12 < hour < 18 else "晚上"


def _stop(match: re.Match[str], half: str | None) -> str:
    """The full stop of "p.m." is that of the sentence, too, at its end."""
    return "." if half and half.endswith(".") and not after(match, 2).strip() else ""


def _hour_alone(match: re.Match[str]) -> str:
    hour = int(match[1])
    return f"{_half(match[2], hour, before(match))}{_hour(hour)}点{_stop(match, match[2])}"


def _span(match: re.Match[str]) -> str:
    said = f"{counted(match[1])}小时{counted(str(int(match[2])))}分钟"
    return said if match[3] is None else f"{said[:-1]}{cardinal(str(int(match[3])))}秒"


def _zone(match: re.Match[str]) -> str:
    said = f"{match[1]}{'加' if match[2] == '+' else '减'}{cardinal(str(int(match[3])))}"
    return f"{said}点{_two(int(match[4]))}分" if match[4] and int(match[4]) else said


RULES = (
    Rule("time", _ZONE, _zone),
    Rule("time", _CLOCK, _clock),
    Rule("time", _HOUR, _hour_alone),
    Rule("time", _SPAN, _span),
    Rule("time", _PRIMES, lambda match: f"{counted(match[1])}分{cardinal(str(int(match[2])))}秒"),
)
