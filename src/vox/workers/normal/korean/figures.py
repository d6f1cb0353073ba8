"""Numbers in hangul, and the patterns in which they are found."""

from __future__ import annotations

import re

from vox.workers.normal.spell import cardinal, digits

LEFT = r"(?<!\d)(?<!\d[.,])"
"""Stands before a number that begins here, so that long rows of digits are looked at once."""
NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?!\d)"
SIGN = r"(?:(?<![A-Za-z0-9])[-−+±])?"
# The lookaheads keep "3조각", "5경기" and "3만큼" what they are.
_SCALE = r"(?:[십백천억]|만(?!큼)|조(?![각건항])|경(?![기우찰]))"
AMOUNT = rf"{SIGN}{NUMBER}(?:{_SCALE}{{1,2}}\s?{NUMBER}){{0,4}}{_SCALE}{{0,2}}"
""" "1.5억", "8만 5,000", "1억2천만"."""
TO = r"\s?[-–〜～~∼]\s?"
SPAN = rf"{LEFT}(?:(?P<low>{AMOUNT}){TO})?(?P<high>{AMOUNT})"
"""One amount, or from one to another."""

_PART = re.compile(rf"({NUMBER})({_SCALE}{{0,2}})")
_SIGNS = {"-": "마이너스 ", "−": "마이너스 ", "+": "플러스 ", "±": "플러스마이너스 "}


def amount(text: str, below: str = "마이너스 ") -> str:
    """What `AMOUNT` matches, in hangul; `below` is said for a minus."""
    said = _SIGNS.get(text[0], "")
    if said == _SIGNS["-"]:
        said = below
    start = len(said)
    for figures, scale in _PART.findall(text):
        words = number(figures)
        if words == "일" and scale and (scale[0] in "십백천" or (scale[0] == "만" and len(said) == start)):
            words = ""
        said += words + scale + (" " if scale[-1:] in ("만", "억", "조", "경") else "")
    return said.rstrip()


def span(match: re.Match[str], below: str = "마이너스 ") -> str:
    """What `SPAN` matches, in hangul."""
    low = match["low"]
    return (f"{amount(low, below)}에서 " if low else "") + amount(match["high"], below)


def number(text: str) -> str:
    """ "1,234.50" in hangul."""
    whole, point, rest = text.replace(",", "").partition(".")
    return sino(whole) + (f" 점 {one_by_one(rest).replace('공', '영')}" if point else "")


def sino(text: str) -> str:
    """A row of digits as a Chinese number, but one with zeros in front or longer than any number digit by
    digit."""
    if len(text) > 1 and text[0] == "0":
        return one_by_one(text)
    return cardinal(text, "ko", "spellout-cardinal-sinokorean")


def native(n: int) -> str:
    """The native number before a counter: 한, 두, 세."""
    return cardinal(n, "ko", "spellout-cardinal-native-attributive")


def one_by_one(text: str) -> str:
    """The digits of `text`, with spaces for what stands between them."""
    groups = re.findall(r"\d+", text.replace("(0)", "0"))
    return " ".join(digits(group, "ko").replace(" ", "").replace("영", "공") for group in groups)
