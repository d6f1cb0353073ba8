"""All benchmarks of the limits, as one page: `python -m bench [--write]` (`make bench`)."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from bench import (
    cli,
    conversation,
    first_byte,
    idle,
    kokoro,
    memory,
    normal,
    phone,
    realtime,
    repeat,
    start,
    websocket,
)
from bench.report import Row, table

RESULTS = Path(__file__).parent / "RESULTS.md"
PARTS: dict[str, tuple[str, Callable[[], list[Row]]]] = {
    "Memory": ("bench.memory", memory.measure),
    "Start": ("bench.start", start.measure),
    "Command line": ("bench.cli", cli.measure),
    "First byte": ("bench.first_byte", first_byte.measure),
    "Repeat": ("bench.repeat", repeat.measure),
    "Idle": ("bench.idle", idle.measure),
    "Conversation": ("bench.conversation", conversation.measure),
    "Conversation on kokoro": ("bench.kokoro", kokoro.measure),
    "Real time": ("bench.realtime", realtime.measure),
    "Phone path": ("bench.phone", phone.measure),
    "WebSockets": ("bench.websocket", websocket.measure),
    "Text in words": ("bench.normal", normal.measure),
}
HEAD = """# Results

What the limits came to when this page was written, by `python -m bench --write`; each part alone by the
command beside it. Absolute times drift with the machine and with who else uses it: read them beside the
floors of the same run.

Machine: {machine}.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write RESULTS.md too")
    write = parser.parse_args().write
    page = HEAD.format(machine=_machine())
    for name, (module, measure) in PARTS.items():
        print(f"{name} …", file=sys.stderr, flush=True)
        page += f"\n## {name}\n\n`python -m {module}`\n\n{table(measure())}\n"
    print(page)
    if write:
        RESULTS.write_text(page)


def _machine() -> str:
    with open("/proc/cpuinfo") as file:
        models = {line.partition(":")[2].strip() for line in file if line.startswith("model name")}
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores of {' or '.join(models)}, {platform.system()}, Python {platform.python_version()}"


main()
