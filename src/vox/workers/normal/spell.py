"""Numbers in words, by the spell-out rules of Unicode CLDR."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unicode_rbnf import RbnfEngine

LARGEST = 10**15
"""From here on CLDR's rules end, or the floats by which they are found: digit by digit, then."""


def cardinal(n: int | str, language: str, ruleset: str = "") -> str:
    """`n`, a whole number that is not negative (the sign is the caller's to say), in words.

    `language` is BCP 47, lower case, a region where CLDR has one of its own ("pt-pt", "fr-be", "en-in").
    `ruleset` is one of CLDR, such as "spellout-cardinal-feminine" or "spellout-numbering-year"; without it,
    the form used in counting. Raises ValueError for a language or a ruleset that CLDR doesn't have."""
    return _spelled(n, language, (ruleset or "spellout-numbering",))


def ordinal(n: int | str, language: str, ruleset: str = "") -> str:
    """`n` as a rank, "twenty-first"; as `cardinal` otherwise. Without `ruleset` the masculine, where the
    language has genders."""
    return _spelled(
        n, language, (ruleset,) if ruleset else ("spellout-ordinal", "spellout-ordinal-masculine")
    )


def digits(text: str, language: str) -> str:
    """The decimal digits of `text` one by one; all else in it is left out. Without spaces in Chinese and
    Japanese."""
    names = _digits(language)
    return ("" if language.startswith(("zh", "ja")) else " ").join(
        names[int(c)] for c in text if c.isdecimal()
    )


def _spelled(n: int | str, language: str, rulesets: tuple[str, ...]) -> str:
    if isinstance(n, str) and len(n) > 20:
        return digits(n, language)
    number = int(n)
    if number >= LARGEST:
        return digits(str(number), language)
    engine = _engine(language)
    for name in rulesets:
        if name in engine.rulesets:
            return engine.format_number(number, ruleset_names=[name]).text
    raise ValueError(
        f"CLDR has no {' or '.join(rulesets)} for {language!r}; it has {', '.join(engine.rulesets)}."
    )


@lru_cache(maxsize=64)
def _digits(language: str) -> tuple[str, ...]:
    return tuple(cardinal(digit, language) for digit in range(10))


@lru_cache(maxsize=32)
def _engine(language: str) -> RbnfEngine:
    from unicode_rbnf import RbnfEngine

    primary, _, region = language.partition("-")
    region = region.title() if len(region) == 4 else region.upper()
    for name in (f"{primary}_{region}", primary):
        try:
            engine = RbnfEngine.for_language(name)
        except ValueError:
            continue
        if engine.rulesets:  # a region may have none, only a parent
            return engine
    raise ValueError(f"CLDR has no words for the numbers of {language!r}.")
