"""A preset as an engine takes it: only the knobs that it has, and sizes in its own units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vox.gateway.fleet.catalog import ChunkSpec, EngineSpec


def fit(
    preset: Mapping[str, float], engine: EngineSpec, model: str
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The options of a segment that `preset` means, and the knobs that `engine/model` has not."""
    lacks, chunks = engine.models[model].lacks, engine.chunks
    has = {knob for knob in preset if (knob in engine.knobs or "*" in engine.knobs) and knob not in lacks}
    options: dict[str, Any] = {knob: preset[knob] for knob in preset if knob in has}
    for knob in {"chunk_size", "first_chunk_size"} & has:
        options[knob] = _counted(preset[knob], chunks)
    if "first_chunk_size" not in preset and chunks.first > options.get("chunk_size", chunks.first):
        options["first_chunk_size"] = options["chunk_size"]  # the first one is no longer than the others
    return options, tuple(knob for knob in preset if knob not in has)


def _counted(size: float, chunks: ChunkSpec) -> int:
    blocks = int(size / chunks.tokens / chunks.block + 0.5)
    return min(max(blocks, 1) * chunks.block, chunks.most)
