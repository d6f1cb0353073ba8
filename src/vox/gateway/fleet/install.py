"""Builds and removes the virtual environments of engines; the gateway itself never imports it.

One build at a time per engine, under a file lock: remove what an interrupted one left, build aside, prove
that the engine's file can be imported there, write the marker, publish by one rename. (The idiom is
pre-commit's, `repository.py`.)
"""

from __future__ import annotations

import fcntl
import operator
import os
import platform
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
from vox.config import Config
from vox.errors import BadRequest, NotInstalled, VoxError
from vox.gateway.fleet import envs
from vox.gateway.fleet.build import Build, Report
from vox.gateway.fleet.catalog import EngineSpec

_FLOOR = ">=3.10"
"""What worker code itself asks of Python."""
_DRIVER = ("/dev/nvidiactl", "/proc/driver/nvidia/version")
"""Either is there with NVIDIA's driver."""
_CUDA = 4000
"""Megabytes, about, that torch for CUDA and its libraries take more than torch for the CPU."""
_COMPARE: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": lambda version, wanted: version[: len(wanted)] == wanted,
    "!=": lambda version, wanted: version[: len(wanted)] != wanted,
}


def install(
    spec: EngineSpec, config: Config, *, python: str | None = None, device: str | None = None, report: Report
) -> None:
    """Build the engine's environment, unless it stands as its header wants it (and, where `python` names an
    interpreter, was built with that one; where `device` names one, for that one). Raises `VoxError`; whatever
    happens, no half of one counts."""
    if spec.environment == "base" or not spec.runs_here:
        envs.require(spec)
        return report(f"engine {spec.name!r} runs in vox's own environment; there is nothing to install")
    if device and spec.install.torch is None:
        report(f"the environment of engine {spec.name!r} is the same for every device")
        device = None
    python = python or config.of_engine(spec.name).get("python")
    chosen = _chosen(spec, python) if python else None
    with _lock(spec, report) as lock:
        found = envs.marker(spec)
        stands = found is not None and envs.installed(spec)
        if found and stands and chosen in (None, found.python) and device in (None, found.device):
            return report(_done(spec, found.device))
        device = _device(spec, device, config)
        _clear(spec)
        _room(spec, device, report)
        interpreter = chosen or _interpreter(spec)
        directory = tempfile.mkdtemp(prefix=_prefix(spec), dir=envs_dir(spec))
        try:
            with _log(spec, device) as log:
                build = Build(spec, config, device, directory=directory, lock=lock, log=log, report=report)
                build.run(interpreter)
            _publish(spec, directory, interpreter, device)
        except BaseException:
            shutil.rmtree(directory)
            raise
        _clear(spec)
    return report(_done(spec, device))


def _done(spec: EngineSpec, device: str) -> str:
    return f"engine {spec.name!r} is installed" + (f", with torch for {device}" if device else "")


def _device(spec: EngineSpec, named: str | None, config: Config) -> str:
    """The device whose torch the engine gets: the one named, the configured one, else what this machine has;
    "" where its header names no torch. Raises `BadRequest`."""
    torch = spec.install.torch
    if torch is None:
        return ""
    set = config.of_engine(spec.name).get("device", config.device)
    wanted = named or (set if set != "auto" else "")
    if wanted and not getattr(torch, wanted):
        sentence = f"engine {spec.name!r} has no torch for {wanted}"
        raise BadRequest(f"{sentence}; run: vox engine install {spec.name} --device cpu", param="device")
    if wanted:
        return wanted
    if sys.platform == "darwin" and platform.machine() == "arm64" and torch.mps:
        return "mps"
    return "cuda" if any(os.path.exists(path) for path in _DRIVER) else "cpu"


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


def _room(spec: EngineSpec, device: str, report: Report) -> None:
    what, needed = f"engine {spec.name!r}", spec.install.megabytes
    if device == "cuda":
        what += f" with torch for CUDA, about {_CUDA:,} MB more than for the CPU,"
        needed += _CUDA
    room(envs_dir(spec), needed * 10**6, what, report)


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


def _publish(spec: EngineSpec, directory: str, interpreter: str, device: str) -> None:
    """Mark the environment as finished and make it the engine's: from here on it counts."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    marker = envs.Marker(envs.fingerprint(spec), interpreter, __version__, now, device)
    with open(os.path.join(directory, envs.MARKER), "wb") as file:
        file.write(msgspec.json.encode(marker))
    link = directory + ".link"
    os.symlink(os.path.basename(directory), link)
    os.replace(link, paths.environment_dir(spec.name))


@contextmanager
def _log(spec: EngineSpec, device: str) -> Iterator[IO[str]]:
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
            "torch": f"{getattr(spec.install.torch, device)} for {device}" if device else "none",
        }
        log.writelines(f"{key}: {value}\n" for key, value in about.items())
        yield log


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
