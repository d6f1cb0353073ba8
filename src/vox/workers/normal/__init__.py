"""Text that is said as it is meant: what is written in figures, signs and short forms, in words.

A language is a module with `RULES`, a tuple of `Rule` in the order in which they are tried, and its tag in
`_LANGUAGES`; the module is imported when the first text in it comes.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from vox.workers.normal.markup import plain
from vox.workers.normal.rule import Rule, apply

_LANGUAGES = {
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "it": "italian",
    "ja": "japanese",
    "ko": "korean",
    "pt": "portuguese",
    "zh": "chinese",
}
"""Module by primary subtag of BCP 47."""


def normalize(text: str, language: str, skip: frozenset[str] = frozenset()) -> str:
    """`text`, a sentence or a few, in `language` (BCP 47, lower case), as it would be read out.

    Kinds (`rule.KINDS`) in `skip` are left as they are written. A language without rules of its own gets
    those that hold for all."""
    return apply(_rules(language), plain(text, skip), skip)


@lru_cache(maxsize=64)
def _rules(language: str) -> tuple[Rule, ...]:
    module = _LANGUAGES.get(language.partition("-")[0])
    if module is None:
        return ()
    loaded = import_module(f"vox.workers.normal.{module}")
    rules: tuple[Rule, ...] = loaded.RULES_OF.get(language, loaded.RULES)
    return rules
