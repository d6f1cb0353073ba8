"""Text to the phonemes that Kokoro was trained on, which are those of the G2P package misaki.

English is read by misaki itself where it is installed with the model that it needs; else, like most
languages, by espeak-ng, whose phonemes are mapped to misaki's symbols: one letter for a diphthong or an
affricate (A I O Q W Y ʤ ʧ), ᵊ for a weak vowel. Mandarin and Japanese have readers of their own.

A reader that fails is no reason to be silent: the next one is tried, and the log says so.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache, partial
from types import ModuleType
from typing import Any

from vox.workers import espeak, japanese, mandarin
from vox.workers.engine import EngineError
from vox.workers.plain import clean

_log = logging.getLogger(__name__)

Reader = Callable[[str], str]

MARKS = ';:,.!?—…"“”()'
"""The punctuation that Kokoro knows."""
_SPELLINGS = str.maketrans({
    "、": ", ", "，": ", ", "。": ". ", "．": ". ", "！": "! ", "？": "? ", "：": ": ", "；": "; ", "।": ". ",
    "（": " (", "）": ") ", "[": "(", "]": ")", "「": " “", "」": "” ", "『": " “", "』": "” ",
    "《": " “", "》": "” ", "«": "“", "»": "”", "„": "“", "‟": "“", "’": "'", "‘": "'",
    "¿": " ", "¡": " ", "–": "—", "―": "—", "~": " ",
})  # fmt: skip
_LOOSE = re.compile(r"\s+(?=[;:,.!?”)])")
_DASH = re.compile(r"--+|(?<=\s)-(?=\s)")
_MARK = re.compile(rf"\s*(?:[—…]|(?<!\w)[{MARKS}]|[{MARKS}](?!\w))\s*")
"""A mark with the white space around it; not the points of 3.50 and U.S.A. in the middle."""
_ABBREVIATED = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|vs)|\b[A-Za-z](?:\.[A-Za-z])+)\.\s+\Z")
_GROUPED = re.compile(r"(?<=\d),(?=\d{3})")
_SWITCH = re.compile(r"\([^)]*\)")
"""espeak-ng's note that the language changes."""

_ENGLISH = (
    ("ʔˌn\u0329", "ʔn"), ("ʔn\u0329", "ʔn"),
    ("a^ɪ", "I"), ("a^ʊ", "W"), ("d^ʒ", "ʤ"), ("e^ɪ", "A"), ("t^ʃ", "ʧ"), ("ɔ^ɪ", "Y"), ("ə^l", "ᵊl"),
    ("e^ə", "ɛː"), ("e", "A"), ("ʲo", "jo"), ("ʲə", "jə"), ("ʲ", ""), ("ɚɹ", "əɹ"), ("ɚ", "əɹ"),
    ("r", "ɹ"), ("x", "k"), ("ç", "k"), ("ɐ", "ə"), ("ɬ", "l"), ("\u0303", ""),
)  # fmt: skip
_BRITISH = (("i^ə", "ɪə"), ("iə", "ɪə"), ("ə^ʊ", "Q"))
_AMERICAN = (("o^ʊ", "O"), ("ɜː^ɹ", "ɜɹ"), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɪə", "iə"), ("ː", ""))
_OTHERS = (
    ("a^ɪ", "I"), ("a^ʊ", "W"), ("d^z", "ʣ"), ("d^ʒ", "ʤ"), ("e^ɪ", "A"), ("o^ʊ", "O"), ("ə^ʊ", "Q"),
    ("s^s", "S"), ("t^s", "ʦ"), ("t^ʃ", "ʧ"), ("ɔ^ɪ", "Y"), ("-", ""),
)  # fmt: skip
_SYLLABIC = re.compile("(\\S)\u0329")
_IDENTIFIERS = {
    "en-us": "gmw/en-US", "en-gb": "gmw/en", "es": "roa/es", "fr": "roa/fr", "hi": "inc/hi", "it": "roa/it",
    "ja": "jpx/ja", "pt-br": "roa/pt-BR", "zh": "sit/cmn",
}  # fmt: skip
"""espeak-ng's voice for each language of Kokoro."""


@lru_cache(maxsize=1024)
def phonemes(text: str, language: str) -> str:
    """`text` in Kokoro's symbols, its punctuation in place; "" where there is nothing to say. `language` is
    one of en-us, en-gb, es, fr, hi, it, ja, pt-br, zh; raises `EngineError` for another."""
    if language not in _IDENTIFIERS:
        known = ", ".join(sorted(_IDENTIFIERS))
        message = f"kokoro does not speak {language!r}; it speaks {known}"
        raise EngineError(message, code="unsupported_language", param="lang")
    plain = _LOOSE.sub("", _DASH.sub("—", clean(text).translate(_SPELLINGS)))
    for name, reader in _readers(language):
        try:
            return " ".join(reader(plain).split())
        except Exception as error:  # noqa: BLE001, PERF203 - other people's code, failing as it likes
            _log.warning("%s can't read this %s text: %s", name, language, type(error).__name__)
    return ""


def _readers(language: str) -> Iterator[tuple[str, Reader]]:
    """By name, the best first."""
    if language in ("en-us", "en-gb"):
        misaki = _misaki(language)
        if misaki is not None:
            yield "misaki", misaki
    elif language in ("ja", "zh"):
        module = japanese if language == "ja" else mandarin
        yield module.__name__, partial(with_marks, partial(_by_module, module=module))
    yield "espeak-ng", partial(with_marks, partial(_by_espeak, language=language))


def with_marks(read: Reader, text: str) -> str:
    """The phonemes that `read` finds for the words of `text`, and the punctuation between them."""
    parts, at = [], 0
    for found in _MARK.finditer(text):
        if "." in found[0] and _ABBREVIATED.search(text, max(0, found.start() - 8), found.end()):
            continue
        words = text[at : found.start()]
        parts += [_sound(read, words), found[0]]
        at = found.end()
    return "".join([*parts, _sound(read, text[at:])])


def _sound(read: Reader, words: str) -> str:
    return read(words) if any(map(str.isalnum, words)) else ""


def _by_module(words: str, module: ModuleType) -> str:
    english = partial(_by_espeak, language="en-us")
    return str(module.phonemes(_GROUPED.sub("", words), english))


def _by_espeak(words: str, language: str) -> str:
    heard = _SWITCH.sub("", espeak.phonemes(words, _IDENTIFIERS[language]))
    if language in ("en-us", "en-gb"):
        return english(heard, british=language == "en-gb")
    return _replace(heard, _OTHERS).replace(espeak.TIE, "")


def english(heard: str, british: bool) -> str:
    """espeak-ng's English phonemes, with its ties, in misaki's symbols."""
    sounds = _SYLLABIC.sub("ᵊ\\1", _replace(heard, _ENGLISH))
    sounds = _replace(sounds, _BRITISH if british else _AMERICAN).replace(espeak.TIE, "")
    return _replace(sounds, (("o", "ɔ"), ("ɾ", "T"), ("ʔ", "t")))


def _replace(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for old, new in pairs:
        text = text.replace(old, new)
    return text


@cache
def _misaki(language: str) -> Reader | None:
    """misaki's English, which looks words up in a dictionary; None where it or its spaCy model is missing."""
    try:
        import spacy
        from misaki import en
    except ImportError:
        return None
    if not spacy.util.is_package("en_core_web_sm"):  # misaki would download it
        _log.warning("misaki is installed without its model en_core_web_sm; espeak-ng reads English instead")
        return None

    def unlisted(token: Any) -> tuple[str, int]:
        return _by_espeak(token.text, language), 2  # 2 is misaki's own rating of such a guess

    g2p = en.G2P(british=language == "en-gb", fallback=unlisted, unk="")
    return lambda text: str(g2p(text)[0])
