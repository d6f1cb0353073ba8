"""The workers that are not engines: codec, decoder, player and text. They run in vox's own environment."""

from __future__ import annotations

import sys

from msgspec.structs import replace

from vox.config import Config
from vox.gateway.fleet.process import Recipe

KEEP_ALIVE = 300.0
"""Seconds, where the configuration leaves it to each worker."""


def codec(config: Config) -> Recipe:
    """Encodes, resamples, stretches. Has a place for every request that may be admitted: an utterance keeps
    its place while it waits for turns on an engine, and who holds the engine must never wait for one who
    does not."""
    return _recipe("codec", config, slots=1024)


def decoder(config: Config) -> Recipe:
    """Reads recordings that somebody sent."""
    return _recipe("decoder", config, slots=2)


def player(config: Config) -> Recipe:
    """Holds the output device; one stream at a time."""
    made = _recipe("player", config, slots=1)
    return replace(made, options=(("backend", config.sound_system),))


def text(config: Config) -> Recipe:
    """Tells languages apart."""
    return _recipe("text", config, slots=4)


def _recipe(name: str, config: Config, slots: int) -> Recipe:
    keep_alive = config.keep_alive_or(KEEP_ALIVE)
    return Recipe(name=name, python=sys.executable, keep_alive=keep_alive, slots=slots)
