"""What is left of figures: fractions, percents, ratios, ranges, and numbers as such."""

from __future__ import annotations

import re
import unicodedata

from vox.workers.normal.chinese import signs
from vox.workers.normal.chinese.spelling import (
    DASH,
    FREE,
    MINUS,
    NUMBER,
    before,
    cardinal,
    counted,
    counts,
    digits,
    number,
)  # fmt: skip
from vox.workers.normal.rule import Rule

_SAID = "零一二三四五六七八九十百千万萬亿億"

_CIRCLED = re.compile("[①-⑳⑴-⒇⒈-⒛]")
_VULGAR = re.compile(r"(?:(?<![0-9.])([0-9]{1,9})\s?)?([¼-¾⅐-⅞↉])")
_ROMAN = re.compile("[Ⅰ-Ⅻⅰ-ⅻ]")
_ROMAN_LETTERS = re.compile(
    r"(?<![A-Za-z])(?:(?<=第)([IVX]{1,7})(?![A-Za-z])|([IVX]{1,7})(?=[型期级級卷部]))"
)
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}
_PERCENT = re.compile(
    rf"(?P<plus>(?<![0-9A-Za-z)])\+)?(?:(?P<minus>{MINUS})?{FREE}(?P<first>{NUMBER})\s?%?\s?(?P<dash>{DASH}|[到至])\s?)?"
    rf"(?P<minus2>{MINUS})?{FREE}(?P<second>{NUMBER})\s?(?P<sign>[%‰])"
)
_WHOLES = {"%": "百分之", "‰": "千分之"}
_MIXED = re.compile(r"(?<![0-9./])([0-9]{1,9})(?:\s|又)([0-9]{1,9})/([0-9]{1,9})(?![0-9./])")
_FRACTION = re.compile(
    rf"(?P<minus>{MINUS})?(?<![0-9./A-Za-z])([0-9]{{1,12}})\s?[/⁄]\s?([0-9]{{1,12}})(?![0-9/]|\.[0-9])"
)
_RATIO = re.compile(rf"(?<![0-9:.,])({NUMBER}(?:\s?[:：∶]\s?{NUMBER}){{1,4}})(?![0-9]|[:：][0-9])")
_RANGE = re.compile(rf"{FREE}({NUMBER})\s?(?:{DASH}|——)\s?({NUMBER})(?![0-9])")
_UNIT_RANGE = re.compile(
    rf"([0-9][千万萬亿億]{{0,2}}(?:[美欧港日]?[元块塊]|[度米斤岁分秒天折吨升克个年月日号號]|公里|公斤|小时))\s?{DASH}\s?(?=[0-9])"
)
_SPELLED_RANGE = re.compile(
    rf"(?<=[{_SAID}点點分秒年月日号號度元米斤代末初])\s?{DASH}\s?(?=[上下中凌晚]?[午晨上]?[公零负一二两三四五六七八九十百])"
    rf"|(?<=[期周][一二三四五六日天])-(?=[周星])"
)
_SCORE = re.compile(
    r"(?:比分|比数|击败|战胜|大胜|战平|惜败|不敌|领先|落后|淘汰|力克|横扫)[^，。；]{0,8}$|(?:[以胜赢输败队隊]|国足|[男女][足篮排]"
    r"|中国|日本|韩国|巴西|德国|法国|英格兰|西班牙|意大利|阿根廷|葡萄牙|荷兰|美国|伊朗)\s?$"
)
_SCORED = re.compile(
    r"\s?的?(?:[胜负平赢输败]|大胜|大败|战胜|战平|击败|惜败|不敌|领先|落后|淘汰|逆转|力克|横扫|取胜|获胜|完胜|险胜|告负|比分)"
)
_ABOUT = re.compile(r"(?:(?<=[\s，。：:（(])|^)~\s?(?=[0-9])")
_PLAIN = re.compile(rf"{FREE}({NUMBER})(?![0-9])")
_POINT = re.compile(r"(?<![0-9A-Za-z.])\.([0-9]{1,24})(?![0-9.])")
_REST = re.compile("[0-9]+")


def _circled(match: re.Match[str]) -> str:
    return "".join(filter(str.isdigit, unicodedata.normalize("NFKC", match[0])))


def _vulgar(match: re.Match[str]) -> str:
    above, below = unicodedata.normalize("NFKC", match[2]).split("\u2044")
    part = f"{cardinal(below)}分之{cardinal(above)}"
    return f"{cardinal(match[1])}又{part}" if match[1] else part


def _roman_letters(match: re.Match[str]) -> str:
    values = [_ROMAN_VALUES[letter] for letter in match[1] or match[2]]
    following = [*values[1:], 0]
    return cardinal(str(sum(-v if v < after else v for v, after in zip(values, following, strict=True))))


def _percent(match: re.Match[str]) -> str:
    whole = _WHOLES[match["sign"]]
    said = whole + ("百" if match["second"] == "100" and whole == "百分之" else cardinal(match["second"]))
    said = f"{'负' if match['minus2'] else ''}{said}"
    if match["first"]:
        joint = match["dash"] if match["dash"] in "到至" else "到"
        said = f"{'负' if match['minus'] else ''}{whole}{cardinal(match['first'])}{joint}{said}"
    return f"正{said}" if match["plus"] else said


def _mixed(match: re.Match[str]) -> str:
    return f"{cardinal(match[1])}又{cardinal(match[3])}分之{cardinal(match[2])}"


def _fraction(match: re.Match[str]) -> str:
    return f"{'负' if match['minus'] else ''}{cardinal(match[3])}分之{cardinal(match[2])}"


def _ratio(match: re.Match[str]) -> str:
    return "比".join(cardinal(part.strip()) for part in re.split("[:：∶]", match[1]))


def _range(match: re.Match[str]) -> str:
    """5-10天; what goes down, or stands among winning and losing, is a score: 3-1."""
    low, high = match[1], match[2]
    if counts(match):
        return f"{counted(low)}到{number(match, high)}"
    scored = _SCORE.search(before(match, 16)) or _SCORED.match(match.string, match.end())
    return f"{cardinal(low)}{'比' if scored or _value(low) >= _value(high) else '到'}{cardinal(high)}"


def _value(figure: str) -> float:
    return float(figure.replace(",", ""))


def _plain(match: re.Match[str]) -> str:
    figure = match[1]
    return digits(figure) if _is_name(match, figure) else number(match, figure)


def _is_name(match: re.Match[str], figure: str) -> bool:
    """A quantity of so many figures would be round, or have separators or a measure."""
    if not figure.isdigit() or counts(match) or before(match, 1) == "第" or figure.endswith("00"):
        return False
    return len(figure) > 12 or (len(figure) > 7 and len(set(figure)) > 4)


ALIKE = (
    Rule("number", _CIRCLED, _circled),
    Rule("number", _VULGAR, _vulgar),
    Rule("number", _ROMAN, lambda match: cardinal(f"{int(unicodedata.numeric(match[0]))}")),
    Rule("number", _ROMAN_LETTERS, _roman_letters),
    Rule("number", _UNIT_RANGE, lambda match: f"{match[1]}到"),
)
"""Other ways of writing figures, before all that reads figures."""

RULES = (
    Rule("number", _PERCENT, _percent),
    Rule("number", _MIXED, _mixed),
    Rule("number", _FRACTION, _fraction),
    Rule("number", _RATIO, _ratio),
    Rule("number", _RANGE, _range),
    *signs.LATE,
    Rule("number", _ABOUT, lambda match: "约"),
    Rule("number", _POINT, lambda match: f"零点{digits(match[1])}"),
    Rule("number", _PLAIN, _plain),
    Rule("number", _REST, lambda match: digits(match[0])),
    *(Rule(kind, _SPELLED_RANGE, lambda match: "到") for kind in ("date", "time", "money", "unit", "number")),
)
