"""What the rules of every language are made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from vox.wire.messages import KINDS

__all__ = ["KINDS", "Rule", "apply"]

_PLACE = 0xF0000
"""Stand-ins for what is left as it is written: characters of a plane that no text uses."""
_MOST = 0xFFF0
_HELD = re.compile("[\U000f0000-\U000ffffd]")


class Rule(NamedTuple):
    """One way of writing something, and how it is said."""

    kind: str
    """One of `KINDS`."""
    pattern: re.Pattern[str]
    say: Callable[[re.Match[str]], str | None]
    """The words for a match; None leaves it as it stands, for a later rule or for the engine."""


def apply(rules: tuple[Rule, ...], text: str, skip: frozenset[str]) -> str:
    """`text` with every rule applied in turn. What a rule of a kind in `skip` would have said stays as it is
    written, and is hidden from the others: else they would read the 5 of $5."""
    text = _HELD.sub("", text)
    held: list[str] = []
    for rule in rules:
        text = rule.pattern.sub(_hold(rule, held) if rule.kind in skip else _said(rule), text)
    while held and _HELD.search(text):  # what one rule hid may have what another hid in it
        text = _HELD.sub(lambda match: held[ord(match[0]) - _PLACE], text)
    return text


def _said(rule: Rule) -> Callable[[re.Match[str]], str]:
    def said(match: re.Match[str]) -> str:
        words = rule.say(match)
        return match[0] if words is None else words

    return said


def _hold(rule: Rule, held: list[str]) -> Callable[[re.Match[str]], str]:
    def hold(match: re.Match[str]) -> str:
        if len(held) > _MOST or rule.say(match) is None:
            return match[0]
        held.append(match[0])
        return chr(_PLACE + len(held) - 1)

    return hold
