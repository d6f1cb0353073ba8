"""The command line in a home of its own, against a gateway without engines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

FAKE = Path(__file__).parents[2] / "stand_in_gateway.py"
PATIENCE = 20.0
"""Seconds, a deadline only: nothing here takes one."""
START = (
    "import sys; sys.executable = sys.argv.pop(1); from vox.client.cli import main; raise SystemExit(main())"
)


class Home:
    """One `VOX_HOME`, the command line in it, and the fake gateway that stands in for the interpreter."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.interpreter = directory / "python"
        self.interpreter.write_text(f'#!/bin/sh\nexec {sys.executable} {FAKE} "$@"\n')
        self.interpreter.chmod(0o700)
        self.socket = directory / "run" / "vox.sock"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("VOX_", "XDG_"))}
        self.environment["VOX_HOME"] = str(directory)

    def start(self, *argv: str | bytes, **options: Any) -> subprocess.Popen[bytes]:
        environment = self.environment | options.pop("env", {})
        command = [sys.executable, "-W", "error", "-c", START, str(self.interpreter), *argv]
        for stream in ("stdin", "stdout", "stderr"):
            options.setdefault(stream, subprocess.PIPE)
        process: subprocess.Popen[bytes] = subprocess.Popen(
            command, env=environment, cwd=self.directory, **options
        )
        return process

    def vox(self, *argv: str | bytes, text: bytes = b"", **options: Any) -> tuple[int, bytes, str]:
        """Exit code, standard output and standard error."""
        with self.start(*argv, **options) as process:
            out, err = process.communicate(text, timeout=PATIENCE)
            return process.returncode, out, (err or b"").decode()

    def faults(self, **faults: object) -> None:
        (self.directory / "fake.json").write_text(json.dumps(faults))

    def config(self, text: str) -> None:
        (self.directory / "config.toml").write_text(text)

    def asked(self, key: str = "path") -> list[dict[str, Any]]:
        """What the gateway noted, of the notes that have `key`."""
        try:
            lines = (self.directory / "asked").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [note for note in map(json.loads, lines) if key in note]

    def body(self) -> Any:
        return self.asked("body")[-1]["body"]

    def left_behind(self) -> list[str]:
        return [path.name for path in self.directory.glob("*.part")] + [
            path.name for path in self.directory.glob(".vox*")
        ]

    def stop(self) -> None:
        """End every gateway that was started here."""
        for note in self.asked("started"):
            try:
                os.kill(note["pid"], signal.SIGKILL)
            except ProcessLookupError:
                continue
