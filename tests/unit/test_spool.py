"""The spool: nothing lost, nothing twice, nothing stored while the listener keeps up."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vox.errors import EngineFailed
from vox.gateway.spool import MEMORY, Spool


class Listener:
    """A `Sink` that takes as many bytes as it was told to."""

    def __init__(self, appetite: int | None = None) -> None:
        self.on_writable: Callable[[], None] | None = None
        self.heard = b""
        self.ended = ""
        self.appetite = appetite

    @property
    def writable(self) -> bool:
        return self.appetite is None or self.appetite > 0

    def write(self, data: bytes) -> None:
        self.heard += data
        if self.appetite is not None:
            self.appetite -= len(data)

    def feed(self, appetite: int) -> None:
        self.appetite = max(self.appetite or 0, 0) + appetite
        if self.on_writable is not None:
            self.on_writable()

    def close(self) -> None:
        self.ended = "closed"

    def abort(self) -> None:
        self.ended = "aborted"


def test_bytes_go_straight_to_a_listener_that_keeps_up() -> None:
    async def scenario() -> None:
        spool, listener = Spool(), Listener()
        spool.attach(listener)
        spool.write(b"abc")
        assert (listener.heard, spool.backlog) == (b"abc", 0)
        spool.close()
        assert listener.ended == "closed"
        await spool.finished()

    asyncio.run(scenario())


def test_what_came_before_the_listener_is_kept_for_it() -> None:
    async def scenario() -> None:
        spool = Spool()
        spool.write(b"abc")
        await spool.first()
        spool.close()
        listener = Listener()
        spool.attach(listener)
        assert (listener.heard, listener.ended) == (b"abc", "closed")

    asyncio.run(scenario())


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_a_slow_listener_hears_everything_in_order(seed: int) -> None:
    dice = random.Random(seed)

    async def scenario() -> None:
        spool, listener = Spool(), Listener(0)
        spool.attach(listener)
        told = b""
        for _ in range(dice.randint(1, 30)):
            data = dice.randbytes(dice.choice([1, 1000, 70_000, 200_000]))
            told += data
            spool.write(data)
            if dice.random() < 0.5:
                listener.feed(dice.choice([1, 10_000, 300_000]))
        spool.close()
        assert listener.ended == "" or spool.backlog == 0
        while not listener.ended:
            listener.feed(100_000)
        assert listener.heard == told

    asyncio.run(scenario())


def test_beyond_its_memory_it_uses_the_disk_and_leaves_nothing_there(home: Path) -> None:
    async def scenario() -> None:
        spool = Spool()
        for _ in range(10):
            spool.write(bytes(MEMORY // 4))
        assert spool.backlog == MEMORY // 4 * 10
        assert spool._in_memory <= MEMORY
        assert list((home / "cache" / "spool").iterdir()) == []  # the file has no name from the beginning
        spool.discard()
        assert spool.backlog == 0

    asyncio.run(scenario())


def test_a_failure_before_the_first_byte_is_raised_there() -> None:
    async def scenario() -> None:
        spool = Spool()
        spool.fail(EngineFailed("no"))
        with pytest.raises(EngineFailed, match="no"):
            await spool.first()

    asyncio.run(scenario())


def test_a_failure_before_the_listener_came_is_raised_or_breaks_it() -> None:
    async def scenario() -> None:
        spool, listener = Spool(), Listener()
        spool.write(b"abc")
        spool.fail(EngineFailed("no"))
        with pytest.raises(EngineFailed, match="no"):
            await spool.first()
        spool.attach(listener)
        assert (listener.heard, listener.ended) == (b"", "aborted")

    asyncio.run(scenario())


def test_a_failure_after_it_breaks_the_listeners_stream() -> None:
    async def scenario() -> None:
        spool, listener = Spool(), Listener()
        spool.attach(listener)
        spool.write(b"abc")
        await spool.first()
        spool.fail(EngineFailed("no"))
        spool.close()  # too late to look whole
        assert listener.ended == "aborted"
        with pytest.raises(EngineFailed):
            await spool.finished()

    asyncio.run(scenario())


def test_a_producer_waits_below_a_limit() -> None:
    async def scenario() -> None:
        spool, listener = Spool(), Listener(0)
        spool.attach(listener)
        spool.write(bytes(1000))
        waiting = asyncio.ensure_future(spool.below(500))
        await asyncio.sleep(0)
        assert not waiting.done()
        listener.feed(1000)
        await waiting

    asyncio.run(scenario())
