"""Japanese text as the symbols that Kokoro was trained on: readings by `pykakasi`, those of numbers by rule.

The symbols follow from the kana by rule: a consonant, changed before "i" and before "u", and a vowel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_WRITTEN = re.compile("[\u3005-\u3007\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]+")
_NUMERALS = str.maketrans({"零": "", "亿": "億"})
_FIGURES = str.maketrans("0123456789", "〇一二三四五六七八九")
_ONE = re.compile("一(?=[十百千])")

_ROWS = {
    "": "あいうえお", "k": "かきくけこ", "ɡ": "がぎぐげご", "s": "さしすせそ", "z": "ざじずぜぞ",
    "t": "たちつてと", "d": "だぢづでど", "n": "なにぬねの", "h": "はひふへほ", "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ", "m": "まみむめも", "ɾ": "らりるれろ", "β": "わゐ_ゑ_", "v": "__ゔ__",
}  # fmt: skip
_BEFORE_I = {"": "", "s": "ɕ", "z": "ʥ", "t": "ʨ", "d": "ʥ", "n": "ɲ", "h": "ç", "β": ""}
"""The other consonants are palatalised, which is written ʲ."""
_ODD = {
    "す": "sɨ", "ず": "zɨ", "づ": "zɨ", "つ": "ʦɨ", "ふ": "ɸɯ", "ざ": "ʣa", "ぜ": "ʣe", "ぞ": "ʣo",
    "ゑ": "e", "を": "o", "や": "ja", "ゆ": "jɯ", "よ": "jo", "っ": "ʔ", "ん": "ɴ", "ー": "ː",
    "いぇ": "je", "うぃ": "βi", "うぇ": "βe", "うぉ": "βo", "しぇ": "ɕe", "じぇ": "ʥe", "ちぇ": "ʨe",
    "つぁ": "ʦa", "つぃ": "ʦʲi", "つぇ": "ʦe", "つぉ": "ʦo", "てぃ": "tʲi", "てゅ": "tʲɨ", "とぅ": "tɯ",
    "でぃ": "dʲi", "でゅ": "dʲɨ", "どぅ": "dɯ", "ふぁ": "ɸa", "ふぃ": "ɸʲi", "ふぇ": "ɸe", "ふぉ": "ɸo",
    "ゔぁ": "va", "ゔぃ": "vʲi", "ゔぇ": "ve", "ゔぉ": "vo",
}  # fmt: skip
_SMALL = {"ゃ": "a", "ゅ": "ɨ", "ょ": "o", "ぇ": "e"}
_ROUNDED = {"ぁ": "ᵝa", "ぃ": "ᵝi", "ぇ": "ᵝe", "ぉ": "ᵝo"}
_ALONE = str.maketrans("ぁぃぅぇぉゃゅょゎ", "あいうえおやゆよわ")
_SPELLED = {
    "は": "わ",
    "へ": "え",
    "今日は": "きょうわ",
    "こんにちは": "こんにちわ",
    "こんばんは": "こんばんわ",
}
"""Words that are not read as they are written."""
_NASALS = (("mpb", "m"), ("kɡ", "ŋ"), ("ɲʨʥ", "ɲ"), ("ntdɾz", "n"))
"""What ん becomes before which consonant."""
_LONG = re.compile(
    "(?<=[おこごそぞとどのほぼぽもよろょうくぐすずつづぬふぶぷむゆるゅ])う|(?<=[えけげせぜてでねへべぺめれ])い"
)


def phonemes(text: str, other: Callable[[str], str]) -> str:
    """The symbols of `text`, words parted by spaces; what is not Japanese goes through `other`."""
    if _NUMBER.search(text):
        text = _NUMBER.sub(lambda found: _numeral(found[0]), text)
    parts, at = [], 0
    for run in _WRITTEN.finditer(text):
        parts += [other(text[at : run.start()]), *map(kana, _readings(run[0]))]
        at = run.end()
    return " ".join(filter(None, [*parts, other(text[at:])]))


def _numeral(digits: str) -> str:
    """ "2024" or "3.14" in Japanese numerals."""
    from cn2an import an2cn

    whole, point, rest = digits.partition(".")
    said = _ONE.sub("", an2cn(whole, "low").translate(_NUMERALS)) or "零"
    return said + ("点" + rest.translate(_FIGURES) if point else "")


def _readings(run: str) -> Iterator[str]:
    """The words of `run` in hiragana, as they are pronounced."""
    # Its patterns take a while to compile, for nothing where no Japanese is spoken.
    from vox.workers import japanese_numbers

    for before, number in japanese_numbers.split(run):
        words = _kakasi().convert(before) if before else ()
        for said in [*(_SPELLED.get(word["orig"], word["hira"]) for word in words), *number.split()]:
            yield _LONG.sub("ー", said)


@cache
def _kakasi() -> Any:
    import pykakasi

    return pykakasi.kakasi()


@cache
def _table() -> dict[str, str]:
    """The symbols of one kana, or of two that are one sound."""
    table: dict[str, str] = {}
    for consonant, row in _ROWS.items():
        front = _BEFORE_I.get(consonant, consonant + "ʲ")
        onsets = (consonant, front, consonant, consonant, consonant)
        table.update(
            (letter, onset + vowel) for letter, onset, vowel in zip(row, onsets, "aiɯeo", strict=True)
        )
        table.update((row[1] + small, front + vowel) for small, vowel in _SMALL.items())
    for consonant, letter in (("k", "く"), ("ɡ", "ぐ")):
        table.update((letter + small, consonant + vowel) for small, vowel in _ROUNDED.items())
    return table | _ODD


def kana(word: str) -> str:
    """The symbols of a word in hiragana; what is none is left out."""
    table = _table()
    sounds, at = [""], 0
    while at < len(word):
        size = 2 if word[at : at + 2] in table else 1
        sound = table.get(word[at : at + size].translate(_ALONE if size == 1 else {}), "")
        if sounds[-1] == "ɴ" and sound:
            sounds[-1] = next((nasal for before, nasal in _NASALS if sound[0] in before), "ɴ")
        sounds.append(sound)
        at += size
    return "".join(sounds)
