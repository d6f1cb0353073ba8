"""What the command line has done inside an engine's environment: pull a model, check an engine. The gateway
itself never imports it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from typing import Any

import msgspec

from vox import paths
from vox.config import Config
from vox.errors import BadRequest, NotInstalled, VoxError
from vox.gateway.fleet import envs, install, weights
from vox.gateway.fleet.build import Report
from vox.gateway.fleet.catalog import EngineSpec, ModelSpec


def check(spec: EngineSpec, model: ModelSpec, config: Config, report: Report) -> bool:
    """Hold the engine with one of its models to its contract, in its own environment; as far as importing it
    where the model isn't pulled, or where it is a transcriber. Raises `NotInstalled`."""
    envs.require(spec)
    request: dict[str, Any] = {"name": spec.name, "path": spec.path}
    try:
        directory = weights.directory(spec, model.name, config)
    except NotInstalled as error:
        report(f"imported only: {error}")
    else:
        if spec.role == "speech":
            request |= {"model": model.name, "directory": directory, **_facts(spec, model, config)}
        else:
            report("imported only: it has no voice that could be checked")
    return _run(spec, "check", request, envs.variables(spec, config)).returncode == 0


def _facts(spec: EngineSpec, model: ModelSpec, config: Config) -> dict[str, Any]:
    """What the engine is held to."""
    voices = [voice for group in spec.voices.values() for voice in group]
    if model.voices is not True:
        voices = [voice for voice in voices if voice in (model.voices or ())]
    facts = {key: getattr(spec, key) for key in ("sample_rate", "deterministic", "samples")}
    return facts | {
        "device": config.of_engine(spec.name).get("device", config.device),
        "options": config.options_of(spec.name),
        "voices": voices,
        "voice": spec.voice if spec.voice in voices or not spec.voices else "",
        "language": next(iter(model.languages or spec.languages), "en-us"),
        "clones": spec.clones_with(model),
    }


def pull(
    spec: EngineSpec, model: ModelSpec, config: Config, agree: Callable[[str], bool], report: Report
) -> None:
    """Bring the model's files, or what is missing of them, and verify them. `agree` is asked, before anything
    comes, about what the user has to agree to and has not yet. Raises `VoxError`."""
    name = f"{spec.name}/{model.name}"
    if not model.files and not model.parts:
        return report(f"model {name!r} has no files of its own; there is nothing to pull")
    envs.require(spec)
    request = {
        "directory": paths.model_dir(spec.name, model.name),
        "main": {key: getattr(model, key) for key in ("hub", "revision", "files")} if model.files else None,
        "parts": msgspec.to_builtins(model.parts),
        "endpoint": _mirror("hub", config.hub) or None,
        "mirror": _mirror("url_mirror", config.url_mirror),
        "agreed": _agreed(spec, model, agree),
    }
    directory = str(request["directory"])
    install.room(directory, model.bytes - _size(directory), f"model {name!r}", report)
    variables = envs.variables(spec, config)
    if "HF_HUB_OFFLINE" not in config.variables_of(spec.name):
        variables.pop("HF_HUB_OFFLINE", None)  # a header's: the engine asks the hub for nothing, but we do
    fetched = _run(spec, "fetch", request, variables, stdout=subprocess.PIPE)
    if fetched.returncode:
        reason = fetched.stdout.strip() or f"the puller ended with exit code {fetched.returncode}"
        raise VoxError(f"model {name!r} was not pulled: {reason}", code="pull_failed")
    return report(f"model {name!r} is pulled")


def _mirror(key: str, value: str) -> str:
    """The setting as an address or as the path of a directory. Raises `BadRequest`."""
    if not value or value.startswith(("https://", "http://")):
        return value.rstrip("/")
    path = os.path.abspath(os.path.expanduser(value.removeprefix("file://")))
    if not os.path.isdir(path):
        raise BadRequest(f"{key} is {value}, which is neither an http address nor a directory", param=key)
    return path


def _agreed(spec: EngineSpec, model: ModelSpec, agree: Callable[[str], bool]) -> list[str]:
    """All that the user has agreed to for this model. Raises `VoxError` where something is left."""
    asked = [weights.terms(part) for part in model.parts if part.trust]
    known = weights.agreed(spec, model.name)
    name = f"{spec.name}/{model.name}"
    new = [terms for terms in asked if terms not in known]
    sentence = f"model {name!r} brings something that asks for your trust, from {', and from '.join(new)}"
    if new and not agree(sentence):
        raise VoxError(f"{sentence}; to agree, run: vox pull {name} --trust", code="not_trusted")
    return asked


def _run(
    spec: EngineSpec, module: str, request: Any, variables: dict[str, str], stdout: int | None = None
) -> subprocess.CompletedProcess[str]:
    command = envs.command(envs.python(spec), module, request)
    environment = envs.environment(variables)
    return subprocess.run(command, check=False, stdout=stdout, text=True, cwd="/", env=environment)


def _size(directory: str) -> int:
    """Bytes of the files below `directory`."""
    return sum(
        os.path.getsize(os.path.join(top, name)) for top, _, names in os.walk(directory) for name in names
    )
