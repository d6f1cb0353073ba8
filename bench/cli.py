"""What `vox "x" -o x.wav` costs over `python -c pass`, through a gateway that answers at once.

    python -m bench.cli                  a gateway of its own that answers at once: the command line alone
    python -m bench.cli --home DIR       the daemon that runs with VOX_HOME=DIR: engine and gateway included

Measured twice: as installed where this runs, and from a wheel in a fresh virtual environment. The commands
are run in turn, so that a machine that slows down slows all of them; the figures are medians.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.report import Row, at_most, beside, table

ROOT = Path(__file__).parents[1]
AUDIO = bytes(9_600)
"""200 ms at 24 kHz, 16 bits."""
GOAL = 12.0
"""Milliseconds."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=60, help="runs of each command")
    parser.add_argument("--home", help="VOX_HOME of a running daemon")
    given = parser.parse_args()
    print(table(measure(given.count, given.home)))


def measure(count: int = 60, home: str | None = None) -> list[Row]:
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        installed = install(scratch / "venv")
        before = os.environ.get("VOX_HOME")
        os.environ["VOX_HOME"] = home or directory
        server = None if home else answer_at_once(scratch / "run" / "vox.sock")
        try:
            return rows(
                scratch, count, {"as installed here": Path(sys.executable), "from a wheel": installed}
            )
        finally:
            if server:
                os.kill(server, signal.SIGKILL)
                os.waitpid(server, 0)
            os.environ.pop("VOX_HOME")
            os.environ.update({"VOX_HOME": before} if before else {})


def install(directory: Path) -> Path:
    """A wheel of this tree in an environment of its own, without dependencies; its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", directory], check=True)
    python = directory / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", ROOT], check=True)
    return python


def answer_at_once(path: Path) -> int:
    """A process that gives every caller the same audio; its id."""
    path.parent.mkdir(mode=0o700)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(16)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(AUDIO), AUDIO)
    process = os.fork()
    if process:
        listener.close()
        return process
    while True:
        connection, _ = listener.accept()
        connection.recv(65_536)
        connection.sendall(answer)
        connection.close()


def rows(scratch: Path, count: int, pythons: dict[str, Path]) -> list[Row]:
    commands = {}
    for name, python in pythons.items():
        commands[f"python -c pass, {name}"] = [str(python), "-c", "pass"]
        commands[f"vox -o x.wav, {name}"] = [str(python.parent / "vox"), "x", "-o", str(scratch / "x.wav")]
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(count):
        for name, command in commands.items():
            times[name].append(milliseconds(command))
    medians = {name: statistics.median(values) for name, values in times.items()}
    found = [beside(f"{name}, median of {count}", f"{medians[name]:.3g} ms") for name in commands]
    for name in pythons:
        added = medians[f"vox -o x.wav, {name}"] - medians[f"python -c pass, {name}"]
        found.append(at_most(f"added by `vox x -o x.wav`, {name}", added, GOAL, "ms"))
    return found


def milliseconds(command: list[str]) -> float:
    begin = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ)
    _, status = os.waitpid(process, 0)
    elapsed = time.perf_counter() - begin
    if status:
        raise SystemExit(f"{' '.join(command)} failed: status {status}")
    return elapsed * 1000


if __name__ == "__main__":
    main()
