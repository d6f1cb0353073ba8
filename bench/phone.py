"""The phone path of the codec: how clean it is, and what it costs with many real-time streams at once.

    python -m bench.phone          (needs `pip install vox-daemon[bench]`: scipy)

A real codec worker is driven over its socket, as the gateway does: PCM of 24 kHz in pieces of 20 ms goes in,
mu-law of 8 kHz comes out, of which a call carries 160 bytes a frame.

**Alias products.** A sine between 4 and 12 kHz is sent at -12 dB of full scale, for 4 s; what comes back is
decoded by G.711's formula, and its spectrum read where the sine folds to, against the level of what was sent.
Mu-law makes silence of all that is below 4 of 32,768, so each sine is sent once alone, and once beside noise
of 0.1 to 3.3 kHz at -15 dB, which keeps the companding at work. There the reference is taken off first: the
same sound by `scipy.signal.resample_poly` in float64 with a filter of 120 dB, rounded to 16 bits and put
through mu-law by the same worker. So neither the noise nor what mu-law adds to it is counted as an alias.

**Lateness** of a frame is the time from giving the socket the piece that completes it to its coming back. The
streams begin evenly spread over 20 ms; this process feeds and reads them all, on the same machine, so what
it is late itself is in the figure. **CPU** is that of all threads of the worker, user and system.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.report import Row, at_most, beside, percentile, table
from vox.wire.frames import CREDIT_AMOUNT, WINDOW, Decoder, Frame, Kind, pack, pack_json

RATE, PHONE_RATE = 24_000, 8_000
STEP = 0.02
"""Seconds a frame."""
PIECE, FRAME = 960, 160
"""Bytes: 20 ms of PCM, and of mu-law."""
STREAMS, SECONDS = 200, 10.0
CPU_US, LATE_MS, ALIAS_DB = 25, 20, -60
SENT, LOUD = 8_192.0, 16_384.0
CALL = {"op": "encode", "format": "ulaw", "rate_in": RATE, "rate_out": PHONE_RATE, "stretch": 1.0}

Samples = NDArray[np.float64]


class Codec:
    """The gateway's end of a codec worker."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        command = [sys.executable, "-m", "vox.workers", "codec", str(theirs.fileno()), str(lifeline)]
        self.process = subprocess.Popen(command, pass_fds=(theirs.fileno(), lifeline), start_new_session=True)
        theirs.close()
        os.close(lifeline)
        self._decoder = Decoder()
        self._next = 1
        self._load()

    def _load(self) -> None:
        self.open({"op": "load"})
        while not any(frame.kind is Kind.DONE for frame in self.frames(1.0)):
            pass

    def all_of(self, pcm: bytes, **changes: Any) -> bytes:
        """One job, fed as fast as it takes it."""
        stream, made, credit, at = self.open(CALL | changes), b"", WINDOW, 0
        while True:
            if at < len(pcm) and credit >= PIECE:
                self.send(Kind.DATA, stream, pcm[at : at + PIECE])
                at, credit = at + PIECE, credit - PIECE
                if at >= len(pcm):
                    self.send(Kind.END, stream)
            for frame in self.frames(0.0 if at < len(pcm) and credit >= PIECE else 1.0):
                if frame.stream != stream:
                    continue
                if frame.kind is Kind.DATA:
                    made += frame.payload
                    self.send(Kind.CREDIT, stream, CREDIT_AMOUNT.pack(len(frame.payload)))
                elif frame.kind is Kind.CREDIT:
                    credit += CREDIT_AMOUNT.unpack(frame.payload)[0]
                elif frame.kind is Kind.DONE:
                    return made
                elif frame.kind is Kind.FAIL:
                    raise RuntimeError(frame.json()["message"])

    def open(self, request: dict[str, Any] = CALL) -> int:
        number = self._next
        self._next += 1
        self._socket.sendall(pack_json(Kind.OPEN, number, request))
        return number

    def send(self, kind: Kind, stream: int, payload: bytes = b"") -> None:
        self._socket.sendall(pack(kind, stream, payload))

    def frames(self, wait: float) -> Iterator[Frame]:
        """What has come; after at most `wait` seconds, nothing."""
        if select.select([self._socket], [], [], max(0.0, wait))[0]:
            data = self._socket.recv(1 << 18)
            if not data:
                raise RuntimeError("the codec worker has gone")
            yield from self._decoder.feed(data)

    def cpu(self) -> float:
        """Seconds that all its threads have worked."""
        return time.clock_gettime((~self.process.pid << 3) | 2)  # clock_getcpuclockid(3), on Linux

    def memory(self) -> float:
        """RSS in MB (10^6 bytes)."""
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def close(self) -> None:
        self._socket.close()
        os.close(self._lifeline)
        self.process.wait()


@contextmanager
def codec() -> Iterator[Codec]:
    worker = Codec()
    try:
        yield worker
    finally:
        worker.close()


# How clean


def sine(hertz: float, level: float, seconds: float = 4.0, rate: int = RATE) -> Samples:
    made: Samples = level * np.sin(np.arange(round(seconds * rate)) * (2 * np.pi * hertz / rate))
    return made


def rounded(samples: Samples) -> bytes:
    made: bytes = np.rint(samples).clip(-32_768, 32_767).astype("<i2").tobytes()
    return made


def heard(codes: bytes) -> Samples:
    """Mu-law by G.711's own formula."""
    word = ~np.frombuffer(codes, np.uint8)
    size = (((word & 15).astype(int) * 2 + 33) << (word >> 4 & 7)) - 33
    made: Samples = np.where(word & 128, -4.0, 4.0) * size
    return made


def reference(samples: Samples) -> Samples:
    """`samples` at 8 kHz, by the book."""
    from scipy.signal import firwin, kaiser_beta, resample_poly

    taps = firwin(2_401, 0.975 * PHONE_RATE / RATE, window=("kaiser", kaiser_beta(120)))
    made: Samples = resample_poly(samples, PHONE_RATE, RATE, window=taps)
    return made


def level_at(samples: Samples, hertz: float, against: float) -> float:
    """dB of the one bin, of a Blackman window."""
    middle = samples[PHONE_RATE // 2 : -PHONE_RATE // 2]
    window = np.blackman(len(middle))
    turns = np.exp(-2j * np.pi * hertz / PHONE_RATE * np.arange(len(middle)))
    return float(20 * np.log10(abs(np.sum(middle * window * turns)) * 2 / window.sum() / against + 1e-12))


def voice() -> Samples:
    from scipy.signal import firwin, lfilter

    noise = np.random.default_rng(1).normal(0, 10_000, 4 * RATE)
    made: Samples = lfilter(firwin(801, [100, 3_300], pass_zero=False, fs=RATE), 1.0, noise)
    return made


def _aliases(worker: Codec) -> list[Row]:
    alone, among = {}, {}
    speech = voice()
    for hertz in (4_003, 4_051, 4_211, 4_603, 5_303, 6_101, 6_907, 7_703, 8_369, 9_209, 10_303, 11_903):
        folded = abs(hertz - PHONE_RATE * round(hertz / PHONE_RATE))
        sent = sine(hertz, SENT)
        alone[hertz] = level_at(heard(worker.all_of(rounded(sent))), folded, SENT)
        ours = heard(worker.all_of(rounded(sent + speech)))
        there = heard(worker.all_of(rounded(reference(sent + speech)), rate_in=PHONE_RATE))
        among[hertz] = level_at(ours - there, folded, SENT)
    rows = []
    for what, levels in (("alone", alone), ("beside a voice's band", among)):
        hertz, level = max(levels.items(), key=lambda item: item[1])
        name = f"worst alias product of sines from 4 to 12 kHz, {what}"
        rows.append(Row(name, f"{level:.1f} dB (of {hertz:,} Hz)", f"≤ {ALIAS_DB} dB", level <= ALIAS_DB))
    return rows


def _voice(worker: Codec) -> list[Row]:
    speech = voice()
    there = reference(np.rint(speech))
    ours = np.frombuffer(worker.all_of(rounded(speech), format="pcm"), "<i2")
    inner = slice(PHONE_RATE // 10, -PHONE_RATE // 10)
    error = 10 * np.log10(np.mean((ours - there)[inner] ** 2) / np.mean(there[inner] ** 2))
    levels = [
        level_at(heard(worker.all_of(rounded(sine(hertz, LOUD)))), hertz, LOUD)
        for hertz in (300, 3_200, 3_400, 3_600)
    ]
    return [
        beside("a voice's band before mu-law: difference from the float64 reference", f"{error:.1f} dB"),
        beside("level of 300, 3,200, 3,400 and 3,600 Hz", ", ".join(f"{x:+.2f}" for x in levels) + " dB"),
    ]


# How much it costs


class Load:
    """Calls in real time, all on one worker, each with a tone of its own."""

    def __init__(self, worker: Codec, streams: int) -> None:
        self._worker = worker
        self._calls = {worker.open(): Call(number) for number in range(streams)}
        self.late: list[float] = []
        """Seconds, of each frame."""

    def run(self, seconds: float) -> float:
        """Returns the worker's seconds of CPU."""
        calls = list(self._calls.items())
        count = round(seconds / STEP) * len(calls)
        self._take(0.5)
        begun, cpu = time.perf_counter(), self._worker.cpu()
        number = 0
        while number < count:
            wait = begun + number * STEP / len(calls) - time.perf_counter()
            if wait > 0:
                self._take(wait)
                continue
            stream, call = calls[number % len(calls)]
            call.sent.append(time.perf_counter())
            self._worker.send(Kind.DATA, stream, call.piece)
            number += 1
            if number % 16 == 0:
                self._take(0)
        self._take(0.1)
        used = self._worker.cpu() - cpu
        for stream, _ in calls:
            self._worker.send(Kind.END, stream)
        while not all(call.done for call in self._calls.values()):
            self._take(1.0)
        return used

    def wrong(self) -> int:
        """Calls that did not get to the byte what they would have alone."""
        return sum(call.heard != call.expected(self._worker) for call in self._calls.values())

    def _take(self, wait: float) -> None:
        for frame in self._worker.frames(wait):
            call = self._calls.get(frame.stream)
            if call is None:
                continue
            if frame.kind is Kind.DATA:
                self.late += call.take(frame.payload)
                call.owed += len(frame.payload)
                if call.owed >= WINDOW // 4:  # as the gateway does
                    self._worker.send(Kind.CREDIT, frame.stream, CREDIT_AMOUNT.pack(call.owed))
                    call.owed = 0
            call.done |= frame.kind is Kind.DONE


class Call:
    def __init__(self, number: int) -> None:
        self.piece = rounded(sine(50 * (number % 60 + 2), 3_000.0 + 40 * number, STEP))
        """Whole cycles, so that it can be sent over and over."""
        self.sent: list[float] = []
        self.heard = b""
        self.owed = 0
        """Bytes taken that no credit was given for yet."""
        self.done = False

    def take(self, data: bytes) -> list[float]:
        """How late each frame is that `data` completes. The filter's 4 ms come with the piece after it."""
        now, first = time.perf_counter(), len(self.heard) // FRAME
        self.heard += data
        last = min(len(self.heard) // FRAME, len(self.sent) - 1)
        return [now - self.sent[frame + 1] for frame in range(first, last)]

    def expected(self, worker: Codec) -> bytes:
        return worker.all_of(self.piece * len(self.sent))


def _load(worker: Codec) -> list[Row]:
    rows = []
    start = worker.memory()
    for streams in (1, STREAMS):
        load = Load(worker, streams)
        frames = round(SECONDS / STEP) * streams
        cost = load.run(SECONDS) / frames * 1e6
        held = worker.memory()
        late = [1e3 * percentile(load.late, share) for share in (0.5, 0.99, 1.0)]
        name = "one real-time stream" if streams == 1 else f"{streams} real-time streams"
        rows.append(at_most(f"{name}: lateness of a frame, p99", late[1], LATE_MS, "ms"))
        rows.append(beside(f"{name}: median, worst", f"{late[0]:.2f} ms, {late[2]:.1f} ms"))
        if streams == 1:
            continue
        wrong, lost = load.wrong(), frames - streams - len(load.late)
        rows.append(
            Row(
                f"{name}: frames lost, streams not to the byte as alone",
                f"{lost}, {wrong}",
                "0, 0",
                not (lost or wrong),
            )
        )
        rows.append(at_most(f"{name}: CPU of the codec a frame of 20 ms", cost, CPU_US, "µs"))
        rows.append(beside("streams that a core carries through the codec", f"{STEP / cost * 1e6:,.0f}"))
        rows.append(
            beside(f"memory of the codec: loaded, with {streams} streams", f"{start:.1f} MB, {held:.1f} MB")
        )
    return rows


def measure() -> list[Row]:
    with codec() as worker:
        load = _load(worker)
    with codec() as worker:
        return [*_aliases(worker), *_voice(worker), *load]


if __name__ == "__main__":
    print(table(measure()))
