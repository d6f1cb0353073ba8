"""Streaming out of code that only gives whole results: it runs in a thread of its own while a hook in it
hands over what there is, and is stopped from the hook.

The models of several engines sample a token at a time inside one long call. PyTorch's forward hooks see each
token; nothing of the package has to be changed or copied.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """Raised inside the call that nobody waits for any more; it must be let through."""


class Tap(Generic[T]):
    """An iterator over what `work` hands over. Use as a context manager: leaving it stops the work at its
    next `put` and waits for its end, so that no state is in use any more."""

    def __init__(self, work: Callable[[Tap[T]], object]) -> None:
        """`work` is called, in a thread, with this tap, and calls `put`."""
        self._work = work
        self._handed: queue.SimpleQueue[tuple[str, T | None]] = queue.SimpleQueue()
        self._error: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Tap[T]:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._thread.join()

    def put(self, item: T) -> None:
        """From the work: hand over. Raises `Stopped`."""
        if self._stop.is_set():
            raise Stopped
        self._handed.put(("item", item))

    def stop(self) -> None:
        """From any thread: the next `put` raises."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def __iter__(self) -> Iterator[T]:
        """Ends when the work has ended, at once when stopped. Raises what the work raised."""
        while not self._stop.is_set():
            kind, item = self._handed.get()
            if kind == "end":
                if self._error is not None:
                    raise self._error
                return
            yield item  # type: ignore[misc]

    def _run(self) -> None:
        try:
            self._work(self)
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised where the items are taken
            self._error = error
        self._handed.put(("end", None))
