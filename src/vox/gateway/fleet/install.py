"""Builds and removes the virtual environments of engines; the gateway itself never imports it.

One build at a time per engine, under a file lock: remove what an interrupted one left, build aside, prove
that the engine's file can be imported there, write the marker, publish by one rename. (The idiom is
pre-commit's, `repository.py`.)
"""

from __future__ import annotations

import fcntl
import importlib.util
import operator
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

import msgspec

from vox import __version__, paths
from vox.errors import BadRequest, NotInstalled, VoxError
from vox.gateway.fleet import envs
from vox.gateway.fleet.catalog import EngineSpec

Report = Callable[[str], None]
"""Takes one line about what goes on."""

_FLOOR = ">=3.10"
"""What worker code itself asks of Python."""
_COMPARE: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": lambda version, wanted: version[: len(wanted)] == wanted,
    "!=": lambda version, wanted: version[: len(wanted)] != wanted,
}


def install(spec: EngineSpec, *, python: str | None = None, report: Report) -> None:
    """Build the engine's environment, unless it stands as its header wants it (and, where `python` names an
    interpreter, was built with that one). Raises `VoxError`; whatever happens, no half of one counts."""
    if spec.environment == "base" or not spec.runs_here:
        envs.require(spec)
        return report(f"engine {spec.name!r} runs in vox's own environment; there is nothing to install")
    chosen = _chosen(spec, python) if python else None
    with _lock(spec, report) as lock:
        found = envs.marker(spec)
        if envs.installed(spec) and found and chosen in (None, found.python):
            return report(f"engine {spec.name!r} is installed")
        _clear(spec)
        room(envs_dir(spec), spec.install.megabytes * 10**6, f"engine {spec.name!r}", report)
        interpreter = chosen or _interpreter(spec)
        directory = tempfile.mkdtemp(prefix=_prefix(spec), dir=envs_dir(spec))
        try:
            with _log(spec) as log:
                _Build(spec, directory, lock, log, report).run(interpreter)
            _publish(spec, directory, interpreter)
        except BaseException:
            shutil.rmtree(directory)
            raise
        _clear(spec)
    return report(f"engine {spec.name!r} is installed")


def remove(spec: EngineSpec, report: Report) -> None:
    """Delete the engine's environment. Raises `BadRequest` where it has none of its own, `NotInstalled`."""
    if spec.environment == "base":
        raise BadRequest(f"engine {spec.name!r} runs in vox's own environment; there is nothing to remove")
    link = paths.environment_dir(spec.name)
    with _lock(spec, report):
        there = os.path.islink(link)
        if there:
            os.unlink(link)
        _clear(spec)
    if not there:
        raise NotInstalled(f"engine {spec.name!r} is not installed")
    report(f"engine {spec.name!r} is removed")


def room(directory: str, needed: int, what: str, report: Report) -> None:
    """Say what will be stored and what is free, in bytes. Raises `VoxError` where it can't fit."""
    if needed <= 0:
        return
    os.makedirs(directory, mode=0o700, exist_ok=True)
    disk = os.statvfs(directory)
    free = disk.f_bavail * disk.f_frsize
    sentence = f"{what} needs about {needed / 1e6:,.0f} MB in {directory}; {free / 1e6:,.0f} MB are free"
    if needed > free:
        raise VoxError(sentence, code="disk_full")
    report(sentence)


def envs_dir(spec: EngineSpec) -> str:
    return os.path.dirname(paths.environment_dir(spec.name))


def _prefix(spec: EngineSpec) -> str:
    """Of the names of the directories behind the link; a name of an engine has no full stop in it."""
    return f".{spec.name}."


@contextmanager
def _lock(spec: EngineSpec, report: Report) -> Iterator[int]:
    """Hold the engine's lock and yield its descriptor; the kernel drops it with the last that has it."""
    os.makedirs(envs_dir(spec), mode=0o700, exist_ok=True)
    with open(paths.environment_dir(spec.name) + ".lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(f"somebody else is installing engine {spec.name!r}; waiting for that")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _clear(spec: EngineSpec) -> None:
    """Remove every directory of this engine that isn't published. Only under the lock."""
    link = paths.environment_dir(spec.name)
    published = os.readlink(link) if os.path.islink(link) else None
    for name in os.listdir(envs_dir(spec)):
        if name.startswith(_prefix(spec)) and name != published:
            path = os.path.join(envs_dir(spec), name)
            if os.path.islink(path):
                os.unlink(path)
            else:
                shutil.rmtree(path)


def _publish(spec: EngineSpec, directory: str, interpreter: str) -> None:
    """Mark the environment as finished and make it the engine's: from here on it counts."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    marker = envs.Marker(envs.fingerprint(spec), interpreter, __version__, now)
    with open(os.path.join(directory, envs.MARKER), "wb") as file:
        file.write(msgspec.json.encode(marker))
    link = directory + ".link"
    os.symlink(os.path.basename(directory), link)
    os.replace(link, paths.environment_dir(spec.name))


@contextmanager
def _log(spec: EngineSpec) -> Iterator[IO[str]]:
    """The log of this build, begun with what a report of a failure should have in it."""
    path = paths.install_log(spec.name)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with open(path, "w", encoding="utf-8") as log:
        about = {
            "vox": __version__,
            "system": platform.platform(),
            "python": f"{platform.python_version()} {sys.executable}",
            "engine": spec.path,
            "requires-python": spec.requires_python,
            "dependencies": " ".join(spec.dependencies),
            "no-deps": " ".join(spec.install.no_deps),
        }
        log.writelines(f"{key}: {value}\n" for key, value in about.items())
        yield log


class _Build:
    """One environment in the making, in `directory`."""

    def __init__(self, spec: EngineSpec, directory: str, lock: int, log: IO[str], report: Report) -> None:
        self._spec = spec
        self._python = os.path.join(directory, "bin", "python")
        self._directory = directory
        self._lock = lock
        self._log = log
        self._report = report
        self._uv = shutil.which("uv")

    def run(self, interpreter: str) -> None:
        if self._uv:
            self._call(self._uv, "venv", "--python", interpreter, self._directory)
        else:
            # Packages come from our own pip, which saves each environment 12 MB of its own.
            self._call(interpreter, "-I", "-m", "venv", "--without-pip", self._directory)
        if self._spec.dependencies:
            self._packages(*self._spec.dependencies)
        if self._spec.install.no_deps:
            self._packages("--no-deps", *self._spec.install.no_deps)
        request = {"name": self._spec.name, "path": self._spec.path}
        self._call(*envs.command(self._python, "check", request))

    def _packages(self, *arguments: str) -> None:
        if self._uv:
            self._call(self._uv, "pip", "install", "--python", self._python, *arguments)
            return
        if importlib.util.find_spec("pip") is None:
            raise VoxError("there is neither uv nor pip; run: python -m ensurepip", code="install_failed")
        pip = (sys.executable, "-m", "pip", "--python", self._python, "install")
        self._call(*pip, "--disable-pip-version-check", "--no-input", *arguments)

    def _call(self, *command: str) -> None:
        """Run a command, every line of which goes to the log and the report."""
        self._log.write(f"$ {shlex.join(command)}\n")
        line = ""
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            cwd="/",
            env=envs.environment(),
            # It writes into the environment even when we are killed: the lock is held as long as that lasts.
            pass_fds=(self._lock,),
        ) as child:
            assert child.stdout is not None
            try:
                for raw in child.stdout:
                    line = raw.rstrip() or line
                    self._log.write(raw)
                    self._report(raw.rstrip())
            except BaseException:
                child.kill()
                raise
        if child.returncode:
            reason = line.strip() or f"{command[0]} failed with exit code {child.returncode}"
            sentence = f"engine {self._spec.name!r} was not installed: {reason} (log: {self._log.name})"
            raise VoxError(sentence, code="install_failed")


def _chosen(spec: EngineSpec, python: str) -> str:
    """The interpreter that the user named, as a path."""
    path = shutil.which(os.path.expanduser(python))
    version = _version(path) if path else None
    if path is None or version is None:
        raise BadRequest(f"{python} is not a Python interpreter that runs", param="python")
    if not satisfies(version, spec.requires_python):
        number = ".".join(map(str, version))
        wants = spec.requires_python or _FLOOR
        raise BadRequest(f"{python} is Python {number}; engine {spec.name!r} needs {wants}", param="python")
    return os.path.abspath(path)


def _interpreter(spec: EngineSpec) -> str:
    """An interpreter that the header allows: ours, else the newest on the PATH, else what uv finds or fetches
    for the range."""
    for candidate in [sys.executable, *(f"python3.{minor}" for minor in range(20, 9, -1))]:
        path = shutil.which(candidate)
        version = _version(path) if path else None
        if path and version and satisfies(version, spec.requires_python):
            return path
    if shutil.which("uv"):
        return spec.requires_python
    raise NotInstalled(
        f"engine {spec.name!r} needs Python {spec.requires_python}, and none was found; install one, or uv, "
        f"or name one: vox engine install {spec.name} --python PATH"
    )


def _version(path: str) -> tuple[int, ...] | None:
    """The version of the interpreter; None where it doesn't run (pyenv leaves such shims on the PATH)."""
    command = [path, "-I", "-c", "import sys; print(*sys.version_info[:3])"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        return tuple(int(number) for number in answer.stdout.split())
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def satisfies(version: tuple[int, ...], requires: str) -> bool:
    """Whether a Python version meets `requires` (PEP 440: comparisons, and `==` or `!=` with `.*`) and the
    floor of worker code. Raises `BadRequest` for a range it can't read."""
    for clause in f"{_FLOOR},{requires}".replace(" ", "").split(","):
        number = clause.lstrip("<>=!~")
        try:
            wanted = tuple(int(part) for part in number.removesuffix(".*").split("."))
            if not _COMPARE[clause.removesuffix(number)](version, wanted):
                return False
        except (KeyError, ValueError):
            if clause:
                raise BadRequest(f"requires-python = {requires!r} can't be read") from None
    return True
