"""The same request again: time to first byte from the cache, with the workers warm and with none left.

python -m bench.repeat
"""

from __future__ import annotations

from bench.daemon import Daemon, ask, daemon, speech
from bench.report import Row, at_most, beside, median, table

RUNS = 300
TEXT = "The sky above the port was the color of television, tuned to a dead channel."


def measure() -> list[Row]:
    rows = []
    with daemon(VOX_KEEP_ALIVE="0.3") as gateway:
        for format in ("mp3", "wav"):
            rows += _measure(gateway, format)
    return rows


def _measure(gateway: Daemon, format: str) -> list[Row]:
    request = speech(TEXT, "espeak", format)
    with gateway.connect() as sock:
        first, answer = ask(sock, request)
        warm = [ask(sock, request)[0] for _ in range(RUNS)]
        gateway.alone()
        gone = []
        for _ in range(RUNS):
            took, again = ask(sock, request)
            gone.append(took)
            if _body(again) != _body(answer):
                raise RuntimeError("the repeat is another answer")
        if gateway.workers():
            raise RuntimeError("the repeat started a worker")
    return [
        beside(f"{format}, the first time: first byte", f"{first:.3g} ms"),
        beside(f"{format}, repeated with the workers warm: first byte p50", f"{median(warm):.3g} ms"),
        at_most(f"{format}, repeated with every worker gone: first byte p50", median(gone), 5, "ms"),
    ]


def _body(answer: bytes) -> bytes:
    """The chunks of an answer, joined."""
    rest, body = answer.partition(b"\r\n\r\n")[2], b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return body


if __name__ == "__main__":
    print(table(measure()))
