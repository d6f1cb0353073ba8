"""Jobs that share one thread: a real codec worker on its socket, and pipes that misbehave."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.harness import DEADLINE
from vox.wire.frames import CREDIT_AMOUNT, WINDOW, Decoder, Frame, Kind, pack, pack_json
from vox.workers.codec import Codec
from vox.workers.engine import EngineError
from vox.workers.host import Host
from vox.workers.pipes import Pipes

CALL = {"op": "encode", "format": "ulaw", "rate_in": 24_000, "rate_out": 8_000, "stretch": 1.0}
PLAIN = CALL | {"format": "pcm", "rate_out": 24_000}
MP3 = CALL | {"format": "mp3", "rate_out": 24_000}
PIECE = 960


def tone(hertz: float, samples: int) -> bytes:
    wave = np.sin(np.arange(samples) * (2 * np.pi * hertz / 24_000))
    pcm: bytes = np.rint(8_000 * wave).astype("<i2").tobytes()
    return pcm


def encoded(pcm: bytes, request: dict[str, Any]) -> bytes:
    pipe = Codec().open("encode", request)
    return pipe.feed(b"") + pipe.feed(pcm) + pipe.finish()


class Worker:
    """The gateway's end of a worker's socket."""

    def __init__(self) -> None:
        self.socket, theirs = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        command = [sys.executable, "-m", "vox.workers", "codec", str(theirs.fileno()), str(lifeline)]
        self.process = subprocess.Popen(
            command, pass_fds=(theirs.fileno(), lifeline), start_new_session=True, stderr=subprocess.PIPE
        )
        theirs.close()
        os.close(lifeline)
        self._decoder = Decoder()
        self.seen: list[Frame] = []
        """Everything that came, but for the reports of memory."""
        self.open(1, {"op": "load"})
        self.until(Kind.DONE, 1)

    def send(self, kind: Kind, stream: int, payload: bytes = b"") -> None:
        """Reads while it writes, as the gateway does."""
        data = memoryview(pack(kind, stream, payload))
        while data:
            readable, writable, _ = select.select([self.socket], [self.socket], [], DEADLINE)
            if readable:
                self._read()
            if writable:
                data = data[self.socket.send(data, socket.MSG_DONTWAIT) :]

    def open(self, stream: int, request: dict[str, Any]) -> None:
        self.socket.sendall(pack_json(Kind.OPEN, stream, request))

    def until(self, kind: Kind, stream: int, size: int = 0) -> Frame:
        """Wait for such a frame; for DATA until there are `size` bytes of it."""
        while True:
            for frame in self.seen:
                if frame.kind is kind and frame.stream == stream and len(self.data(stream)) >= size:
                    return frame
            assert select.select([self.socket], [], [], DEADLINE)[0], f"no {kind.name} of {stream}"
            self._read()

    def data(self, stream: int) -> bytes:
        return b"".join(f.payload for f in self.seen if f.stream == stream and f.kind is Kind.DATA)

    def say(self, stream: int, request: dict[str, Any], pcm: bytes) -> bytes:
        self.open(stream, request)
        self.send(Kind.DATA, stream, pcm)
        self.send(Kind.END, stream)
        self.until(Kind.DONE, stream)
        return self.data(stream)

    def _read(self) -> None:
        data = self.socket.recv(1 << 18)
        assert data, "the worker has gone"
        self.seen += [frame for frame in self._decoder.feed(data) if frame.stream]

    def hang_up(self) -> int:
        self.socket.close()
        return self.process.wait(DEADLINE)

    def close(self) -> None:
        self.hang_up()
        os.close(self._lifeline)
        assert self.process.stderr is not None
        printed = self.process.stderr.read().decode()
        self.process.stderr.close()
        assert "Traceback" not in printed, printed


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


def test_300_calls_at_once_get_what_each_would_alone(worker: Worker) -> None:
    streams = range(2, 302)
    sounds = {stream: tone(100 + 10 * stream, 2_000 + stream) for stream in streams}
    for stream in streams:
        worker.open(stream, CALL)
    for start in range(0, 2 * 2_302, PIECE):
        for stream, sound in sounds.items():
            if piece := sound[start : start + PIECE]:
                worker.send(Kind.DATA, stream, piece)
    for stream in streams:
        worker.send(Kind.END, stream)
    for stream in streams:
        worker.until(Kind.DONE, stream)
    assert {stream: worker.data(stream) for stream in streams} == {
        stream: encoded(sound, CALL) for stream, sound in sounds.items()
    }


def test_all_jobs_run_on_one_thread(worker: Worker) -> None:
    if not os.path.isdir("/proc/self/task"):
        pytest.skip("the system does not tell")
    worker.say(2, CALL, bytes(PIECE))
    before = len(os.listdir(f"/proc/{worker.process.pid}/task"))
    for stream in range(3, 53):
        worker.open(stream, CALL)
        worker.send(Kind.DATA, stream, bytes(PIECE))
    worker.until(Kind.DATA, 52)
    assert len(os.listdir(f"/proc/{worker.process.pid}/task")) == before


def test_a_listener_without_credit_holds_up_nobody_and_loses_nothing(worker: Worker) -> None:
    sound = tone(440, WINDOW)  # twice what may be sent
    half = len(sound) // 2
    worker.open(2, PLAIN)
    worker.send(Kind.DATA, 2, sound[:half])
    worker.until(Kind.CREDIT, 2)
    worker.send(Kind.DATA, 2, sound[half:])
    worker.send(Kind.END, 2)
    assert worker.say(3, CALL, bytes(PIECE)) == encoded(bytes(PIECE), CALL)
    worker.until(Kind.DATA, 2, WINDOW)
    assert worker.say(4, CALL, bytes(PIECE)) == encoded(bytes(PIECE), CALL)
    assert worker.data(2) == sound[:WINDOW]
    worker.send(Kind.CREDIT, 2, CREDIT_AMOUNT.pack(1_000))
    worker.until(Kind.DATA, 2, WINDOW + 1_000)
    assert worker.say(5, CALL, bytes(PIECE)) == encoded(bytes(PIECE), CALL)
    assert worker.data(2) == sound[: WINDOW + 1_000]
    worker.send(Kind.CREDIT, 2, CREDIT_AMOUNT.pack(1 << 20))
    worker.until(Kind.DONE, 2)
    assert worker.data(2) == sound


def test_input_is_given_no_credit_for_while_the_listener_has_none(worker: Worker) -> None:
    worker.open(2, PLAIN | {"rate_out": 192_000})  # eight times as much comes out
    worker.send(Kind.DATA, 2, bytes(WINDOW))
    worker.until(Kind.DATA, 2, WINDOW)
    assert worker.say(3, CALL, bytes(PIECE)) == encoded(bytes(PIECE), CALL)
    granted = [CREDIT_AMOUNT.unpack(f.payload)[0] for f in worker.seen if f.kind is Kind.CREDIT]
    assert sum(granted) <= WINDOW // 4


def test_a_call_is_served_before_minutes_of_mp3_are_finished(worker: Worker) -> None:
    worker.open(2, CALL)
    for stream in range(3, 9):
        worker.open(stream, MP3)
        worker.send(Kind.DATA, stream, tone(440, WINDOW // 2))  # 5.5 s
        worker.send(Kind.END, stream)
    worker.send(Kind.DATA, 2, bytes(PIECE))
    worker.until(Kind.DATA, 2)
    assert not [frame for frame in worker.seen if frame.kind is Kind.DONE and frame.stream > 1]
    for stream in range(3, 9):
        worker.until(Kind.DONE, stream)
        assert worker.data(stream) == encoded(tone(440, WINDOW // 2), MP3)


@pytest.mark.parametrize("stuck", [False, True])
def test_nothing_comes_after_a_cancel(worker: Worker, stuck: bool) -> None:
    worker.open(2, PLAIN)
    worker.send(Kind.DATA, 2, bytes(WINDOW))
    worker.until(Kind.DATA, 2, WINDOW)
    if stuck:
        worker.send(Kind.DATA, 2, bytes(PIECE))  # there is no credit for it
    worker.send(Kind.CANCEL, 2)
    assert worker.until(Kind.DONE, 2).json() == {"cancelled": True}
    worker.send(Kind.DATA, 2, bytes(PIECE))  # on its way when the cancel was answered
    worker.send(Kind.CREDIT, 2, CREDIT_AMOUNT.pack(1 << 20))
    assert worker.say(3, CALL, bytes(PIECE)) == encoded(bytes(PIECE), CALL)
    last = [frame.kind for frame in worker.seen if frame.stream == 2][-1]
    assert last is Kind.DONE


def test_failures_are_told_and_harm_nobody_else(worker: Worker) -> None:
    worker.open(2, CALL)
    worker.open(3, CALL | {"rate_out": 1})
    assert worker.until(Kind.FAIL, 3).json()["param"] == "sample_rate"
    worker.open(4, {"op": "sing"})
    assert "can't sing" in worker.until(Kind.FAIL, 4).json()["message"]
    worker.open(5, PLAIN)
    worker.send(Kind.DATA, 5, b"\0\0\0")
    worker.send(Kind.END, 5)
    assert worker.until(Kind.FAIL, 5).json()["code"] == "codec_failed"
    worker.send(Kind.DATA, 2, bytes(PIECE))
    worker.send(Kind.END, 2)
    worker.until(Kind.DONE, 2)
    assert worker.data(2) == encoded(bytes(PIECE), CALL)


def test_a_worker_leaves_when_the_gateway_does_whatever_it_was_at(worker: Worker) -> None:
    worker.open(2, MP3)
    worker.send(Kind.DATA, 2, bytes(WINDOW))
    assert worker.hang_up() == 0


class Echo:
    """A service whose pipes give back what they get, or fail."""

    def __init__(self) -> None:
        self.fed: list[tuple[str, int]] = []
        self.closed: Counter[str] = Counter()

    def load(self, request: dict[str, Any], progress: Any) -> Any:
        raise EngineError("no model", code="model_broken")

    def open(self, op: str, request: dict[str, Any]) -> EchoPipe:
        return EchoPipe(self, request["name"])

    def close(self) -> None:
        pass


class EchoPipe:
    def __init__(self, service: Echo, name: str) -> None:
        self.service, self.name = service, name

    def feed(self, data: bytes) -> bytes:
        if data == b"raise":
            raise SystemExit(3)
        self.service.fed.append((self.name, len(data)))
        return data

    def finish(self) -> bytes:
        return b"end"

    def close(self) -> None:
        self.service.closed[self.name] += 1


class Inside:
    """Pipes in this process, and what they send."""

    def __init__(self) -> None:
        self.service = Echo()
        ours, self._theirs = socket.socketpair()
        self._connection = ours
        self.pipes = Pipes(self.service, Host("echo", None, ours))
        self._decoder = Decoder()

    def take(self, *frames: tuple[Kind, int, bytes]) -> None:
        for frame in frames:
            self.pipes.take(Frame(*frame))

    def sent(self) -> list[tuple[Kind, int, bytes]]:
        found: list[tuple[Kind, int, bytes]] = []
        while select.select([self._theirs], [], [], 0)[0]:
            found += [tuple(frame) for frame in self._decoder.feed(self._theirs.recv(1 << 18))]  # type: ignore[misc]
        return [frame for frame in found if frame[1]]

    def close(self) -> None:
        self._connection.close()
        self._theirs.close()


@pytest.fixture
def inside() -> Iterator[Inside]:
    inside = Inside()
    inside.take((Kind.OPEN, 1, b'{"op":"x","name":"a"}'), (Kind.OPEN, 2, b'{"op":"x","name":"b"}'))
    inside.pipes.work()
    inside.service.fed.clear()
    yield inside
    inside.close()


def test_what_came_is_fed_at_once_and_what_is_too_much_in_turns(inside: Inside) -> None:
    inside.take((Kind.DATA, 1, bytes(10_000)), (Kind.DATA, 2, bytes(300)), (Kind.DATA, 2, bytes(20)))
    assert inside.pipes.work()
    assert inside.service.fed == [("a", 4096), ("b", 320), ("a", 4096)]
    inside.take((Kind.DATA, 2, bytes(7)))
    assert not inside.pipes.work()
    assert inside.service.fed[3:] == [("b", 7), ("a", 1808)]
    assert sum(len(data) for kind, stream, data in inside.sent() if stream == 1) == 10_000


def test_those_who_are_behind_take_turns(inside: Inside) -> None:
    inside.take((Kind.DATA, 1, bytes(12_288)), (Kind.DATA, 2, bytes(12_288)))
    while inside.pipes.work():
        pass
    assert "".join(name for name, _ in inside.service.fed) == "ababab"


def test_the_end_comes_after_all_input(inside: Inside) -> None:
    inside.take((Kind.DATA, 1, b"abc"), (Kind.END, 1, b""))
    while inside.pipes.work():
        pass
    assert inside.sent() == [(Kind.DATA, 1, b"abc"), (Kind.DATA, 1, b"end"), (Kind.DONE, 1, b"{}")]
    assert inside.service.closed == {"a": 1}


@pytest.mark.parametrize("size", [3, 10_000])
def test_a_cancel_in_the_same_breath_as_the_sound_wins(inside: Inside, size: int) -> None:
    if size > 3:
        inside.take((Kind.DATA, 1, bytes(10_000)))
        inside.pipes.work()
        assert inside.sent()
    inside.take((Kind.DATA, 1, bytes(size)), (Kind.CANCEL, 1, b""))
    while inside.pipes.work():
        pass
    assert inside.sent() == [(Kind.DONE, 1, b'{"cancelled":true}')]
    assert inside.service.closed == {"a": 1}


@pytest.mark.parametrize("ended", [False, True])
def test_a_pipe_that_breaks_takes_only_its_own_job_along(
    inside: Inside, ended: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    inside.take((Kind.DATA, 1, b"raise"), (Kind.DATA, 2, b"fine"))
    if ended:
        inside.take((Kind.END, 1, b""))
    inside.pipes.work()
    inside.take((Kind.DATA, 1, b"more"), (Kind.CANCEL, 1, b""))
    inside.pipes.work()
    (failed, stream, answer), data = inside.sent()
    assert (failed, stream, data) == (Kind.FAIL, 1, (Kind.DATA, 2, b"fine"))
    assert b"echo failed: SystemExit: 3" in answer
    assert inside.service.closed == {"a": 1}
    assert "SystemExit" in capfd.readouterr().err


def test_a_load_that_fails_is_told(inside: Inside) -> None:
    inside.take((Kind.OPEN, 3, b'{"op":"load"}'))
    ((kind, _, answer),) = inside.sent()
    assert kind is Kind.FAIL
    assert b'"model_broken"' in answer
