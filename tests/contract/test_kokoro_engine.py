"""The real kokoro engine, real kokoro-onnx and onnxruntime, on a model that says each token as a tone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kokoro_constants import EDGE, VOICES
from vox import paths

HERE = Path(__file__).parent
SENTENCE = "The quick brown fox jumps over the lazy dog, "


class Kokoro:
    """The engine in a process of its own environment."""

    def __init__(self, python: Path, printed: Path) -> None:
        engine = os.path.join(paths.engines_dir(), "kokoro.py")
        with printed.open("w") as stderr:
            self._process = subprocess.Popen(
                [python, HERE / "kokoro_driver.py", engine],
                env={**os.environ, "PYTHONPATH": str(HERE.parents[1] / "src")},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True,
            )  # fmt: skip
        self.printed = printed

    def do(self, what: str, **request: Any) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"do": what, **request}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, self.printed.read_text()
        return json.loads(answer)

    def speak(self, text: str, **request: Any) -> Any:
        return self.do("speak", text=text, **request)

    def close(self) -> None:
        self._process.communicate()
        assert self._process.returncode == 0, self.printed.read_text()
