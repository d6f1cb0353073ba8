"""Where a model's files are, and whether they are all there. `vox.workers.fetch` puts them there."""

from __future__ import annotations

import os

import msgspec

from vox import paths
from vox.config import Config
from vox.errors import NotInstalled
from vox.gateway.fleet.catalog import EngineSpec, ModelSpec, PartSpec

RECORD = ".vox-model.json"


class _File(msgspec.Struct, frozen=True):
    sha256: str
    bytes: int


class _Source(msgspec.Struct, frozen=True):
    """What came from one place: the model's own repository, or one of its parts."""

    hub: str = ""
    revision: str = "main"
    patterns: list[str] = []
    files: dict[str, _File] = {}
    """By path below the model's directory."""


class _Part(_Source, frozen=True):
    url: str = ""
    into: str = ""


class Record(_Source, frozen=True):
    """What `vox.workers.fetch` writes whenever all of one source is there."""

    parts: list[_Part] = []
    agreed: list[str] = []
    """The `terms` that the user has agreed to."""


def directory(spec: EngineSpec, model: str, config: Config) -> str | None:
    """The directory with the files of `model`: the configured one, else the pulled one; None for a model that
    has no files. Raises `NotInstalled` with the command, `NotFound`."""
    found = spec.model(model)
    own = config.of_engine(spec.name).get("directory")
    if own:
        return _own(f"engines.{spec.name}.directory", os.path.abspath(os.path.expanduser(own)))
    if not found.files and not found.parts:
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
    path = paths.model_dir(spec.name, found.name)
    return not (found.files or found.parts) or _complete(path, found)


def _complete(path: str, model: ModelSpec) -> bool:
    try:
        record = _read(path)
        if model.files and not _same(record, model):
            return False
        if not all(any(_same(known, part) for known in record.parts) for part in model.parts):
            return False
        files = [file for source in (record, *record.parts) for file in source.files.items()]
        return all(os.path.getsize(os.path.join(path, name)) == file.bytes for name, file in files)
    except (OSError, msgspec.DecodeError):
        return False


def _read(path: str) -> Record:
    with open(os.path.join(path, RECORD), "rb") as file:
        return msgspec.json.decode(file.read(), type=Record)


def _same(known: Record | _Part, wanted: ModelSpec | PartSpec) -> bool:
    """Whether what came is what the header asks for."""
    came_from = (known.hub, known.revision, known.patterns)
    if came_from != (wanted.hub, wanted.revision, list(wanted.files)):
        return False
    if isinstance(known, _Part) and isinstance(wanted, PartSpec):
        return (known.url, known.into) == (wanted.url, wanted.into)
    return True


def terms(part: PartSpec) -> str:
    """What the user agrees to: where the part comes from, and why that is asked."""
    return f"{part.url or f'{part.hub}@{part.revision}'}: {part.trust}"


def agreed(spec: EngineSpec, model: str) -> list[str]:
    """The `terms` that the user has agreed to for this model."""
    try:
        return _read(paths.model_dir(spec.name, model)).agreed
    except (OSError, msgspec.DecodeError):
        return []
