"""The workers that are not engines: codec, decoder, player and text. They run in vox's own environment."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from vox.config import Config
from vox.errors import WorkerDied
from vox.gateway.fleet.process import Recipe

if TYPE_CHECKING:
    from vox.gateway.fleet.pool import Pool

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


async def ask(
    pool: Pool, recipe: Recipe, op: str, request: dict[str, Any], given: bytes = b"", *, limit: float
) -> tuple[dict[str, Any], bytes]:
    """One job that is given all its input at once: what it notes, and all that it yields. Raises `VoxError`,
    `EngineFailed` after `limit` seconds of silence. A worker that dies is replaced once: it may have died of
    another one's job."""
    with pool.lease(recipe) as lease:
        for last_try in (False, True):
            made: list[bytes] = []
            async with lease.turn() as turn:
                try:
                    stream = turn.open(op, request, made.append)
                    stream.write(given)
                    stream.close()
                    return await turn.result(limit), b"".join(made)
                except WorkerDied:
                    if last_try:
                        raise
    raise AssertionError("unreachable")
