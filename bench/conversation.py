"""A conversation's two moments: the first word said while the text is still written, and the stop.

    python -m bench.conversation [ROUNDS]

By a Deepgram line over a Unix socket, on `tone`, whose own first step takes a tenth of a millisecond. The
first sound is timed from the delta of text that makes the first clause certain: the words of the clause were
sent before. The floor is a request to a bare relay with the same worker behind it, in turn with it.
"""

from __future__ import annotations

import json
import socket
import sys
import time

from bench.daemon import Daemon, ask, daemon, post
from bench.first_byte import SPEAK, floor
from bench.line import Frames, dial, masked
from bench.report import Row, at_most, beside, median, percentile, table
from vox.gateway.text.segment import Segmenter

WORDS = "The door stands wide open, so come in and sit down".replace(" ", " |").split("|")
PCM, PHONE = (
    f"model=tone&encoding={way}" for way in ("linear16&sample_rate=24000", "mulaw&sample_rate=8000")
)
LONG = "Nothing is said of it to anybody, and so on. " * 40


class Line:
    def __init__(self, gateway: Daemon, query: str) -> None:
        self.sock = dial(gateway, query)
        self._frames = Frames()
        self._messages: list[str | bytes] = []

    def say(self, *messages: dict[str, str]) -> None:
        self.sock.sendall(b"".join(map(masked, messages)))

    def next(self) -> str | bytes:
        while not self._messages:
            self._messages += self._frames.feed(self.sock.recv(262_144))
        return self._messages.pop(0)

    def until(self, kind: str) -> float:
        """When that message was there; what comes before it is thrown away."""
        while True:
            message = self.next()
            if isinstance(message, str) and f'"{kind}"' in message:
                return time.perf_counter()

    def audio(self) -> float:
        """The same for sound."""
        while not isinstance(self.next(), bytes):
            pass
        return time.perf_counter()


def _trigger() -> int:
    """The number of the word that makes the first clause certain."""
    segmenter = Segmenter()
    return next(number for number, word in enumerate(WORDS) if segmenter.feed(word))


AT = _trigger()


def first_sound(line: Line, at: int = AT) -> float:
    """Milliseconds from the word that makes the first clause certain to its sound; the words before it were
    sent by then."""
    line.say(*({"type": "Speak", "text": word} for word in WORDS[:at]))
    time.sleep(0.005)  # the writer's next word takes longer
    begin = time.perf_counter()
    line.say({"type": "Speak", "text": WORDS[at]})
    took = (line.audio() - begin) * 1000
    line.say({"type": "Clear"})
    line.until("Cleared")
    return took


def _first_sounds(line: Line, bare: socket.socket, rounds: int) -> tuple[list[float], list[float]]:
    plain = post("/", json.dumps(SPEAK).encode())
    both = [(first_sound(line), ask(bare, plain)[0]) for _ in range(rounds + 20)][20:]
    return [ours for ours, _ in both], [floor for _, floor in both]


def _clear(line: Line, other: Line, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds until a clear is acknowledged, and until another one's speech begins on the one slot."""
    acknowledged, free = [], []
    for _ in range(rounds):
        line.say({"type": "Speak", "text": LONG}, {"type": "Flush"})
        line.audio()
        other.say({"type": "Speak", "text": "Me"}, {"type": "Flush"})
        time.sleep(0.01)
        begin = time.perf_counter()
        line.say({"type": "Clear"})
        acknowledged.append((line.until("Cleared") - begin) * 1000)
        free.append((other.audio() - begin) * 1000)
        other.until("Flushed")
    return acknowledged, free


def measure(rounds: int = 500) -> list[Row]:
    with daemon(VOX_CACHE="false") as gateway, floor() as bare:
        pcm, phone = Line(gateway, PCM), Line(gateway, PHONE)
        rows = _rows("first sound, PCM", *_first_sounds(pcm, bare, rounds))
        rows += _rows("first sound, mu-law", *_first_sounds(phone, bare, rounds))
        acknowledged, free = _clear(phone, pcm, rounds)
    return [
        *rows,
        at_most("clear acknowledged, p99", percentile(acknowledged, 0.99), 20, "ms"),
        at_most("the slot is another's, who is heard, p99", percentile(free, 0.99), 100, "ms"),
        beside("the same, p50", f"{median(acknowledged):.3g}, {median(free):.3g} ms"),
    ]


def _rows(what: str, ours: list[float], floors: list[float]) -> list[Row]:
    base = percentile(floors, 0.99)
    return [
        at_most(f"{what}: from the delta that completes the first clause, p50", median(ours), 3, "ms"),
        at_most(f"{what}: the same, p99", percentile(ours, 0.99), max(10.0, 1.5 * base), "ms"),
        beside(
            "the bare relay's first byte in the same run, p50, p99", f"{median(floors):.3g}, {base:.3g} ms"
        ),
    ]


if __name__ == "__main__":
    print(table(measure(*map(int, sys.argv[1:]))))
