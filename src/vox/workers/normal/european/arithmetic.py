"""Sums and fractions."""

from __future__ import annotations

import re

from vox.workers.normal.european.parts import FIGURE, FROM, SPACE, word_after, word_before, words
from vox.workers.normal.european.tongue import Tongue
from vox.workers.normal.rule import Rule

_VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
    "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅐": (1, 7), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
    "⅑": (1, 9), "⅒": (1, 10),
}  # fmt: skip
VULGAR = f"[{''.join(_VULGAR)}]"
_FRACTION = re.compile(
    rf"(?<![\w/.,-])(?:(?P<whole>[0-9]{{1,4}}){SPACE})?(?P<top>[0-9]{{1,3}})[/⁄](?P<bottom>[0-9]{{1,4}})"
    r"(?![\w/]|[.,-][0-9])"
)
_VULGAR_FRACTION = re.compile(rf"(?:{FROM}(?P<whole>[0-9]{{1,6}}){SPACE}?)?(?P<sign>{VULGAR})")
_PAGES = words("seite teil folge page partie épisode página parte episodio episódio pagina nota note")
_OVER = re.compile(r"(?<![\w/.,-])(?P<a>[0-9]{1,4})/(?P<b>[0-9]{1,4})(?![\w/]|[.,-][0-9])")
_OPERAND = rf"(?:{FIGURE}|[a-z]{{1,2}}|\([^()]{{1,20}}\))[²³]?"
_EXPRESSION = re.compile(
    rf"(?<![\w.,])[-\u2212]?{_OPERAND}(?:{SPACE}?[-+*/:x·×÷\u2212^]{SPACE}?{_OPERAND}){{1,8}}"
    rf"(?={SPACE}?[=≈≠<>≤≥])"
)
_AMBIGUOUS = re.compile(rf"(?<=[0-9a-z²³)]){SPACE}?([-*/:x·\u2212^]){SPACE}?(?=[0-9a-z(])")
_AMBIGUOUS_MEANS = {
    "\u2212": "minus", "-": "minus", "*": "×", "x": "×", "·": "×", "/": "÷", ":": "÷", "^": "^",
}  # fmt: skip
_SIGN = re.compile(rf"(?<=[\w)²³]){SPACE}?([=≈≠≤≥×÷±]|(?<={SPACE})[<>](?={SPACE})){SPACE}?(?=[\w(√−-])")
_PLUS = re.compile(rf"(?<=[\w)²³]){SPACE}?\+{SPACE}?(?=[0-9(]|[a-z](?![^\W_²³]))")
_LONE = re.compile(rf"[√∞]{SPACE}?")
_POWER = re.compile(r"(?<=[\w)])(?:\^([0-9]{1,3})|([²³]))")
_TIMES = re.compile(rf"(?<=[0-9]){SPACE}?[x×]{SPACE}?(?=[0-9$€£]|R\$)")


def times(tongue: Tongue) -> tuple[Rule, ...]:
    """3 x 50 €; comes before money."""
    return (Rule("number", _TIMES, lambda match: f" {tongue.signs['×']} "),)


def sums(tongue: Tongue) -> tuple[Rule, ...]:
    def expression(match: re.Match[str]) -> str:
        return _AMBIGUOUS.sub(lambda sign: f" {tongue.signs[_AMBIGUOUS_MEANS[sign[1]]]} ", match[0])

    def sign(match: re.Match[str]) -> str:
        return f" {tongue.signs[match[0].strip()]} "

    def power(match: re.Match[str]) -> str:
        n = match[1] or {"²": "2", "³": "3"}[match[2]]
        return f" {tongue.signs['^']} {tongue.cardinal(n)}"

    return (
        Rule("number", _EXPRESSION, expression),
        Rule("number", _SIGN, sign),
        Rule("number", _PLUS, sign),
        Rule("number", _LONE, sign),
        Rule("number", _POWER, power),
    )


def fractions(tongue: Tongue) -> tuple[Rule, ...]:
    def say(match: re.Match[str], top: int, bottom: int) -> str | None:
        if match["whole"]:
            return tongue.mixed(match["whole"], top, bottom)
        return tongue.part(top, bottom, word_before(match), word_after(match))

    def plain(match: re.Match[str]) -> str | None:
        top, bottom = int(match["top"]), int(match["bottom"])
        if not match["whole"] and word_before(match) in _PAGES:
            return f"{tongue.cardinal(match['top'])} {tongue.out_of} {tongue.cardinal(match['bottom'])}"
        if not 0 < top < bottom or bottom > 1000 or match["bottom"][0] == "0":
            return None
        return say(match, top, bottom)

    def vulgar(match: re.Match[str]) -> str | None:
        return say(match, *_VULGAR[match["sign"]])

    def over(match: re.Match[str]) -> str:
        first, second = match["a"], match["b"]
        between = "" if len(second) == 4 or match[0] == "24/7" else tongue.over
        return " ".join(filter(None, (tongue.cardinal(first), between, tongue.cardinal(second))))

    return (
        Rule("number", _FRACTION, plain),
        Rule("number", _VULGAR_FRACTION, vulgar),
        Rule("number", _OVER, over),
    )
