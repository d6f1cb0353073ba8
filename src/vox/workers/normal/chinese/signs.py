"""Mathematical signs between and beside figures."""

from __future__ import annotations

import re

from vox.workers.normal.chinese.spelling import HAN, MINUS, NUMBER, cardinal
from vox.workers.normal.rule import Rule

_COMPARISONS = {
    ">": "大于", "<": "小于", "=": "等于", "==": "等于", ">=": "大于等于", "≥": "大于等于", "<=": "小于等于",
    "≤": "小于等于", "≠": "不等于", "!=": "不等于", "≈": "约等于", "≡": "恒等于",
}  # fmt: skip
_OPERATIONS = {
    "-": "减", "\u2212": "减", "+": "加", "×": "乘", "x": "乘", "X": "乘", "*": "乘", "·": "乘", "÷": "除以",
}  # fmt: skip
_NAMES = {"π": "派", "∞": "无穷大", "→": "到", "±": "正负", "+/-": "正负", "√": "根号"}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻\u2212", "0123456789--")

_SIGN = ">=|<=|!=|==|[≥≤≠≈≡><=]"
_COMPARED = re.compile(
    rf"(?<=[0-9A-Za-z%)²³])\s?(?P<after>{_SIGN})\s?(?=[-\u2212+]?[0-9A-Za-zπ√(.])"
    rf"|(?P<before>{_SIGN})\s?(?=[-\u2212]?\.?[0-9])"
)
_TERM = rf"[-\u2212]?{NUMBER}%?"
_SUM = rf"{_TERM}(?:\s?[-\u2212+×xX*·÷]\s?{_TERM}){{1,8}}"
_EQUATION = re.compile(rf"(?<![0-9A-Za-z.,]){_SUM}(?=\s?=)|(?<==)\s?{_SUM}(?![0-9])")
_OPERATION = re.compile(r"(?<=[0-9%])\s?([-\u2212+×xX*·÷])\s?(?=[-\u2212]?[0-9])")
_QUOTIENT = re.compile(r"(?<![0-9./])([0-9]{1,12})\s?/\s?([0-9]{1,12})(?=\s?=)")
_TIMES = re.compile(
    r"(?<=\S)\s?×\s?(?=\S)|(?<=[0-9])\s?[xX*]\s?(?=[0-9])|(?<=[0-9][cm]m)\s?[xX*]\s?(?=[0-9])"
)
_NAMED = re.compile(r"π(?![a-zα-ω])|∞|(?<=\w)→(?=\w)|±|\+/-(?=[0-9])|√\s?(?=[0-9A-Za-z(])")
_POWER = re.compile("(?<=[0-9A-Za-zπ)）])(?:([⁻]?[⁰¹²³⁴-⁹]{1,6})|\\^([-\u2212]?[0-9]{1,6}))")
_PLUS = re.compile(
    rf"(?<=[0-9A-Za-z%)²³{HAN}])\s?\+\s?(?=[0-9A-Za-z(π√])|(?<=[0-9{HAN}])\+(?!\+)|(?<![0-9A-Za-z)+])\+(?=[0-9])"
)
_MINUS = re.compile(rf"{MINUS}(?<![0-9])({NUMBER})(?![0-9])")


def _compared(match: re.Match[str]) -> str:
    return _COMPARISONS[match["after"] or match["before"]]


def _equation(match: re.Match[str]) -> str:
    """Only beside an equals sign a hyphen is minus."""
    return _OPERATION.sub(lambda sign: _OPERATIONS[sign[1]], match[0])


def _quotient(match: re.Match[str]) -> str | None:
    """6/2=3 divides, 1/2=0.5 is a fraction."""
    above, below = int(match[1]), int(match[2])
    return f"{match[1]}除以{match[2]}" if below and above % below == 0 else None


def _power(match: re.Match[str]) -> str:
    exponent = (match[1] or match[2]).translate(_SUPERSCRIPTS)
    if exponent in ("2", "3"):
        return "的平方" if exponent == "2" else "的立方"
    return f"的{'负' if exponent[0] == '-' else ''}{cardinal(exponent.lstrip('-'))}次方"


RULES = (
    Rule("number", _EQUATION, _equation),
    Rule("number", _QUOTIENT, _quotient),
    Rule("number", _TIMES, lambda match: "乘"),
    Rule("number", re.compile(r"\s?÷\s?"), lambda match: "除以"),
    Rule("number", _COMPARED, _compared),
    Rule("number", _NAMED, lambda match: _NAMES[match[0].rstrip()]),
)
"""Before units and money take the figure that follows."""

LATE = (
    Rule("number", _POWER, _power),
    Rule("number", _PLUS, lambda match: "加"),
    Rule("number", _MINUS, lambda match: f"负{match[1]}"),
)
"""When units have taken their exponents, and percents and ranges their signs."""
