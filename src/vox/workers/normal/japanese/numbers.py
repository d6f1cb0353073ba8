"""Numbers that are no date, time, amount of money or measure."""

from __future__ import annotations

import re
from unicodedata import normalize

from vox.workers.normal.japanese.figures import (
    AMOUNT,
    KANJI,
    LEFT,
    NUMBER,
    amount,
    number,
    one_by_one,
    whole_number,
)
from vox.workers.normal.rule import Rule
from vox.workers.normal.spell import cardinal

_VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
    "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅐": (1, 7), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
    "⅑": (1, 9), "⅒": (1, 10),
}  # fmt: skip
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_SIGNS = {
    "+": "プラス", "×": "かける", "*": "かける", "÷": "割る", "=": "イコール", "≠": "ノットイコール",
    "≒": "ニアリーイコール", "≈": "ニアリーイコール", "<": "小なり", ">": "大なり",
    "≤": "小なりイコール", "≦": "小なりイコール", "≥": "大なりイコール", "≧": "大なりイコール",
}  # fmt: skip

_FRACTION_SIGN = re.compile(rf"(?:{LEFT}(\d{{1,4}})\s?)?([{''.join(_VULGAR)}])")
_ROMAN_SIGN = re.compile("[Ⅰ-ⅿ]+")
_ROMAN_LETTERS = re.compile(
    r"(?<![A-Za-z])(?:(?<=第)[IVXLC]{1,9}(?![A-Za-z])|[IVXLC]{1,9}(?=[世章部巻編型]))"
)
_CIRCLED = re.compile("[①-⑳]")
_POSTAL = re.compile(r"〒?\s?(?<!\d)(\d{3}[-–−]\d{4})(?![-\d])")
_SERIAL = re.compile(
    r"((?:番号|コード|(?<![A-Za-z])ID|パスワード|シリアル|型番|品番|口座|ISBN)(?:は|が|：|:|=|「|\s|[（(]){0,3})"
    r"(\d{3,}(?:[- ]\d+){0,8})(?![\d,.]|[個本枚件人円年月回%万億桁点])"
)
_GROUPS = re.compile(r"(?<![\dA-Za-z.,-])\d{1,19}(?:[-–−]\d{1,19}){2,8}(?![-\d])")
_DOTTED = re.compile(r"(?<![\d.])\d{1,6}(?:\.\d{1,6}){2,6}(?![\d]|\.\d)")
_RATIO = re.compile(rf"{LEFT}(?!\d{{1,2}}:[0-5]\d(?!\d))({NUMBER})\s?:\s?({NUMBER})(?:\s?:\s?({NUMBER}))?")
_SCORE = re.compile(
    r"(?<![\d.,-])(\d{1,3})\s?[-–−]\s?(\d{1,3})(?=\s?[でのとにから]{1,2}[^。、\d]{0,8}?"
    r"(?:勝|敗|引き?分|リード|下し|破|圧倒|スコア|逆転|同点|追い|優勝))"
)
_FRACTION = re.compile(r"(?<![\d/.])(?:(\d{1,4})\s)?(\d{1,9})/(\d{1,9})(?![\d/]|\.\d)")
_PERCENT = re.compile(r"(?<=\d)\s?([%％‰])")
_POWER = re.compile(r"(?<=[\dA-Za-z)])(?:([⁻⁰¹²³⁴-⁹]{1,9})|\^(-?\d{1,4}|[a-z](?![a-z])))")
_ROOT = re.compile(r"√\s?(?=[\dA-Za-z(零一二三四五六七八九十百千])")
_SUM = re.compile(
    rf"(?<=[\dA-Za-zπ{KANJI}乗)])\s?([+×÷=≠≒≈<>≤≦≥≧*])\s?(?=[-−±(]{{0,2}}[\dA-Za-zπ√ル{KANJI}])"
    rf"|(?<=\w)\s?([×=≒≈])\s?(?=[-−±]?[\d{KANJI}])"
)
_MINUS = re.compile(
    rf"(?<=[\d{KANJI}乗])(?:\s?[-−]\s?(?=\d+(?:[-+−×÷]\d+){{0,9}}\s?=)|\s[-−]\s(?=[\d]))|(?<=\d)x(?=\d)"
)
_FROM_TO = re.compile(rf"(?<=[\w%°])\s?[〜～~]\s?(?=[-−±]?\d|(?:マイナス)?[{KANJI}])")
_HYPHEN = re.compile(rf"{LEFT}(?<![-A-Za-z])({NUMBER})\s?[-–−]\s?({NUMBER})(?!\s?[-=\d])")
_HOUSE = re.compile(r"(?<=[目町村区])(\d{1,4})-(\d{1,4})(?![-\d])")
_AMOUNT = re.compile(rf"{LEFT}{AMOUNT}")
_LEFT_OVER = re.compile(r"\d+")


def _fraction_sign(match: re.Match[str]) -> str:
    part, whole = _VULGAR[match[2]]
    before = f"{whole_number(match[1])}と" if match[1] else ""
    return f"{before}{cardinal(whole, 'ja')}分の{cardinal(part, 'ja')}"


def _roman(match: re.Match[str]) -> str | None:
    values = [_ROMAN[letter] for letter in normalize("NFKC", match[0]).upper()]
    total = sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))
    return cardinal(total, "ja") if total > 0 else None


def _groups(match: re.Match[str]) -> str:
    groups = re.findall(r"\d+", match[0])
    if any(len(group) > 3 or group[0] == "0" < group[1:] for group in groups):
        return one_by_one(match[0])
    return "の".join(map(whole_number, groups))


def _ratio(match: re.Match[str]) -> str:
    return "対".join(number(part) for part in match.groups() if part)


def _fraction(match: re.Match[str]) -> str:
    before, part, whole = match.groups()
    return (f"{whole_number(before)}と" if before else "") + f"{whole_number(whole)}分の{whole_number(part)}"


def _power(match: re.Match[str]) -> str:
    power = normalize("NFKC", match[1] or match[2])
    return f"の{amount(power) if power[-1].isdecimal() else power}乗"


def _hyphen(match: re.Match[str]) -> str:
    low, high = (part.replace(",", "") for part in match.groups())
    rising = len(low) < 16 > len(high) and float(low) < float(high)
    return f"{number(match[1])}{'から' if rising else 'の'}{number(match[2])}"


ROMAN = (Rule("number", _ROMAN_SIGN, _roman), Rule("number", _ROMAN_LETTERS, _roman))
"""Before letters are read as such."""
RULES = (
    Rule("number", _FRACTION_SIGN, _fraction_sign),
    Rule("number", _CIRCLED, lambda match: cardinal(ord(match[0]) - ord("①") + 1, "ja")),
    Rule("number", _POSTAL, lambda match: f"{'郵便番号' if '〒' in match[0] else ''}{one_by_one(match[1])}"),
    Rule("number", _SERIAL, lambda match: match[1] + one_by_one(match[2])),
    Rule("number", _GROUPS, _groups),
    Rule("number", _HOUSE, _groups),
    Rule("number", _DOTTED, lambda match: "点".join(map(whole_number, match[0].split(".")))),
    Rule("number", _SCORE, lambda match: f"{whole_number(match[1])}対{whole_number(match[2])}"),
    Rule("number", _RATIO, _ratio),
    Rule("number", _PERCENT, lambda match: "パーミル" if match[1] == "‰" else "パーセント"),
    Rule("number", _POWER, _power),
    Rule("number", _MINUS, lambda match: "かける" if match[0] == "x" else "マイナス"),
    Rule("number", _FRACTION, _fraction),
    Rule("number", _SUM, lambda match: _SIGNS[match[1] or match[2]]),
    Rule("number", _ROOT, lambda match: "ルート"),
    Rule("number", _FROM_TO, lambda match: "から"),
    Rule("number", _HYPHEN, _hyphen),
    Rule("number", _AMOUNT, lambda match: amount(match[0])),
    Rule("number", _LEFT_OVER, lambda match: whole_number(match[0])),
)
