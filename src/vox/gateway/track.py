"""What happens in the midst of the sound: events that reach the listener between the right two bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol


class Receiver(Protocol):
    """Where the sound and the events go."""

    @property
    def writable(self) -> bool: ...

    def audio(self, data: bytes) -> None: ...


class Track:
    """A `Sink` that passes bytes on to a receiver and calls what was noted for each place in them."""

    def __init__(self, receiver: Receiver, now: Callable[[], float]) -> None:
        """`now` tells the time, in seconds."""
        self.on_writable: Callable[[], None] | None = None
        self.first_at: float | None = None
        """When the first bytes were passed on."""
        self.moved_at = now()
        """When something was last passed on."""
        self.passed = 0
        """Bytes passed on."""
        self._receiver, self._now = receiver, now
        self._notes: deque[tuple[int, Callable[[], None]]] = deque()
        self._dropped = False

    @property
    def writable(self) -> bool:
        return self._receiver.writable

    def at(self, place: int, call: Callable[[], None]) -> None:
        """`call` once `place` bytes have been passed on, or at the end. Places don't go backwards."""
        if self._dropped:
            return
        if place <= self.passed and not self._notes:
            call()
        else:
            self._notes.append((place, call))

    def write(self, data: bytes) -> None:
        if self._dropped:
            return
        if self.first_at is None:
            self.first_at = self._now()
        self.moved_at = self._now()
        while self._notes and self._notes[0][0] <= self.passed + len(data):
            place, call = self._notes.popleft()
            now = max(0, place - self.passed)
            self._pass_on(data[:now])
            data = data[now:]
            call()
        self._pass_on(data)

    def close(self) -> None:
        """The end of the sound: what was noted for later is due now."""
        while self._notes and not self._dropped:
            self._notes.popleft()[1]()

    def abort(self) -> None:
        """The sound broke off."""
        self.drop()

    def drop(self) -> None:
        """From now on nothing is passed on, and nothing is called."""
        self._dropped = True
        self._notes.clear()

    def _pass_on(self, data: bytes) -> None:
        if data and not self._dropped:  # what was called may have put an end to it
            self.passed += len(data)
            self._receiver.audio(data)
