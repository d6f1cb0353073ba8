"""An environment for kokoro, made once from the requirements in its header and kept."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vox import paths
from vox.gateway.fleet.catalog import read

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def kokoro_python() -> Path:
    """The interpreter of an environment that has what kokoro needs, and `onnx`: in $VOX_TEST_ENVS, or in the
    checkout. Making it takes a minute and an index of packages; after that it is only looked at."""
    if sys.version_info >= (3, 14):
        pytest.skip("kokoro-onnx 0.6.1 has no package for this Python")
    spec = read(str(Path(paths.engines_dir(), "kokoro.py")), private=False)
    wanted = "\n".join([sys.version.split()[0], *spec.dependencies, "onnx"])
    home = Path(os.environ.get("VOX_TEST_ENVS") or ROOT / ".venv-engines", "kokoro")
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = home / "made-from.txt"
        if not stamp.exists() or stamp.read_text() != wanted:
            _make(home, [*spec.dependencies, "onnx"])
            stamp.write_text(wanted)
    return home / "bin" / "python"


def _make(home: Path, requirements: list[str]) -> None:
    shutil.rmtree(home, ignore_errors=True)
    python, uv = str(home / "bin" / "python"), shutil.which("uv")
    if uv:
        _run(uv, "venv", "--quiet", "--python", sys.executable, str(home))
        _run(uv, "pip", "install", "--quiet", "--python", python, *requirements)
    else:
        _run(sys.executable, "-m", "venv", str(home))
        _run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}\n{done.stdout[-1000:]}{done.stderr[-2000:]}", pytrace=False)
