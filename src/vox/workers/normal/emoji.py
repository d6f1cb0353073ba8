"""Emoji, pictographs and emoticons, which are left out."""

from __future__ import annotations

import re

# Blocks that hold pictures only; of the blocks of signs, all but those with a meaning that is read (♯, ✕, ❶).
_PICTURE = (
    "[\u231a\u231b\u23e9-\u23fa\u25a0-\u25ff\u2600-\u266c\u2670-\u2714\u2717-\u2775\u2794-\u27bf\u2b00-\u2bff"
    "\U0001f000-\U0001f0ff\U0001f170-\U0001faff]"
)
# Signs that are pictures only where U+FE0F says so.
_CHOSEN = "[\u2190-\u21ff\u2328\u23cf\u2715\u2716\u3030\u303d\u3297\u3299\u2139\u24c2]\ufe0f"
_JOINED = f"(?:{_PICTURE}|{_CHOSEN})(?:\ufe0f|\u20e3|[\U000e0020-\U000e007f]|\u200d(?={_PICTURE}|{_CHOSEN}))*"
_EMOTICON = (
    r"(?<![A-Za-z0-9:/<=])(?:"
    r"(?:[:;=8xX]-[)(\]\[DPpOo|/\\*3sS]|[:;=][)(]+|[:;=][DPpOo|*/\\]|:'-?[)(]|>:[)(]|</3"
    r"|\^_+\^|\^\^|[TQ;]_[TQ;]|-_+-|>_+<|[oO]_[oO]|0_0|xD+|(?:\A|(?<=[.!?…] ))XD+"
    r"|:(?:[a-z][a-z0-9_]{1,30}|[+-]1):)(?![A-Za-z0-9/:])"
    r"|<3+(?=[ \t]{0,3}(?:\Z|[.!?,\n]|(?:you|u|ya|it|this|that|my|your|him|her|them|the|all)\b))"
    r"|¯\\_\(ツ\)_/¯|\([╯ノ]°□°\)[╯ノ]︵ ?┻━┻)"
)
_PICTURES = re.compile(f"(?:{_JOINED}|{_EMOTICON})(?:[ \t]{{0,3}}(?:{_JOINED}|{_EMOTICON}))*")
_SELECTOR = re.compile("[\ufe0f\u20e3]")
_OPENS = frozenset("([{“‘（「\n")
_CLOSES = frozenset(".,;:!?)]}…”’。，、；：！？）」\n")
_WIDE = "\u2e80"
"""From here on scripts are written without spaces."""


def without_emoji(text: str) -> str:
    """`text` without pictures, and without the spaces that only parted them from the words."""
    said: list[str] = []
    at = 0
    for match in _PICTURES.finditer(text):
        said.append(text[at : match.start()])
        at = match.end()
    said.append(text[at:])
    for n in range(1, len(said)):
        left, right = said[n - 1].rstrip(" \t"), said[n].lstrip(" \t")
        spaced = len(left) + len(right) < len(said[n - 1]) + len(said[n])
        said[n - 1], said[n] = left, _gap(left[-1:], right[:1], spaced) + right
    return _SELECTOR.sub("", "".join(said))


def _gap(before: str, after: str, spaced: bool) -> str:
    """What parts the characters before and after a picture."""
    if not before or not after or before in _OPENS or after in _CLOSES:
        return ""
    return " " if spaced or (before.isalnum() and after.isalnum() and before < _WIDE) else ""
