"""How long `vox daemon start` takes, until the daemon answers.

python -m bench.start
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.report import Row, at_most, beside, median, table

RUNS = 15


def measure() -> list[Row]:
    vox = str(Path(sys.executable).parent / "vox")
    times = []
    floors = []
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "VOX_HOME": home, "VOX_PORT": "0"}
        for _ in range(RUNS):
            floors.append(_milliseconds([sys.executable, "-c", "import asyncio"], environment))
            times.append(_milliseconds([vox, "daemon", "start"], environment))
            subprocess.run([vox, "daemon", "stop"], env=environment, check=True, capture_output=True)
    return [
        beside("`python -c 'import asyncio'`, median", f"{median(floors):.3g} ms"),
        at_most(f"`vox daemon start` to ready, median of {RUNS}", median(times), 200, "ms"),
    ]


def _milliseconds(command: list[str], environment: dict[str, str]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return (time.perf_counter() - begin) * 1000


if __name__ == "__main__":
    print(table(measure()))
