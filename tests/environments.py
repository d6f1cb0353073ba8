"""Environments of engines that tests keep, built by `vox engine install` itself: in $VOX_TEST_ENVS, or in the
checkout. Building one takes an index of packages, and a minute or a few; after that it is only looked at."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from vox import paths
from vox.gateway.fleet import envs

ROOT = Path(__file__).parents[1]
_MODELS = {"cosyvoice": ["onnx"], "kokoro": ["onnx"], "piper": ["onnx"]}
"""What the makers of small models need."""


@cache
def python(engine: str) -> Path:
    """The interpreter of the engine's environment."""
    home = Path(os.environ.get("VOX_TEST_ENVS") or ROOT / ".venv-engines") / "home"
    home.mkdir(parents=True, exist_ok=True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("VOX_", "XDG_"))}
    environment["VOX_HOME"] = str(home)
    with (home.parent / f"{engine}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install = [sys.executable, "-m", "vox.gateway.admin", "engine", "install", engine, "--device", "cpu"]
        _run(install, environment)
        place = (home / "data" / "envs" / engine).resolve()
        stamp = place / "for-tests.txt"
        wanted = ["pytest", *_MODELS.get(engine, [])]
        if not stamp.exists() or stamp.read_text().split() != wanted:
            pip = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"), "install"]
            _run([*pip, "--disable-pip-version-check", *wanted], environment)
            stamp.write_text(" ".join(wanted))
    return place / "bin" / "python"


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}\n{done.stdout[-1000:]}{done.stderr[-2000:]}")


def lend(engine: str) -> None:
    """Have the engine installed in this test's own home: by a link to the environment that is kept."""
    place = Path(paths.environment_dir(engine))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(python(engine).parent.parent)


def inside(engine: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the engine's interpreter on `arguments`, with what a worker can import, and these tests."""
    environment = envs.environment()
    environment |= {name: value for name, value in os.environ.items() if name == "VOX_COSYVOICE_SRC"}
    environment["PYTHONPATH"] += os.pathsep + str(ROOT)
    command = [str(python(engine)), *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def run_tests_of(engine: str) -> subprocess.CompletedProcess[str]:
    """Run `tests/engines/test_ENGINE.py` in the engine's environment."""
    file = f"tests/engines/test_{engine.replace('-', '_')}.py"
    return inside(engine, "-m", "pytest", "-q", "-c", "tests/engines/pytest.ini", file)
