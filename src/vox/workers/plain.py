"""Text made safe for a synthesiser: no control characters, no half characters, no pictures."""

from __future__ import annotations

import unicodedata

_KEPT = frozenset("\n\u200c\u200d")
"""Line ends, and the two joiners that decide how Persian and Indic letters are read."""
_DROPPED = frozenset(("Cc", "Cf", "Cn", "Co", "Cs"))
"""Unicode categories: controls, formatting marks, not assigned, private, halves of surrogate pairs."""
_PICTURES = 0x2190
"""From here on what Unicode calls "symbol, other" is emoji, ornament or Braille; below are ° © № and such."""
_MODIFIERS = frozenset(("\u20e3", "\ufe0e", "\ufe0f", *map(chr, range(0x1F3FB, 0x1F400))))
"""What changes the look of a picture."""


def clean(text: str) -> str:
    """`text` as an engine may have it: composed (NFC), every line end a "\\n", no other control character, no
    emoji, nothing that can't be encoded as UTF-8; white space at both ends removed."""
    lines = "\n".join(text.splitlines()).replace("\t", " ")
    return unicodedata.normalize("NFC", "".join(filter(_spoken, lines))).strip()


def _spoken(char: str) -> bool:
    if char.isalnum() or char in _KEPT:
        return True
    category = unicodedata.category(char)
    picture = category == "So" and ord(char) >= _PICTURES
    return category not in _DROPPED and not picture and char not in _MODIFIERS
