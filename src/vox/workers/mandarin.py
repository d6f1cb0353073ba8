"""Mandarin text as the symbols that Kokoro was trained on: pinyin by `pypinyin`, numbers by `cn2an`.

A syllable is its initial, then its final with an arrow for the tone behind the vowel.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

_HAN = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_DIGITS = re.compile(r"\d")
_TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
_INITIALS = {
    "b": "p", "p": "pʰ", "d": "t", "t": "tʰ", "g": "k", "k": "kʰ", "h": "x",
    "j": "ʨ", "q": "ʨʰ", "x": "ɕ", "zh": "ꭧ", "ch": "ꭧʰ", "sh": "ʂ", "r": "ɻ", "z": "ʦ", "c": "ʦʰ",
}  # fmt: skip
"""The others are written alike."""
_FINALS = {
    "a": "a0", "ai": "ai0", "an": "a0n", "ang": "a0ŋ", "ao": "au0",
    "e": "ɤ0", "ei": "ei0", "en": "ə0n", "eng": "ə0ŋ", "er": "ɚ0", "ê": "ɛ0",
    "i": "i0", "ia": "ja0", "ian": "jɛ0n", "iang": "ja0ŋ", "iao": "jau0", "ie": "je0",
    "in": "i0n", "ing": "i0ŋ", "io": "jɔ0", "iong": "jʊ0ŋ", "iou": "jou0",
    "o": "wo0", "ong": "ʊ0ŋ", "ou": "ou0",
    "u": "u0", "ua": "wa0", "uai": "wai0", "uan": "wa0n", "uang": "wa0ŋ",
    "uei": "wei0", "uen": "wə0n", "ueng": "wə0ŋ", "uo": "wo0",
    "v": "y0", "van": "ɥɛ0n", "ve": "ɥe0", "vn": "y0n",
}  # fmt: skip
"""A zero stands where the tone goes."""
_CALLS = {"o": "ɔ0", "m": "m0", "n": "n0", "ng": "ŋ0", "hm": "hm0", "hng": "hŋ0"}
"""Whole syllables that are cries, with no initial and final to them."""
_BUZZED = frozenset(("zh", "ch", "sh", "r", "z", "c", "s"))
"""After these a final "i" is no [i] but the consonant held on."""


def phonemes(text: str, other: Callable[[str], str]) -> str:
    """The symbols of `text`, words parted by spaces; what is not Chinese goes through `other`."""
    if _DIGITS.search(text):
        from cn2an import transform

        text = transform(text, "an2cn")
    parts, at = [], 0
    for run in _HAN.finditer(text):
        parts += [other(text[at : run.start()]), _words(run[0])]
        at = run.end()
    return " ".join(filter(None, [*parts, other(text[at:])]))


def _words(run: str) -> str:
    from pypinyin.seg.mmseg import seg

    return " ".join("".join(map(syllable, _pinyin(word))) for word in seg.cut(run))


def _pinyin(word: str) -> list[str]:
    """One syllable a character, "zhong1"; a character that has none is left out."""
    from pypinyin import Style, lazy_pinyin

    found: list[str] = lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True, errors="ignore")
    return found


@lru_cache(maxsize=2048)
def syllable(pinyin: str) -> str:
    """The symbols of one syllable of pinyin with its tone's number: "zhong1" is "ꭧʊ→ŋ"."""
    from pypinyin.contrib.tone_convert import to_finals, to_initials

    plain, tone = pinyin[:-1], _TONES[pinyin[-1]]
    if plain in _CALLS:
        return _CALLS[plain].replace("0", tone)
    initial, final = to_initials(plain, strict=True), to_finals(plain, strict=True, v_to_u=False)
    nucleus: str = "ɨ0" if final == "i" and initial in _BUZZED else _FINALS[final]
    return f"{_INITIALS.get(initial, initial)}{nucleus.replace('0', tone)}"
