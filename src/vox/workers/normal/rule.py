"""What the rules of every language are made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from vox.wire.messages import KINDS

__all__ = ["KINDS", "Rule", "apply"]



class Rule(NamedTuple):
    """One way of writing something, and how it is said."""

    kind: str
    """One of `KINDS`."""
    pattern: re.Pattern[str]
    say: Callable[[re.Match[str]], str | None]
    """The words for a match; None leaves it as it stands, for a later rule or for the engine."""


def apply(rules: tuple[Rule, ...], text: str, skip: frozenset[str]) -> str:
    """`text` with every rule applied in turn, but those of the kinds in `skip`."""
    for rule in rules:
        if rule.kind not in skip:
            text = rule.pattern.sub(lambda match, say=rule.say: _said(match, say), text)  # type: ignore[misc]
    return text


def _said(match: re.Match[str], say: Callable[[re.Match[str]], str | None]) -> str:
    words = say(match)
    return match[0] if words is None else words
