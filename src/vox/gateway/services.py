"""The workers that are not engines: codec, player and text. They run in vox's own environment."""

from __future__ import annotations

import sys

from vox.gateway.fleet.process import Recipe

CODEC = Recipe(name="codec", python=sys.executable, slots=1024)
"""Encodes, resamples, stretches. Has a place for every request that may be admitted: an utterance keeps its
place while it waits for turns on an engine, and who holds the engine must never wait for one who does not."""
PLAYER = Recipe(name="player", python=sys.executable)
"""Holds the output device; one stream at a time, first in, first out."""
TEXT = Recipe(name="text", python=sys.executable, slots=4)
"""Tells languages apart."""
