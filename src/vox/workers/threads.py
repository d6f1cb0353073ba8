"""Jobs in threads: as many at once as the service allows, each writing its answer itself, within the credit
that the gateway granted."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

from vox.wire.frames import CREDIT_AMOUNT, WINDOW, Frame, Kind
from vox.workers.host import PIECE, Host, failure
from vox.workers.service import Service


class Cancelled(Exception):
    """The gateway does not want this job any more."""


class _Job:
    """One open stream; satisfies `vox.workers.service.Job`."""

    def __init__(self, host: Host, stream: int, op: str, request: dict[str, Any]) -> None:
        self.stream, self.op, self.request = stream, op, request
        self.cancelled = False
        self.running = False
        self.notes: dict[str, Any] = {}
        self._host = host
        self._changed = threading.Condition()
        self._credit = WINDOW
        self._input: deque[bytes] = deque()
        self._ended = False

    def note(self, key: str, value: Any) -> None:
        self.notes[key] = value

    def read(self) -> Iterator[bytes]:
        taken = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._input or self._ended or self.cancelled)
                if self.cancelled or not self._input:
                    return
                data = self._input.popleft()
            yield data
            taken += len(data)
            if taken >= PIECE:
                self._host.send(Kind.CREDIT, self.stream, CREDIT_AMOUNT.pack(taken))
                taken = 0

    def write(self, data: bytes) -> None:
        """Send `data`, waiting for credit where there is none. Raises `Cancelled`."""
        view = memoryview(data)
        while view:
            with self._changed:
                self._changed.wait_for(lambda: self._credit > 0 or self.cancelled)
                if self.cancelled:
                    raise Cancelled
                size = min(len(view), self._credit, PIECE)
                self._credit -= size
            self._host.send(Kind.DATA, self.stream, bytes(view[:size]))
            view = view[size:]

    def end(self) -> None:
        """Nobody wants more of the input: wake a thread that still reads it."""
        with self._changed:
            self._ended = True
            self._input.clear()
            self._changed.notify_all()

    # What the reading thread tells us

    def take(self, frame: Frame) -> None:
        with self._changed:
            if frame.kind is Kind.DATA:
                self._input.append(frame.payload)
            elif frame.kind is Kind.END:
                self._ended = True
            elif frame.kind is Kind.CREDIT:
                self._credit += CREDIT_AMOUNT.unpack(frame.payload)[0]
            elif frame.kind is Kind.CANCEL:
                self.cancelled = True
            self._changed.notify_all()


class Threads:
    """The jobs of a `Service`. The reading thread never works for them."""

    def __init__(self, service: Service, host: Host) -> None:
        self._service, self._host = service, host
        self._jobs: dict[int, _Job] = {}
        self._waiting: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._threads = 0
        self._idle = 0
        self._lock = threading.Lock()
        """Guards `_jobs`, `_idle`, and that a job is cancelled only while it runs."""

    def take(self, frame: Frame) -> None:
        if frame.kind is Kind.OPEN:
            request = frame.json()
            self._begin(_Job(self._host, frame.stream, str(request.get("op")), request))
            return
        with self._lock:
            job = self._jobs.get(frame.stream)
            if job is None:
                return  # ended a moment ago; the gateway does not know yet
            job.take(frame)
            if frame.kind is Kind.CANCEL and job.running:
                self._service.cancel(job)

    def work(self) -> bool:
        return False

    def _begin(self, job: _Job) -> None:
        with self._lock:
            self._jobs[job.stream] = job
            spawn = self._idle < self._waiting.qsize() + 1 and self._threads < self._service.streams
            if spawn:
                self._threads += 1
        self._waiting.put(job)
        if spawn:
            threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
            job = self._waiting.get()
            with self._lock:
                self._idle -= 1
                job.running = True
            kind, answer = self._answer(job)
            job.end()
            with self._lock:
                job.running = False
                del self._jobs[job.stream]
            self._end(kind, job.stream, answer)
            self._host.report()

    def _end(self, kind: Kind, stream: int, answer: dict[str, Any]) -> None:
        try:
            self._host.send_json(kind, stream, answer)
        except (TypeError, ValueError) as error:  # no JSON, or too much of it
            message = f"{self._host.name} gave an answer that can't be sent: {error}"
            answer = {"code": "engine_failed", "message": message, "param": None}
            self._host.send_json(Kind.FAIL, stream, answer)

    def _answer(self, job: _Job) -> tuple[Kind, dict[str, Any]]:
        """Run the job to its end, whatever that is."""
        try:
            if job.op == "load":
                return Kind.DONE, dict(self._load(job))
            self._run(job)
        except Cancelled:
            return Kind.DONE, {"cancelled": True}
        except BaseException as error:  # noqa: BLE001 - a boundary, for sys.exit too; the caller is told
            return Kind.FAIL, failure(self._host.name, error)
        return Kind.DONE, job.notes | ({"cancelled": True} if job.cancelled else {})

    def _load(self, job: _Job) -> dict[str, Any]:
        def progress(share: float, stage: str) -> None:
            value = {"progress": round(share, 3), "stage": stage}
            self._host.send_json(Kind.EVENT, job.stream, value)

        return dict(self._service.load(job.request, progress))

    def _run(self, job: _Job) -> None:
        output = self._service.run(job.op, job.request, job)
        try:
            if job.cancelled:  # too early for the service to have heard of it
                raise Cancelled
            for data in output:
                job.write(data)
        finally:
            close = getattr(output, "close", None)  # a generator has it, a plain iterator need not
            if close is not None:
                close()
