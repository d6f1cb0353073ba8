"""Numbers in kanji, and the patterns in which they are found."""

from __future__ import annotations

import re

from vox.workers.normal.spell import cardinal, digits

LEFT = r"(?<!\d)(?<!\d[.,])"
"""Stands before a number that begins here, so that long rows of digits are looked at once."""
NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?!\d)"
SIGN = r"(?:(?<![A-Za-z0-9])[-−+±])?"
AMOUNT = rf"{SIGN}{NUMBER}(?:[十百千万億兆京]{{1,2}}{NUMBER}){{0,4}}[十百千万億兆京]{{0,2}}"
""" "1.5億", "8万5,000"."""
SPAN = rf"{LEFT}(?:(?P<low>{AMOUNT})\s?[-–〜～~]\s?)?(?P<high>{AMOUNT})"
"""One amount, or from one to another."""
KANJI = "零一二三四五六七八九十百千"

_NUMBER = re.compile(NUMBER)
_SIGNS = {"-": "マイナス", "−": "マイナス", "+": "プラス", "±": "プラスマイナス"}


def amount(text: str) -> str:
    """What `AMOUNT` matches, in kanji."""
    sign = _SIGNS.get(text[0], "")
    return sign + _NUMBER.sub(lambda match: number(match[0]), text.lstrip("-−+±"))


def span(match: re.Match[str]) -> str:
    """What `SPAN` matches, in kanji."""
    low = match["low"]
    return (f"{amount(low)}から" if low else "") + amount(match["high"])


def number(text: str) -> str:
    """ "1,234.50" in kanji."""
    whole, point, rest = text.replace(",", "").partition(".")
    return whole_number(whole) + (f"点{digits(rest, 'ja').replace('〇', '零')}" if point else "")


def whole_number(text: str) -> str:
    """A row of digits as a number, but one with zeros in front or longer than any number digit by digit."""
    if len(text) > 1 and text[0] == "0":
        return one_by_one(text)
    said = cardinal(text, "ja")
    return "零" if said == "〇" else said.replace("〇", "ゼロ")


def one_by_one(text: str) -> str:
    """The digits of `text`, with の for what stands between them."""
    groups = re.findall(r"\d+", text.replace("(0)", "0"))
    return "の".join(digits(group, "ja").replace("〇", "ゼロ") for group in groups)
