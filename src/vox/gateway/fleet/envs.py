"""Which interpreter runs an engine, and what of vox it can import there. `install` builds what is asked here.

An environment is `paths.environment_dir(NAME)`: a link to the directory that really holds it, so that one
rename publishes a new one. It counts only with its marker in it, which is written last.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from _blake2 import blake2b  # `hashlib` would cost 4 MB
from collections.abc import Mapping
from contextlib import suppress

import msgspec
from msgspec.structs import replace

from vox import __version__, paths
from vox.config import Config
from vox.errors import NotInstalled
from vox.gateway.fleet.catalog import EngineSpec

MARKER = "vox.json"


class Marker(msgspec.Struct, frozen=True):
    """What a finished environment was made from, and when."""

    requirements: str
    """The `fingerprint` of the header."""
    python: str
    """The interpreter it was built with; a version range where uv chose."""
    vox: str
    installed: str
    """ISO 8601, UTC."""
    device: str = ""
    """Whose build of torch is in it, "cpu", "cuda" or "mps"; empty: the engine's header names none."""


def fingerprint(spec: EngineSpec) -> str:
    """Changes with everything in the header that decides what is installed."""
    facts = (spec.requires_python, spec.dependencies, replace(spec.install, megabytes=0))
    return blake2b(msgspec.json.encode(facts), digest_size=8).hexdigest()


def marker(spec: EngineSpec) -> Marker | None:
    """The marker of the engine's environment; None without a usable environment."""
    if not os.path.exists(python(spec)):  # its base interpreter may be gone too
        return None
    try:
        with open(os.path.join(paths.environment_dir(spec.name), MARKER), "rb") as file:
            return msgspec.json.decode(file.read(), type=Marker)
    except (OSError, msgspec.DecodeError):
        return None


def python(spec: EngineSpec) -> str:
    """The interpreter that runs the engine. It names the real directory of the environment, and so changes
    when the environment is rebuilt."""
    if spec.environment == "base":
        return sys.executable
    return os.path.join(os.path.realpath(paths.environment_dir(spec.name)), "bin", "python")


def installed(spec: EngineSpec) -> bool:
    return why_not(spec) is None


def why_not(spec: EngineSpec) -> str | None:
    """Why the engine can't run here, and the command that would change that; None when it can."""
    if spec.platforms and sys.platform not in spec.platforms:
        return f"engine {spec.name!r} runs on {' and '.join(spec.platforms)} only"
    if spec.environment == "base":
        return _missing_modules(spec)
    command = f"run: vox engine install {spec.name}"
    found = marker(spec)
    if found is None:
        return f"engine {spec.name!r} is not installed; {command}"
    if found.requirements != fingerprint(spec):
        return f"the requirements of engine {spec.name!r} have changed since it was installed; {command}"
    return None


def _missing_modules(spec: EngineSpec) -> str | None:
    missing = [module for module in spec.modules if not _importable(module)]
    if not missing:
        return None
    packages = " ".join(f"'{package}'" for package in spec.dependencies or missing)
    command = f"run: {sys.executable} -m pip install {packages}"
    return f"engine {spec.name!r} needs the Python module {' and '.join(missing)}; {command}"


_found: set[str] = set()
"""Modules that are there: looking costs 100 µs, and this is asked for every speech."""


def _importable(module: str) -> bool:
    if module not in _found:
        with suppress(ModuleNotFoundError):  # of a parent
            if importlib.util.find_spec(module) is not None:
                _found.add(module)
    return module in _found


def require(spec: EngineSpec) -> None:
    """Raises `NotInstalled` when the engine can't run here."""
    reason = why_not(spec)
    if reason is not None:
        raise NotInstalled(reason)


def worker_path() -> str:
    """A directory for `PYTHONPATH` in which `vox` has `wire` and `workers` and nothing else.

    `PYTHONPATH` comes before an environment's own packages, so this is so in vox's own environment too. Made
    where it is missing; every step may happen twice, so a race does no harm.
    """
    package = paths.package_dir()
    key = blake2b(f"{__version__} {package}".encode(), digest_size=8).hexdigest()
    tree = os.path.join(paths.worker_trees_dir(), key)
    inside = os.path.join(tree, "vox")
    os.makedirs(inside, mode=0o700, exist_ok=True)
    for name in ("wire", "workers"):
        link = os.path.join(inside, name)
        with suppress(FileExistsError):
            os.symlink(os.path.join(package, name), link)
    init = os.path.join(inside, "__init__.py")  # without it another `vox` further down the path would win
    with open(init, "a"):
        return tree


def variables(spec: EngineSpec, config: Config) -> dict[str, str]:
    """What the engine's processes have in their environment beyond ours: what its header sets, unless ours
    has it, and what the configuration sets in any case."""
    stated = {name: value for name, value in spec.variables.items() if name not in os.environ}
    wanted = stated | config.variables_of(spec.name)
    return {name: value.replace("{cores}", str(_cores())) for name, value in wanted.items()}


def _cores() -> int:
    """The processor cores that we may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables of a worker process: ours less what is ours alone (keys among it), the given ones, and
    the worker code as the only `vox`."""
    ours = ("VOX_", "PYTHONHOME")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return kept | dict(variables or {}) | {"PYTHONPATH": worker_path(), "PYTHONUNBUFFERED": "1"}


def command(python: str, module: str, request: object) -> list[str]:
    """What runs a module of `vox.workers` with a JSON request in an engine's environment. It needs
    `environment()`, and "/" as its directory: whatever lies in ours could pose as a module."""
    return [python, "-m", f"vox.workers.{module}", msgspec.json.encode(request).decode()]
