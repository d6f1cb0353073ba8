"""Numbers that are no date, time, amount of money or measure."""

from __future__ import annotations

import re
from unicodedata import normalize

from vox.workers.normal.korean import counters
from vox.workers.normal.korean.figures import AMOUNT, LEFT, NUMBER, TO, amount, number, one_by_one, sino, span
from vox.workers.normal.korean.figures import SPAN as _SPAN
from vox.workers.normal.rule import Rule

_VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
    "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅐": (1, 7), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
    "⅑": (1, 9), "⅒": (1, 10),
}  # fmt: skip
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_SUMS = {"+": " 더하기 ", "×": " 곱하기 ", "*": " 곱하기 ", "÷": " 나누기 "}
_PERCENTS = {
    "%p": "퍼센트포인트",
    "%P": "퍼센트포인트",
    "%포인트": "퍼센트포인트",
    "%": "퍼센트",
    "％": "퍼센트",
    "‰": "퍼밀",
}

_FRACTION_SIGN = re.compile(rf"(?:{LEFT}(\d{{1,4}})\s?)?([{''.join(_VULGAR)}])")
_ROMAN_SIGN = re.compile(r"([Ⅰ-ⅿ]+)(?=([장절부편권세])?)")
_ROMAN_LETTERS = re.compile(r"(?<![A-Za-z])(?:(?<=제)[IVXLC]{1,9}(?![A-Za-z])|[IVXLC]{1,9}(?=[세장부편권]))")
_CIRCLED = re.compile("[①-⑳]")
_SERIAL = re.compile(
    r"((?:번호|코드|비번|(?<![A-Za-z])ID|암호|시리얼|계좌|ISBN)(?:는|은|가|이|:|：|=|\s|\(){0,3})"
    r"(\d{3,}(?:[- ]\d+){0,8})(?![\d,.]\d|\s?[개명원년월%만억점장])"
)
_GROUPS = re.compile(r"(?<![\dA-Za-z.,-])\d{1,19}(?:[-–−]\d{1,19}){2,8}(?![-\d])")
_DOTTED = re.compile(r"(?<![\d.])\d{1,6}(?:\.\d{1,6}){2,6}(?!\d|\.\d)")
_RATIO = re.compile(rf"{LEFT}(?!\d{{1,2}}:[0-5]\d(?!\d))({NUMBER})\s?:\s?({NUMBER})(?:\s?:\s?({NUMBER}))?")
_AGAINST = re.compile(
    rf"{LEFT}(\d{{1,5}})\s?대\s?(\d{{1,5}})(?!\d|\s?(?:명|개|원|살|년|월|대|권|장|마리|시|분|%))"
)
_SCORE = re.compile(
    r"(?<![\d.,-])(\d{1,3})\s?[-–−]\s?(\d{1,3})(?=\s?(?:으?로|의|까지|에서|,)?[^.\d]{0,8}?"
    r"(?:이겼|이기|승|패|졌|비겼|무승부|리드|앞서|앞섰|뒤졌|역전|스코어|끝났|꺾))"
)
_FRACTION = re.compile(r"(?<![\d/.])(?:(\d{1,4})\s)?(\d{1,9})/(\d{1,9})(?![\d/]|\.\d)")
_PERCENT = re.compile(rf"{_SPAN}\s?(?P<sign>%p|%P|%포인트|%|％|‰)(?=(?P<to>{TO}\d)?)")
_POWER = re.compile(r"(?<=[\dA-Za-z)])(?:([⁻⁰¹²³⁴-⁹]{1,9})|\^(-?\d{1,4}|[a-z](?![a-z])))")
_ROOT = re.compile(r"√\s?(?=[\dA-Za-z(])")
_TERM = r"\s?(?=[-−(]{0,2}[\dA-Za-z√(]|[영일이삼사오육칠팔구십백천만])"
_SUM = re.compile(
    rf"(?<=[\dA-Za-z)])\s?([+×÷*]){_TERM}|(?<=[가-힣])([+×÷*]){_TERM}|(?<=[가-힣])\s([×÷]){_TERM}"
)
_MINUS = re.compile(
    r"(?<=[\dA-Za-z)])(?:\s?[-−]\s?(?=\d+(?:[-+−×÷]\d+){0,9}\s?=)|\s[-−]\s(?=\d))|(?<=\d)x(?=\d)"
)
_HYPHEN = re.compile(rf"{LEFT}(?<![-A-Za-z])({NUMBER})\s?[-–−]\s?({NUMBER})(?!\s?[-=\d])")
_FROM_TO = re.compile(
    r"(?<=[\w%°])\s?[〜～~∼]\s?(?=[-−±]?\d|(?:마이너스 |영하 )?[영일이삼사오육칠팔구십백천만한두세네열])"
)
_AMOUNT = re.compile(rf"{LEFT}(?:(?P<low>{AMOUNT})\s?[〜～~∼]\s?)?(?P<high>{AMOUNT})")
_LEFT_OVER = re.compile(r"\d+")
_EQUALS = re.compile(r"([가-힣A-Za-z])\s?=\s?(?=[-−\w√(])")


def _of(whole: str, part: str) -> str:
    return f"{whole}분의 {part}"


def _closed(letter: str) -> bool:
    """Whether it ends in a consonant, on which the particle after it depends."""
    return letter in "lmnrLMNR" if letter.isascii() else (ord(letter) - ord("가")) % 28 > 0


def _and(whole: str | None) -> str:
    said = sino(whole) if whole else ""
    return said and f"{said}{'과' if _closed(said[-1]) else '와'} "


def _fraction_sign(match: re.Match[str]) -> str:
    part, whole = _VULGAR[match[2]]
    return _and(match[1]) + _of(sino(str(whole)), sino(str(part)))


def _roman(match: re.Match[str]) -> str | None:
    values = [_ROMAN[letter] for letter in normalize("NFKC", match[0]).upper()]
    total = sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))
    return f"{sino(str(total))} " if total > 0 else None


def _groups(match: re.Match[str]) -> str:
    return one_by_one(match[0])


def _fraction(match: re.Match[str]) -> str:
    before, part, whole = match.groups()
    return _and(before) + _of(sino(whole), sino(part))


def _power(match: re.Match[str]) -> str:
    if match[1] in ("²", "³"):
        return " 제곱" if match[1] == "²" else " 세제곱"
    power = normalize("NFKC", match[1] or match[2])
    return f"의 {amount(power) if power[-1].isdecimal() else power} 제곱"


def _percent(match: re.Match[str]) -> str:
    return f"{span(match)} {_PERCENTS[match['sign']]}"


def _hyphen(match: re.Match[str]) -> str:
    low, high = (part.replace(",", "") for part in match.groups())
    rising = (len(low) == len(high) < 16 or len(high) < 3) and float(low) < float(high)
    return f"{number(match[1])}{'에서' if rising else ' 다시'} {number(match[2])}"


def _equals(match: re.Match[str]) -> str:
    return f"{match[1]}{'은' if _closed(match[1]) else '는'} "


ROMAN = (Rule("number", _ROMAN_SIGN, _roman), Rule("number", _ROMAN_LETTERS, _roman))
"""Before letters are read as such."""
RULES = (
    Rule("number", _FRACTION_SIGN, _fraction_sign),
    Rule("number", _CIRCLED, lambda match: sino(str(ord(match[0]) - ord("①") + 1))),
    Rule("number", _SERIAL, lambda match: match[1] + one_by_one(match[2])),
    Rule("number", _GROUPS, _groups),
    Rule("number", _DOTTED, lambda match: " 점 ".join(map(sino, match[0].split(".")))),
    Rule("number", _SCORE, lambda match: f"{sino(match[1])} 대 {sino(match[2])}"),
    Rule("number", _RATIO, lambda match: " 대 ".join(number(part) for part in match.groups() if part)),
    Rule("number", _AGAINST, lambda match: f"{sino(match[1])} 대 {sino(match[2])}"),
    Rule("number", _POWER, _power),
    Rule("number", _MINUS, lambda match: " 곱하기 " if match[0] == "x" else " 빼기 "),
    Rule("number", _FRACTION, _fraction),
    Rule("number", _SUM, lambda match: _SUMS[match[match.lastindex or 1]]),
    Rule("number", _ROOT, lambda match: "루트 "),
    Rule("number", _PERCENT, _percent),
    *counters.RULES,
    Rule("number", _FROM_TO, lambda match: "에서 "),
    Rule("number", _HYPHEN, _hyphen),
    Rule("number", _AMOUNT, span),
    Rule("number", _LEFT_OVER, lambda match: sino(match[0])),
    Rule("number", _EQUALS, _equals),
)
