"""Where a model's files are, and whether they are all there. `vox.workers.fetch` puts them there."""

from __future__ import annotations

import os

import msgspec

from vox import paths
from vox.config import Config
from vox.errors import NotInstalled
from vox.gateway.fleet.catalog import EngineSpec, ModelSpec

RECORD = ".vox-model.json"


class _File(msgspec.Struct, frozen=True):
    sha256: str
    bytes: int


class Record(msgspec.Struct, frozen=True):
    """What `vox.workers.fetch` writes once everything is there."""

    hub: str
    revision: str
    commit: str
    endpoint: str
    patterns: list[str]
    files: dict[str, _File]


def directory(spec: EngineSpec, model: str, config: Config) -> str | None:
    """The directory with the files of `model`: the configured one, else the pulled one; None for a model that
    has no files. Raises `NotInstalled` with the command, `NotFound`."""
    found = spec.model(model)
    own = config.of_engine(spec.name).get("directory")
    if own:
        return _own(f"engines.{spec.name}.directory", os.path.abspath(os.path.expanduser(own)))
    if not found.files:
        return None
    if not pulled(spec, found.name):
        name = f"{spec.name}/{found.name}"
        raise NotInstalled(f"model {name!r} is not pulled; run: vox pull {name}", code="not_pulled")
    return paths.model_dir(spec.name, found.name)


def _own(key: str, path: str) -> str:
    """The directory that the setting `key` names."""
    try:
        if os.listdir(path):
            return path
        fault = "is empty"
    except OSError:
        fault = "can't be read" if os.path.isdir(path) else "is not a directory"
    raise NotInstalled(f"{key} is {path}, which {fault}; set it to the directory with the model's files")


def pulled(spec: EngineSpec, model: str) -> bool:
    """Whether all that the header asks for is there, by name and size: true for a model without files."""
    found = spec.model(model)
    return not found.files or _complete(paths.model_dir(spec.name, found.name), found)


def _complete(path: str, model: ModelSpec) -> bool:
    try:
        with open(os.path.join(path, RECORD), "rb") as file:
            record = msgspec.json.decode(file.read(), type=Record)
        if (record.hub, record.revision, record.patterns) != (model.hub, model.revision, list(model.files)):
            return False
        sizes = (
            (os.path.getsize(os.path.join(path, name)), file.bytes) for name, file in record.files.items()
        )
        return all(size == recorded for size, recorded in sizes)
    except (OSError, msgspec.DecodeError):
        return False
