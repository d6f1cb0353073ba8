"""Years: which figures before 年, and without it, name one and are said digit by digit."""

from __future__ import annotations

import re

from vox.workers.normal.chinese.spelling import DASH, FREE, HAN, after, before, cardinal, counts, digits
from vox.workers.normal.rule import Rule

_SPAN_OF = "年(?!级|級)|学年|學年|赛季|賽季|财年|財年"
_RANGE = re.compile(rf"{FREE}([0-9]{{2,4}})\s?({DASH}|至|到)\s?([0-9]{{2,4}})(?=\s?(?:{_SPAN_OF}))")
_SEASON = re.compile(rf"{FREE}((?:19|20)[0-9]{{2}})[/-]([0-9]{{2,4}})(?![0-9/.-])")
_SEASON_WORD = re.compile(rf"\s?(?:{_SPAN_OF}|马季|馬季|年度)")
_LIFE = re.compile(rf"(?<=[（(])(\s?)([0-9]{{3,4}})\s?{DASH}{{1,2}}\s?([0-9]{{3,4}})(?=\s?[）)])")
_BETWEEN = re.compile(
    rf"{FREE}()((?:1[5-9]|20)[0-9]{{2}}){DASH}((?:1[5-9]|20)[0-9]{{2}})(?![0-9]|[.,/:-][0-9])"
)
_YEAR = re.compile(rf"{FREE}([0-9]{{2,4}})(?=\s?年(?!级|級))")
_BARE = re.compile(rf"(?<![0-9A-Za-z.,:/-])((?:19|20)[0-9]{{2}})(?=\s?(?:[{HAN}]|[A-Z]{{3}}|Q[1-4]))")
_QUOTED = re.compile(r"(?<=[（(〔\[])((?:1[5-9]|20)[0-9]{2})(?=[）)〕\]])")
_ERA = re.compile(r"(?<![0-9A-Za-z.])([0-9]{1,4})\s?(ad|a\.d\.|bce?|b\.c\.)(?![A-Za-z])", re.IGNORECASE)

# 三百年 is a time, 三零零年 a year: what is around has to tell.
_LASTED = re.compile(
    r"\s?年的?(?:历史|歷史|悠久|文明|以上|左右|时间|時間|间|間|来|來|多|之久|寿命|壽命|后|後|前(?![后後]))"
)
_IN = re.compile(r"(?:[于於在自从從至（(]|公元|西元)\s?$")
_STARTS = re.compile(r"(?:^|[到，。；\s~\u2010-\u2015-])\s?$")
_FOR = re.compile(r"[了过過近约約满滿有达達共历歷经經校等]\s?$")
_BEFORE_CHRIST = re.compile(r"(?:公元前?|西元前?|(?:[（(，、至到或与與及在于於和从從]|^)前)\s?$")
_DATED = re.compile(r"\s?年(?:\s?[0-9]{1,2}\s?月|[底初末春夏秋冬款]|上半年|下半年|第?[0-9一二三四]季)")
_GOES_ON = re.compile(
    r"\s?[的是和与與到至或加减減乘除等比分以不也都就還还则則而了左上下多余餘几幾万萬亿億千月日号號]"
)


def _range(match: re.Match[str]) -> str | None:
    first, joint, second = match[1], match[2], match[3]
    full = len(first) == 4 and "1000" <= first <= "2200"
    if full and _LASTED.match(match.string, match.end()) and first.endswith("00"):
        return None
    if full or first[0] == "0" or (len(first) == len(second) == 2 and first > "79"):
        return f"{digits(first)}{joint if joint in '至到' else '到'}{digits(second)}"
    return None


def _season(match: re.Match[str]) -> str | None:
    """2023/24: the next year, or a word that says so."""
    first, second = match[1], match[2]
    follows = len(second) != 3 and int(second) == (int(first) + 1) % 10 ** len(second)
    if not follows and not _SEASON_WORD.match(match.string, match.end()):
        return None
    return f"{digits(first)}到{digits(second)}"


def _life(match: re.Match[str]) -> str | None:
    """(701-762), 1937-1945: years if they go up and nothing is counted."""
    if int(match[2]) >= int(match[3]) or counts(match):
        return None
    return f"{digits(match[2])}到{digits(match[3])}"


def _year(match: re.Match[str]) -> str:
    year = match[1]
    names = (_named_by_two, _named_by_three, _named_by_four)[len(year) - 2]
    return digits(year) if names(match, year) else cardinal(year)


def _named_by_two(match: re.Match[str], year: str) -> bool:
    """98年 is a name, 50年 a time."""
    if _BEFORE_CHRIST.search(before(match, 4)):
        return False
    if year[0] == "0" or _DATED.match(match.string, match.end()):
        return True
    late = year > "79" and not after(match, 3).lstrip().startswith("年代")
    return late and not _LASTED.match(match.string, match.end()) and not _FOR.search(before(match, 3))


def _named_by_three(match: re.Match[str], year: str) -> bool:
    context = before(match, 4)
    if _BEFORE_CHRIST.search(context) or year[0] == "0":
        return True
    if _LASTED.match(match.string, match.end()) or _FOR.search(context):
        return False
    return bool(_IN.search(context)) or (year[2] != "0" and bool(_STARTS.search(context)))


def _named_by_four(match: re.Match[str], year: str) -> bool:
    if not "1000" <= year <= "2200":
        return year[0] == "0" or bool(_BEFORE_CHRIST.search(before(match, 4)))
    lasted = _LASTED.match(match.string, match.end())
    thousands = year.endswith("000")
    if lasted is None:
        return not (thousands and year != "2000" and _FOR.search(before(match, 3)))
    if lasted[0].strip() in ("年前", "年后", "年後", "年来", "年來"):
        return not thousands
    return not (year.endswith("00") or _FOR.search(before(match, 3)))


def _bare(match: re.Match[str]) -> str | None:
    """2008北京奥运会, but not 2008人."""
    if after(match, 2).lstrip()[:1] in ("届", "屆"):
        return digits(match[1])
    return None if counts(match) or _GOES_ON.match(match.string, match.end()) else digits(match[1])


def _era(match: re.Match[str]) -> str:
    return f"公元{'前' if match[2][0] in 'bB' else ''}{digits(match[1])}年"


RULES = (
    Rule("date", _RANGE, _range),
    Rule("date", _SEASON, _season),
    Rule("date", _LIFE, _life),
    Rule("date", _BETWEEN, _life),
    Rule("date", _YEAR, _year),
    Rule("date", _BARE, _bare),
    Rule("date", _QUOTED, lambda match: digits(match[1])),
    Rule("date", _ERA, _era),
)
