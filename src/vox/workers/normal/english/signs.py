"""Signs of mathematics and of trade: +, ×, ≥, #, &."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from vox.workers.normal.english.words import RAISED, English
from vox.workers.normal.rule import Rule

_OPERAND = r"[0-9(\[√πA-Za-z$€£.-]"
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")

_CLOSE = re.compile(
    r"(?<=[A-Za-z])[,;!?](?=[0-9$€£])|(?<=[0-9])(?:[;!?](?=[0-9A-Za-z])|,(?=[A-Za-z])|(?:\.{3}|…)(?=[0-9]))"
    r"|(?<=[0-9]\))(?=[A-Z][a-z])"
)
_CIRCLED = re.compile("[\u2460-\u2473]")
_BELOW = re.compile("(?<=[A-Za-z)])[₀-₉]+")
_SCIENTIFIC = re.compile(
    r"(?<![\w])(?<![0-9][.,])(?P<n>[0-9]+(?:\.[0-9]+)?)[eE](?P<power>[-+\u2212]?[0-9]{1,3})(?![\w.])"
)
_POWER = re.compile(
    r"(?:(?<=[0-9)])|(?<=\b[A-Za-z])|(?<=[A-Za-z])(?=[²³]))(?:\^\(?(?P<plain>[-\u2212]?[0-9]{1,4}"
    r"|[a-z])\)?(?!\w)|(?P<raised>[⁻⁺]?[⁰¹²³⁴-⁹ⁿ]+))"
)
_MINUS = re.compile(r"(?:(?<=[0-9)])|(?<=\b[A-Za-z]))[ ](?P<sign>[-\u2212–])[ ](?=[0-9(]|[A-Za-z]\b)")
_TIMES = re.compile(
    r"(?:(?<=[0-9)])|(?<=\b[a-z]))[ ]?[*∗⋅·][ ]?(?=[0-9(]|[a-z]\b)|(?<=[0-9])[ ][*∗⋅·][ ](?=[a-z])"
)
_DIVIDED = re.compile(r"(?<=[0-9])[ ]/[ ](?=[0-9])")
_COMPARED = re.compile(
    rf"(?P<left>(?<=[\w)²³%°])[ ]?)(?P<sign><=|>=|[≤≥≦≧⩽⩾])[ ]?(?={_OPERAND})|(?P<bare><=|>=|[≤≥≦≧⩽⩾])[ ]?"
    rf"(?={_OPERAND})"
)
_LESS = re.compile(
    rf"(?P<left>(?:(?<=[0-9)²³%°])|(?<=\b[A-Za-z]))[ ])(?P<sign>[<>])[ ](?={_OPERAND})|(?<=[A-Za-z0-9])"
    rf"(?P<tight>[<>])(?=\.?[0-9])"
    rf"|(?<![\w<>=/-])(?P<bare>[<>])(?:[ ]?(?=[0-9$€£.])|[ ](?=[a-z]))"
)
_PLUS = re.compile(r"(?P<left>[ ]?)(?P<signs>\+{1,3})(?P<right>[ ]?)")
_EQUALS = re.compile(r"[ ]?(?<![=<>!])={1,3}(?![=>])[ ]?")
_NUMBERED = re.compile(r"(?<![\w#&])#[ ]?(?=[0-9])")
_SHARP = re.compile(r"\b(?P<letter>[A-G])[#♯](?![\w#])")
_FLAT = re.compile(r"\b(?P<letter>[A-G])♭(?!\w)")
_ABOUT = re.compile(r"(?<![\w~/])(?:[~∼][ ]?(?=[0-9$€£.a-z])|≈(?=[0-9$€£.]))")
_AT = re.compile(r"(?<![\w@])@[ ]?(?=[0-9$€£]|[ ])")
_SLASH = re.compile(r"(?:(?<=[a-z])[ ]?/[ ]?(?=[a-z])|(?P<capitals>(?<=[A-Za-z])/(?=[A-Za-z])))")
_LETTERS = re.compile(r"(?<![\w-])(?P<a>[A-Z])(?:[–—]|(?<=A)-(?=Z))(?P<b>[A-Z])(?![\w-])")
_EITHER = re.compile(r"\band/or\b")
_WORDS = {
    "×": "times", "÷": "divided by", "≠": "is not equal to", "!=": "is not equal to", "≈": "is approximately",
    "≅": "is approximately", "±": "plus or minus", "√": "square root of", "∞": "infinity", "π": "pi",
    "§§": "sections",
    "§": "section", "¶": "paragraph", "№": "number", "%": "percent", "&": "and", "→": "to", "->": "to",
    "⇒": "to", "=>": "to",
    "°": "degrees", "$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "₩": "won", "#": "hash",
    "@": "at", "©": "copyright", "∈": "in", "∑": "sum of", "∫": "integral of", "∆": "delta", "−": "minus",
}  # fmt: skip
_ONE = re.compile("|".join(map(re.escape, _WORDS)))
_SIGN = re.compile(f"[ ]?(?:{_ONE.pattern})(?:[ ]?(?:{_ONE.pattern}))*[ ]?")
_TRADE = re.compile("[®™℠]")
_COMPARISONS = {
    "<": "less than", ">": "greater than", "≤": "less than or equal to", "≥": "greater than or equal to",
}  # fmt: skip
_ALIKE = {"<=": "≤", ">=": "≥", "≦": "≤", "≧": "≥", "⩽": "≤", "⩾": "≥"}


def first() -> tuple[Rule, ...]:
    """A space where one was forgotten, so that the words for figures stay apart from their neighbours."""
    return (Rule("number", _CLOSE, lambda match: f"{match[0]} "),)


def rules(english: English) -> tuple[Rule, ...]:
    """Those that must see the figures."""
    says: tuple[tuple[re.Pattern[str], Callable[[English, re.Match[str]], str | None]], ...] = (
        (_CIRCLED, _circled), (_BELOW, _below), (_SCIENTIFIC, _scientific), (_POWER, _power),
        (_MINUS, _minus),
        (_TIMES, _times), (_DIVIDED, _divided), (_COMPARED, _compared), (_LESS, _compared),
        (_NUMBERED, _numbered),
        (_SHARP, _sharp), (_FLAT, _flat), (_ABOUT, _about), (_AT, _at),
    )  # fmt: skip
    return tuple(Rule("number", pattern, partial(say, english)) for pattern, say in says)


def last(english: English) -> tuple[Rule, ...]:
    """Those that are read wherever they stand."""
    return (
        Rule("number", _PLUS, partial(_plus, english)),
        Rule("number", _EQUALS, lambda match: _between(match, "equals")),
        Rule(
            "number",
            _SIGN,
            lambda match: _between(match, " ".join(_WORDS[sign] for sign in _ONE.findall(match[0]))),
        ),
        Rule("number", _TRADE, lambda match: ""),
        Rule("number", _LETTERS, lambda match: f"{match['a']} to {match['b']}"),
        Rule("number", _EITHER, lambda match: "and or"),
        Rule("number", _SLASH, lambda match: " " if match["capitals"] else " slash "),
    )


def _between(match: re.Match[str], words: str) -> str:
    """`words` with spaces where text stands."""
    left = " " if match.start() and match.string[match.start() - 1] not in "([\"'“‘" else ""
    after = match.string[match.end() : match.end() + 1]
    return f"{left}{words}{'' if not after or after in '.,;:!?)]' else ' '}"


def _circled(english: English, match: re.Match[str]) -> str:
    return f" {english.cardinal(str(ord(match[0]) - 0x245F))} "


def _below(english: English, match: re.Match[str]) -> str:
    return match[0].translate(_LOWERED)


def _scientific(english: English, match: re.Match[str]) -> str:
    return f"{english.number(match['n'])} times ten{english.raised(match['power'])}"


def _power(english: English, match: re.Match[str]) -> str:
    after = match.string[match.end() : match.end() + 1]
    said = english.raised(match["plain"] or match["raised"].translate(RAISED))
    return f"{said} " if after.isalnum() else said


def _minus(english: English, match: re.Match[str]) -> str | None:
    return " minus " if match["sign"] == "\u2212" or _is_formula(match.string) else None


def _times(english: English, match: re.Match[str]) -> str | None:
    text = match.string
    figures = text[match.start() - 1].isdecimal() or text[match.end()].isdecimal()
    return " times " if figures or _is_formula(text) else None


def _divided(english: English, match: re.Match[str]) -> str:
    return " divided by " if _is_formula(match.string) else " out of "


def _is_formula(text: str) -> bool:
    return "=" in text or "≈" in text


def _compared(english: English, match: re.Match[str]) -> str:
    found = match.groupdict()
    sign = found.get("sign") or found.get("tight") or found["bare"]
    words = _COMPARISONS[_ALIKE.get(sign, sign)]
    if found["bare"]:
        return f"{words} "
    return f" is {words} "


def _numbered(english: English, match: re.Match[str]) -> str:
    return "number "


def _sharp(english: English, match: re.Match[str]) -> str:
    return f"{match['letter']} sharp"


def _flat(english: English, match: re.Match[str]) -> str:
    return f"{match['letter']} flat"


def _about(english: English, match: re.Match[str]) -> str:
    return "about "


def _at(english: English, match: re.Match[str]) -> str:
    return "at "


def _plus(english: English, match: re.Match[str]) -> str:
    return _between(match, " ".join(["plus"] * len(match["signs"])))
