"""Jobs that are pipes: all on the reading thread, a step each time something comes.

With 200 calls of 50 frames a second, threads of their own would use up a core by being woken. A step is
bounded, so that a minute of sound that comes at once holds up nobody: what a job has left over waits until
all others were served. Output for which there is no credit is kept, and until it is gone the job is not fed
and gives no credit back, so that its sender stops.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from vox.wire.frames import CREDIT_AMOUNT, WINDOW, Frame, Kind, pack, pack_json
from vox.workers.host import PIECE, Host, failure
from vox.workers.service import Pipe, Piping

_STEP = 4 * 1024
"""Bytes fed at a time: 85 ms of sound at 24 kHz. MP3 and Opus take 0.7 ms for it; 4 where it is to
last four times as long."""
_REST = 0.001
"""Seconds between two reads, where they come often."""
_AT_ONCE = 20
"""Reads that need no rest before them, after a while without any."""


class _Job:
    """One open stream."""

    def __init__(self, stream: int, pipe: Pipe) -> None:
        self.stream, self.pipe = stream, pipe
        self.input = bytearray()
        self.ended = False
        """The gateway sends no more."""
        self.consumed = 0
        """Bytes of input for which credit was not given yet."""
        self.output = b""
        """Made, and not sent for want of credit."""
        self.credit = WINDOW
        self.finished = False
        """All is made."""
        self.queued = False
        self.closed = False

    def made(self) -> bytes:
        """One step's output."""
        if self.input:
            data = bytes(memoryview(self.input)[:_STEP])
            del self.input[:_STEP]
            self.consumed += len(data)
            return self.pipe.feed(data)
        if self.ended and not self.finished:
            self.finished = True
            return self.pipe.finish()
        return b""

    def sendable(self) -> bytes:
        """As much of the output as there is credit for."""
        size = min(len(self.output), self.credit)
        self.credit -= size
        data, self.output = self.output[:size], self.output[size:]
        return data


class Pipes:
    """The jobs of a `Piping` service."""

    def __init__(self, service: Piping, host: Host) -> None:
        self._service, self._host = service, host
        self._jobs: dict[int, _Job] = {}
        self._fresh: deque[_Job] = deque()
        """Something came for them. In the order of arrival, each once."""
        self._behind: deque[_Job] = deque()
        """They have more input than a step takes."""
        self._frames: list[bytes] = []
        """To be sent together."""
        self._rests = float(_AT_ONCE)
        """Rests that may be left out: one is gained every `_REST` seconds."""
        self._worked = time.monotonic()

    def take(self, frame: Frame) -> None:
        kind = frame.kind
        if kind is Kind.OPEN:
            self._open(frame.stream, frame.json())
            return
        job = self._jobs.get(frame.stream)
        if job is None:
            return  # ended a moment ago; the gateway does not know yet
        if kind is Kind.DATA:
            job.input += frame.payload
        elif kind is Kind.END:
            job.ended = True
        elif kind is Kind.CREDIT:
            job.credit += CREDIT_AMOUNT.unpack(frame.payload)[0]
        elif kind is Kind.CANCEL:
            self._close(job, Kind.DONE, {"cancelled": True})
            return
        self._queue(job, self._fresh)

    def work(self) -> bool:
        for _ in range(len(self._fresh)):
            self._step(self._fresh.popleft())
        self._send()
        if self._behind:
            self._step(self._behind.popleft())
            self._send()
        busy = bool(self._behind or self._fresh)
        if not busy:
            self._rest()
        return busy

    def _rest(self) -> None:
        """Let a few frames gather when they come one by one in a crowd: to wake up for each, and to wake the
        gateway for each answer, costs both sides as much again as the work."""
        now = time.monotonic()
        self._rests = min(_AT_ONCE, self._rests + (now - self._worked) / _REST) - 1
        self._worked = now
        if self._rests < 0:
            time.sleep(_REST)

    def _open(self, stream: int, request: dict[str, Any]) -> None:
        op = str(request.get("op"))
        try:
            if op == "load":
                self._end(stream, Kind.DONE, dict(self._service.load(request, lambda share, stage: None)))
                return
            job = self._jobs[stream] = _Job(stream, self._service.open(op, request))
        except BaseException as error:  # noqa: BLE001 - a boundary; the caller is told
            self._end(stream, Kind.FAIL, failure(self._host.name, error))
            return
        self._queue(job, self._fresh)

    def _queue(self, job: _Job, queue: deque[_Job]) -> None:
        if not job.queued:
            job.queued = True
            queue.append(job)

    def _step(self, job: _Job) -> None:
        job.queued = False
        if job.closed:
            return
        if not job.output:
            try:
                job.output = job.made()
            except BaseException as error:  # noqa: BLE001 - a boundary; the caller is told
                self._close(job, Kind.FAIL, failure(self._host.name, error))
                return
        data = job.sendable()
        for at in range(0, len(data), PIECE):
            self._frames.append(pack(Kind.DATA, job.stream, data[at : at + PIECE]))
        if job.consumed >= PIECE:
            self._frames.append(pack(Kind.CREDIT, job.stream, CREDIT_AMOUNT.pack(job.consumed)))
            job.consumed = 0
        if job.output:
            return  # its credit will wake it
        if job.finished:
            self._close(job, Kind.DONE, {})
        elif job.input or job.ended:
            self._queue(job, self._behind)

    def _close(self, job: _Job, kind: Kind, answer: dict[str, Any]) -> None:
        job.closed = True
        del self._jobs[job.stream]
        try:
            job.pipe.close()
        except BaseException as error:  # noqa: BLE001 - a boundary; the caller is told
            kind, answer = Kind.FAIL, failure(self._host.name, error)
        self._end(job.stream, kind, answer)

    def _end(self, stream: int, kind: Kind, answer: dict[str, Any]) -> None:
        self._frames.append(pack_json(kind, stream, answer))
        self._send()
        self._host.report()

    def _send(self) -> None:
        if self._frames:
            frames, self._frames = self._frames, []
            self._host.send_all(b"".join(frames))
