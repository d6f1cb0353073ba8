"""A preset as an engine takes it: only the knobs that it has, and sizes in its own units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from vox.gateway.fleet.catalog import EngineSpec


class _Chunks(NamedTuple):
    """How an engine counts what a preset counts in tokens of 40 ms."""

    tokens: int = 1
    """In one of its own units."""
    block: int = 1
    """The size is a multiple of it, and at least that."""
    most: int = 1_000
    first: int = 0
    """Of the first chunk unasked, where the others don't grow from it."""


_CHUNKS = {
    "chatterbox": _Chunks(first=20),
    "cosyvoice": _Chunks(block=25, most=500),
    "qwen": _Chunks(tokens=2, most=100),
    "qwen-native": _Chunks(tokens=2, most=100),
}
_HAS_NOT = {"chatterbox/turbo": ("exaggeration", "cfg_weight")}
"""Knobs of the engine that one of its models has no use for."""


def fit(
    preset: Mapping[str, float], engine: EngineSpec, model: str
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The options of a segment that `preset` means, and the knobs that `engine/model` has not."""
    lacking = _HAS_NOT.get(f"{engine.name}/{model}", ())
    has = {knob for knob in preset if (knob in engine.knobs or "*" in engine.knobs) and knob not in lacking}
    chunks = _CHUNKS.get(engine.name, _Chunks())
    options: dict[str, Any] = {knob: preset[knob] for knob in preset if knob in has}
    for knob in {"chunk_size", "first_chunk_size"} & has:
        options[knob] = _counted(preset[knob], chunks)
    if "first_chunk_size" not in preset and chunks.first > options.get("chunk_size", chunks.first):
        options["first_chunk_size"] = options["chunk_size"]  # the first one is no longer than the others
    return options, tuple(knob for knob in preset if knob not in has)


def _counted(size: float, chunks: _Chunks) -> int:
    blocks = int(size / chunks.tokens / chunks.block + 0.5)
    return min(max(blocks, 1) * chunks.block, chunks.most)
