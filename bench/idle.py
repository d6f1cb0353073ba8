"""A worker at the end of its keep-alive: is anybody lost there, and how soon is the memory back?

    python -m bench.idle

1,500 requests are sent when the worker is just about to leave, at its deadline ± 2 ms.
"""

from __future__ import annotations

import os
import random
import time

from bench.daemon import DEADLINE, Daemon, ask, daemon, speech
from bench.report import Row, at_most, beside, percentile, table

REQUESTS = 1500
KEEP_ALIVE = 0.02
"""Seconds."""
LEAK = 300
"""Megabytes that the worker holds when it is to leave."""


def measure() -> list[Row]:
    lost, starts, slowest = _deadline()
    back = _memory()
    return [
        Row(f"requests lost of {REQUESTS} at the deadline", str(lost), "0", lost == 0),
        beside("workers started for them", str(starts)),
        beside("slowest of them to its first byte", f"{slowest:.3g} ms"),
        at_most(f"a worker with {LEAK} MB leaves: RAM back after its keep-alive, worst of 5", back, 1, "s"),
    ]


def _deadline() -> tuple[int, int, float]:
    dice = random.Random(1)
    lost, pids, times = 0, set(), []
    with daemon(VOX_CACHE="false", VOX_KEEP_ALIVE=str(KEEP_ALIVE)) as gateway, gateway.connect() as sock:
        for number in range(REQUESTS):
            try:
                times.append(ask(sock, speech("ab"))[0])
            except (RuntimeError, OSError) as error:
                print(f"lost: {error}")
                lost += 1
            if number % 10 == 0:
                pids |= {worker["pid"] for worker in gateway.workers().values()}
            until = time.perf_counter() + KEEP_ALIVE + dice.uniform(-0.002, 0.002)
            while time.perf_counter() < until:
                pass
    return lost, len(pids) * 10, percentile(times, 1)


def _memory() -> float:
    """Seconds between the keep-alive's end and the process's."""
    waits = []
    with daemon(VOX_CACHE="false", VOX_KEEP_ALIVE="0.5") as gateway, gateway.connect() as sock:
        for _ in range(5):
            ask(sock, speech("ab", options={"leak_mb": LEAK}))
            waits.append(_gone(gateway, time.perf_counter() + 0.5))
    return max(waits)


def _gone(gateway: Daemon, due: float) -> float:
    pid = gateway.workers()["tone"]["pid"]
    end = time.perf_counter() + DEADLINE
    while _resident(pid) > 0:
        if time.perf_counter() > end:
            raise RuntimeError("the worker does not leave")
        time.sleep(0.002)
    return time.perf_counter() - due


def _resident(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (FileNotFoundError, ProcessLookupError):
        return 0


if __name__ == "__main__":
    print(table(measure()))
