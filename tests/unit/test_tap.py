"""Streaming out of a call that only gives a whole result."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from vox.workers.tap import Stopped, Tap


def count(most: int) -> Callable[[Tap[int]], None]:
    """Work that counts."""

    def work(tap: Tap[int]) -> None:
        for n in range(most):
            tap.put(n)

    return work


def test_what_is_handed_over_comes_out_in_order_and_ends() -> None:
    with Tap(count(100)) as tap:
        assert list(tap) == list(range(100))


def test_it_comes_out_while_the_work_goes_on() -> None:
    seen = threading.Event()

    def work(tap: Tap[int]) -> None:
        tap.put(1)
        assert seen.wait(10)
        tap.put(2)

    with Tap(work) as tap:
        items = iter(tap)
        assert next(items) == 1
        seen.set()
        assert list(items) == [2]


def test_leaving_stops_the_work_at_its_next_step_and_waits_for_it() -> None:
    steps: list[int] = []
    go = threading.Semaphore(3)
    cleaned = threading.Event()

    def work(tap: Tap[int]) -> None:
        try:
            for n in range(1000):
                go.acquire()
                steps.append(n)
                tap.put(n)
        finally:
            cleaned.set()

    with Tap(work) as tap:
        items = iter(tap)
        assert [next(items) for _ in range(3)] == [0, 1, 2]
        tap.stop()
        go.release()
    assert steps == [0, 1, 2, 3]
    assert cleaned.is_set()


def test_nothing_comes_out_once_it_is_stopped() -> None:
    with Tap(count(10)) as tap:
        items = iter(tap)
        next(items)
        tap.stop()
        assert list(items) == []


def test_a_failure_of_the_work_is_raised_where_the_items_are_taken() -> None:
    def work(tap: Tap[int]) -> None:
        tap.put(1)
        raise ValueError("broken")

    with Tap(work) as tap, pytest.raises(ValueError, match="broken"):
        assert list(tap) == [1]


def test_a_stop_is_no_failure() -> None:
    def work(tap: Tap[int]) -> None:
        tap.stop()
        with pytest.raises(Stopped):
            tap.put(1)
        raise Stopped

    with Tap(work) as tap:
        assert list(tap) == []
