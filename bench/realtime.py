"""Many conversations at once, in real time: how late their frames are, and whether each hears itself.

python -m bench.realtime [SESSIONS]

Every session is a Deepgram line that asks for mu-law at 8 kHz. The engine gives each one 20 ms every 20 ms
(`bench.paced_engine`), so what is late was made late by vox, or by the machine: the floor is the same client
reading the same frames from a bare process that does nothing else.
"""

from __future__ import annotations

import os
import selectors
import socket
import sys
import time
from binascii import a2b_base64
from typing import NamedTuple

import numpy as np

from bench.daemon import Daemon, daemon
from bench.line import Frames, dial, masked
from bench.report import Row, at_most, beside, percentile, table

SESSIONS = 200
FRAMES = 380
"""Of 20 ms: one segment, 7.6 s."""
FRAME = 160
_DEADLINE = 60.0


class Line:
    """One client: what it was sent, and when."""

    def __init__(self, sock: socket.socket, hertz: int) -> None:
        self.sock, self.hertz = sock, hertz
        self.sound = bytearray()
        self.arrivals: list[float] = []
        """When each whole frame was there."""
        self.done = False
        self._frames = Frames()

    def read(self) -> None:
        data = self.sock.recv(262_144)
        now = time.perf_counter()
        if not data:
            raise RuntimeError(f"the line of {self.hertz} Hz broke off")
        for message in self._frames.feed(data):
            if isinstance(message, bytes):
                self.sound += message
            elif message.startswith('{"event":"media"'):
                self.sound += a2b_base64(message[message.index('"payload":"') + 11 : -3])
            elif "Flushed" in message:
                self.done = True
            elif "Metadata" not in message and '"mark"' not in message:
                raise RuntimeError(message)
        frames = len(self.sound) // FRAME
        self.arrivals += [now] * (frames - len(self.arrivals))

    def lateness(self) -> list[float]:
        """Milliseconds by which each frame missed a player that began with the first."""
        begin = self.arrivals[0]
        return [max(0.0, (at - begin - 0.02 * k) * 1000) for k, at in enumerate(self.arrivals)]

    def pure(self) -> bool:
        """Whether it heard its own tone and nothing else of weight."""
        spectrum = np.abs(np.fft.rfft(_linear(bytes(self.sound)) * np.hanning(len(self.sound))))
        bins = len(self.sound) * self.hertz / 8000
        near = slice(int(bins - 8), int(bins + 9))
        own = float(np.sum(spectrum[near] ** 2))
        return own > 0.98 * float(np.sum(spectrum**2))


def _linear(data: bytes) -> np.ndarray:
    """Mu-law (ITU-T G.711) as samples."""
    code = ~np.frombuffer(data, np.uint8)
    size = (((code & 0x0F).astype(int) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -size, size) / 32768


class Result(NamedTuple):
    lines: list[Line]
    cpu: dict[str, float]
    """Cores that each process kept busy."""


def run(sessions: int, output: str = "") -> Result:
    with daemon("paced", VOX_CACHE="false", VOX_QUEUE="1000", VOX_QUEUE_ALL="1000") as gateway:
        return _run(gateway, sessions, output)


def _run(gateway: Daemon, sessions: int, output: str) -> Result:
    lines = []
    for number in range(sessions):
        hertz = 300 + 10 * number
        lines.append(
            Line(dial(gateway, f"model=paced:{hertz}&encoding=mulaw&sample_rate=8000{output}"), hertz)
        )
    pids = {"gateway": gateway.process.pid, "client": os.getpid()}
    pids |= {name: worker["pid"] for name, worker in gateway.workers().items()}
    before = {name: _cpu(pid) for name, pid in pids.items()}
    begin = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for line in lines:
            selector.register(line.sock, selectors.EVENT_READ, line)
        asked = 0
        while not all(line.done for line in lines):
            # They begin within one second, each at a place of its own between two frames.
            while asked < sessions and time.perf_counter() - begin >= asked / sessions:
                sock = lines[asked].sock
                sock.sendall(masked({"type": "Speak", "text": "A" * FRAMES}) + masked({"type": "Flush"}))
                asked += 1
            for key, _ in selector.select(0.002 if asked < sessions else 1.0):
                key.data.read()
            if time.perf_counter() - begin > _DEADLINE:
                raise RuntimeError("the lines do not end")
    took = time.perf_counter() - begin
    pids |= {name: worker["pid"] for name, worker in gateway.workers().items()}
    after = {name: _cpu(pid) for name, pid in pids.items()}
    return Result(lines, {name: (after[name] - before.get(name, 0.0)) / took for name in after})


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(sessions: int = SESSIONS) -> list[Row]:
    rows = _rows(f"{sessions} sessions, binary frames", run(sessions))
    return rows + _rows(
        f"{sessions} sessions, Twilio's messages", run(sessions, "&output=twilio&streamSid=MZ")
    )


def _rows(what: str, result: Result) -> list[Row]:
    late = [value for line in result.lines for value in line.lateness()]
    lost = sum(FRAMES * FRAME - len(line.sound) for line in result.lines)
    mixed = sum(not line.pure() for line in result.lines)
    worst = max(percentile(line.lateness(), 0.99) for line in result.lines)
    spread = f"{percentile(late, 0.5):.3g}, {percentile(late, 0.999):.3g}, {worst:.3g} ms"
    return [
        at_most(f"{what}: lateness p99", percentile(late, 0.99), 20, "ms"),
        beside("p50, p99.9, p99 of the worst session", spread),
        at_most("bytes lost", lost, 0, ""),
        at_most("sessions with another tone in them", mixed, 0, ""),
        beside("cores busy", ", ".join(f"{name} {share:.2f}" for name, share in result.cpu.items())),
    ]


if __name__ == "__main__":
    print(table(measure(int(sys.argv[1]) if len(sys.argv) > 1 else SESSIONS)))
