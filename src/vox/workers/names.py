"""The sentence for a voice that an engine does not have."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from vox.workers.engine import EngineError


def unknown_voice(word: str, known: Iterable[str]) -> EngineError:
    """The error to raise: names the voices that look like `word`."""
    near = get_close_matches(word.lower(), list(known), n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "`vox voices` lists those there are."
    return EngineError(f"unknown voice {word!r}; {hint}", code="unknown_voice", param="voice")
