"""What the command line has done inside an engine's environment: pull a model, check an engine. The gateway
itself never imports it."""

from __future__ import annotations

import os
import subprocess
from typing import Any

from vox import paths
from vox.config import Config
from vox.errors import NotInstalled, VoxError
from vox.gateway.fleet import envs, install, weights
from vox.gateway.fleet.catalog import EngineSpec, ModelSpec
from vox.gateway.fleet.install import Report


def check(spec: EngineSpec, config: Config, report: Report) -> bool:
    """Hold the engine to its contract, in its own environment; as far as importing it where its model isn't
    pulled. Raises `NotInstalled`."""
    envs.require(spec)
    own = config.of_engine(spec.name)
    model = own.get("model") or spec.default_model
    request: dict[str, Any] = {"name": spec.name, "path": spec.path}
    try:
        request["directory"] = weights.directory(spec, model, config)
    except NotInstalled as error:
        report(f"imported only: {error}")
    else:
        options = config.options_of(spec.name)
        request |= {"model": model, "device": own.get("device") or config.device, "options": options}
        request |= {key: getattr(spec, key) for key in ("sample_rate", "voice", "deterministic")}
        request["voices"] = [voice for group in spec.voices.values() for voice in group]
        request["language"] = next(iter(spec.languages), "en-us")
    return _run(spec, "check", request).returncode == 0


def pull(spec: EngineSpec, model: ModelSpec, config: Config, report: Report) -> None:
    """Bring the model's files, or what is missing of them, and verify them. Raises `VoxError`."""
    name = f"{spec.name}/{model.name}"
    if not model.files:
        return report(f"model {name!r} has no files of its own; there is nothing to pull")
    envs.require(spec)
    directory = paths.model_dir(spec.name, model.name)
    install.room(directory, model.bytes - _size(directory), f"model {name!r}", report)
    request = {key: getattr(model, key) for key in ("hub", "revision", "files")}
    request |= {"directory": directory, "endpoint": config.hub.rstrip("/") or None}
    fetched = _run(spec, "fetch", request, stdout=subprocess.PIPE)
    if fetched.returncode:
        reason = fetched.stdout.strip() or f"the puller ended with exit code {fetched.returncode}"
        raise VoxError(f"model {name!r} was not pulled: {reason}", code="pull_failed")
    return report(f"model {name!r} is pulled")


def _run(
    spec: EngineSpec, module: str, request: Any, stdout: int | None = None
) -> subprocess.CompletedProcess[str]:
    command = envs.command(envs.python(spec), module, request)
    return subprocess.run(command, check=False, stdout=stdout, text=True, cwd="/", env=envs.environment())


def _size(directory: str) -> int:
    """Bytes of the files below `directory`."""
    return sum(
        os.path.getsize(os.path.join(top, name)) for top, _, names in os.walk(directory) for name in names
    )
