"""What a text's script says of its language, and which of an engine's languages serves a wanted one."""

from __future__ import annotations

import re

MOST = 2000  # characters of a text that are looked at

# A script's language, where it has one or one that is far more common than the others.
_SCRIPTS = {
    "latin": "A-Za-zªºÀ-ÖØ-öø-ɏ\u0300-\u036f\u1e00-\u1eff",
    "han": "々〇㐀-䶿一-鿿\uf900-\ufaff\U00020000-\U0003ffff",
    "kana": "ぁ-ゖァ-ヺーｦ-ﾝ",
    "ko": "ᄀ-ᇿㄱ-ㆎ가-힣",
    "cyrillic": "Ѐ-ԯ",
    "arabic": "\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc",
    "el": "Ͱ-Ͽἀ-\u1fff",
    "hy": "Ա-֏",
    "he": "\u0590-\u05ff",
    "hi": "\u0900-\u0963\u0966-\u097f",
    "bn": "\u0980-\u09ff",
    "pa": "\u0a00-\u0a7f",
    "gu": "\u0a80-\u0aff",
    "or": "\u0b00-\u0b7f",
    "ta": "\u0b80-\u0bff",
    "te": "\u0c00-\u0c7f",
    "kn": "\u0c80-\u0cff",
    "ml": "\u0d00-\u0d7f",
    "si": "\u0d80-\u0dff",
    "th": "\u0e00-\u0e7f",
    "lo": "\u0e80-\u0eff",
    "bo": "\u0f00-\u0fff",
    "my": "\u1000-\u109f",
    "ka": "\u10a0-\u10ff\u1c90-\u1cbf",
    "am": "\u1200-\u139f",
    "km": "\u1780-\u17ff",
}
_RUNS = re.compile("|".join(f"(?P<{name}>[{characters}]+)" for name, characters in _SCRIPTS.items()))

# Scripts that put no space between words: characters to a word, roughly. Elsewhere a run is a word.
_PER_WORD = {"han": 1.5, "kana": 2.5, "th": 4.0, "lo": 4.0, "my": 4.0, "km": 4.0, "bo": 4.0}

# Letters that only some languages of a script use; the first language with one of its own in the text has it.
_LETTERS = {
    "cyrillic": (
        ("be", "ўЎ"),
        ("sr", "ђћЂЋ"),
        ("mk", "ѓќЃЌ"),
        ("kk", "қғұҚҒҰ"),
        ("uk", "їєґіЇЄҐІ"),
        ("ru", ""),
    ),
    "arabic": (("ur", "ٹڈڑےں"), ("fa", "پچژگیک"), ("ar", "")),
}

# Other names of a primary language subtag.
_SAME = {"cmn": "zh", "zho": "zh", "chi": "zh", "nb": "no", "iw": "he", "in": "id", "ji": "yi", "fil": "tl"}


def by_script(text: str) -> str | None:
    """The language (BCP 47) that the script of most words decides; None for Latin, and where nothing does.

    A script that several languages share gives the one that its letters point to, or the most common one.
    """
    words: dict[str, float] = {}
    if text.isascii():
        return None
    for run in _RUNS.finditer(text[:MOST]):
        script = run.lastgroup or ""
        share = len(run[0]) / _PER_WORD[script] if script in _PER_WORD else 1
        words[script] = words.get(script, 0) + share
    han, kana = words.pop("han", 0), words.pop("kana", 0)
    if han or kana:
        # A Chinese text may borrow a kana for its looks (鲜の味); a Japanese sentence has several.
        words["ja" if kana * 20 > han else "zh"] = han + kana
    if not words:
        return None
    # The other script wins a tie: names and terms are borrowed from Latin far more often than the other way.
    script = max(words, key=lambda name: (words[name], name != "latin"))
    if script == "latin":
        return None
    return next((tag for tag, own in _LETTERS.get(script, ()) if not own or _has(text, own)), script)


def matches(wanted: str, spoken: list[str]) -> str | None:
    """Which of an engine's language tags serves a wanted one, as the engine spells it; None if none does.

    The same tag is best, then one of the same primary language: the one that shares more subtags, or the
    engine's first ("en" takes "en-us" where that stands before "en-gb"). Case, "_" for "-", and other names
    of a language ("cmn" for "zh") make no difference.
    """
    tag = _subtags(wanted)
    same = [candidate for candidate in spoken if _subtags(candidate)[0] == tag[0]]
    return max(same, key=lambda candidate: _likeness(tag, _subtags(candidate)), default=None)


def _has(text: str, letters: str) -> bool:
    return any(letter in text[:MOST] for letter in letters)


def _subtags(tag: str) -> list[str]:
    primary, *rest = tag.strip().lower().replace("_", "-").split("-")
    return [_SAME.get(primary, primary), *rest]


def _likeness(wanted: list[str], candidate: list[str]) -> tuple[bool, int]:
    return wanted == candidate, len(set(wanted) & set(candidate))
