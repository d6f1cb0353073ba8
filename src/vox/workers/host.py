"""The inside of every worker process: frames in, one service, frames out.

The main thread reads the socket. Most jobs run in threads of their own (`threads`), so that a cancel or a
credit always gets through, however deep an engine is in a step; those of a service whose steps are short run
on the main thread itself (`pipes`).
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from contextlib import suppress
from socket import MSG_DONTWAIT, socket
from typing import Any, Protocol

from vox.wire.frames import PROTOCOL, Decoder, Frame, Kind, pack, pack_json
from vox.workers import memory
from vox.workers.engine import EngineError
from vox.workers.plugins import load_service
from vox.workers.service import Piping

PIECE = 64 * 1024
"""Bytes: longest DATA frame sent, and how much input is consumed before credit is given back."""
_READ = 256 * 1024
"""Bytes read at a time."""


class Jobs(Protocol):
    """All streams of one worker. Called by the reading thread."""

    def take(self, frame: Frame) -> None:
        """What came for a stream that is open, or opens one."""
        ...

    def work(self) -> bool:
        """Called after all that came was taken. Whether there is more to do, though nothing comes."""
        ...


class Host:
    """Serves one gateway until it hangs up."""

    def __init__(self, name: str, path: str | None, connection: socket) -> None:
        self.name = name
        self._path, self._connection = path, connection
        self._sending = threading.Lock()
        self._decoder = Decoder()
        self._read = memoryview(bytearray(_READ))
        self._card = memory.Card()

    def run(self) -> None:
        """Say hello, then serve; ends the process when the gateway closes the socket."""
        service = load_service(self.name, self._path)
        jobs: Jobs
        # Each way of working is imported by those that work so.
        if isinstance(service, Piping):
            from vox.workers.pipes import Pipes

            jobs = Pipes(service, self)
        else:
            from vox.workers.threads import Threads

            jobs = Threads(service, self)
        with suppress(ConnectionError):  # it hung up while something was on the way to it
            self.send_json(Kind.HELLO, 0, {"protocol": PROTOCOL, "name": self.name, "pid": os.getpid()})
            busy = False
            while self._receive(jobs, wait=not busy):
                busy = jobs.work()
        service.close()
        sys.stderr.flush()
        os._exit(0)  # a job in mid-step must not keep the process

    def _receive(self, jobs: Jobs, wait: bool) -> bool:
        """Take what has come; false at the end."""
        try:
            size = self._connection.recv_into(self._read, 0, 0 if wait else MSG_DONTWAIT)
        except BlockingIOError:
            return True
        for frame in self._decoder.feed(self._read[:size]):
            jobs.take(frame)
        return size > 0

    def send_all(self, frames: bytes) -> None:
        with self._sending:
            self._connection.sendall(frames)

    def send(self, kind: Kind, stream: int, payload: bytes = b"") -> None:
        self.send_all(pack(kind, stream, payload))

    def send_json(self, kind: Kind, stream: int, value: Any) -> None:
        self.send_all(pack_json(kind, stream, value))

    def report(self) -> None:
        """How much memory is held, as is told after every job."""
        self.send_json(Kind.EVENT, 0, {"rss": memory.resident(), "vram": self._card.used()})


def failure(name: str, error: BaseException) -> dict[str, Any]:
    """A FAIL message for what a job raised. What the service did not mean to raise is logged too."""
    if isinstance(error, EngineError):
        return {"code": error.code, "message": str(error), "param": error.param}
    traceback.print_exception(error)
    text = f"{name} failed: {type(error).__name__}: {error}"
    message = text.encode(errors="replace").decode()
    return {"code": "engine_failed", "message": message, "param": None}
