"""Which engines there are: the headers of their files, read as text and never imported.

A header is a PEP 723 block with a `[tool.vox]` table. Built-in engines lie in `paths.engines_dir()`, engines
of the user's own in `paths.private_engines_dir()`.
"""

from __future__ import annotations

import os
import string
import sys
import tomllib
from typing import Any, Literal

import msgspec

from vox import paths
from vox.config import seconds
from vox.errors import NotFound, unknown

_NAME = frozenset(string.ascii_lowercase + string.digits + "_")
_MODEL_NAME = _NAME | frozenset("-.")


class ModelSpec(msgspec.Struct, frozen=True):
    """One set of weights. Without `files` there is nothing to pull."""

    name: str
    title: str
    bytes: int
    """Size of the download, about."""
    hub: str
    """The repository, `owner/name`."""
    revision: str
    files: tuple[str, ...]
    """Shell patterns of paths in the repository."""


class InstallSpec(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`[tool.vox.install]`: what PEP 723 can't say."""

    no_deps: tuple[str, ...] = ()
    """Packages installed last and without what they require."""
    megabytes: int = 0
    """Size of the finished environment, about; 0: not stated."""


class EngineSpec(msgspec.Struct, frozen=True):
    """What an engine's header says, with the defaults filled in."""

    name: str
    path: str
    """The engine's file."""
    private: bool
    title: str
    license: str
    environment: Literal["own", "base"]
    modules: tuple[str, ...]
    """Modules that an engine of the base environment needs."""
    platforms: tuple[str, ...]
    """Values of `sys.platform`; empty: all."""
    requires_python: str
    dependencies: tuple[str, ...]
    install: InstallSpec
    sample_rate: int
    """Hz."""
    languages: tuple[str, ...]
    """BCP 47, lower case; empty: asked from the worker after a load."""
    language_aliases: dict[str, str]
    speed: tuple[float, float]
    """Slowest and fastest that the engine does itself."""
    streams_audio: bool
    streams_text: bool
    clones: bool
    instructs: bool
    deterministic: bool
    samples: bool
    keep_alive: float
    """Seconds; negative: for ever."""
    voice: str
    """The default voice; empty: the first that the worker names."""
    default_voices: dict[str, str]
    voices: dict[str, tuple[str, ...]]
    """By language; empty: asked from the worker after a load."""
    aliases: dict[str, str]
    models: dict[str, ModelSpec]
    """At least one; the first is the default."""

    @property
    def runs_here(self) -> bool:
        """Whether it is made for this platform."""
        return not self.platforms or sys.platform in self.platforms

    @property
    def default_model(self) -> str:
        return next(iter(self.models))

    def model(self, name: str) -> ModelSpec:
        """The model of that name, in any case; the default one for "". Raises `NotFound`."""
        key = name.lower() or self.default_model
        if key not in self.models:
            known = [f"{self.name}/{model}" for model in self.models]
            sentence = unknown("model", f"{self.name}/{name}", known)
            raise NotFound(sentence, code="model_not_found", param="model")
        return self.models[key]


class Catalog:
    """All engines by name; `broken` has the private files that can't be used, with the reason."""

    def __init__(self, engines: dict[str, EngineSpec], broken: dict[str, str] | None = None) -> None:
        self.engines = engines
        self.broken = broken or {}

    def find(self, name: str) -> EngineSpec:
        """The engine of that name, in any case. Raises `NotFound`."""
        key = name.lower()
        if key in self.engines:
            return self.engines[key]
        if key in self.broken:
            sentence = f"engine {key!r} can't be used: {self.broken[key]}"
        else:
            sentence = unknown("engine", name, list(self.engines))
        raise NotFound(sentence, code="model_not_found", param="model")


def load() -> Catalog:
    """Read every header. Raises `ValueError` for a broken built-in one; a private one is listed as broken."""
    engines = {}
    for name, path in _files(paths.engines_dir()):
        engines[name] = read(path, private=False)
    broken = {}
    for name, path in _files(paths.private_engines_dir()):
        try:
            if name in engines:
                raise ValueError(f"{path}: there is a built-in engine of this name; rename the file")
            engines[name] = read(path, private=True)
        except (ValueError, OSError) as error:
            broken[name] = str(error)
    return Catalog(engines, broken)


def _files(directory: str) -> list[tuple[str, str]]:
    """The engine files of `directory` as (name, path), by name."""
    try:
        names = os.listdir(directory)
    except (FileNotFoundError, NotADirectoryError):
        return []
    files = (os.path.splitext(name) for name in sorted(names))
    return [
        (stem.lower(), os.path.join(directory, stem + suffix))
        for stem, suffix in files
        if suffix == ".py" and not stem.startswith(("_", "."))
    ]


def read(path: str, private: bool) -> EngineSpec:
    """The facts in the header of the engine file `path`. Raises `ValueError` that names file and key."""
    name = os.path.basename(path).removesuffix(".py")
    try:
        if not _NAME.issuperset(name):
            raise ValueError(f"the name {name!r} is not lower-case letters, digits and '_'")
        with open(path, encoding="utf-8") as file:
            header = msgspec.convert(tomllib.loads(_block(file.read())), _Header)
        spec = _spec(name, path, private, header)
        _check(spec)
    except ValueError as error:  # a TOMLDecodeError, a UnicodeDecodeError and a ValidationError are some
        raise ValueError(f"{path}: {error}") from None
    return spec


def _block(text: str) -> str:
    """The TOML inside the PEP 723 comment block of type `script`."""
    lines = text.splitlines()
    try:
        first = lines.index("# /// script") + 1
    except ValueError:
        raise ValueError("there is no header (a comment block that begins with '# /// script')") from None
    block: list[str] = []
    for line in lines[first:]:
        if line == "# ///":
            return "\n".join(block)
        if line != "#" and not line.startswith("# "):
            break
        block.append(line[2:])
    raise ValueError("the header does not end in a line '# ///'")


class _Model(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    title: str = ""
    bytes: int = 0
    hub: str = ""
    revision: str = "main"
    files: tuple[str, ...] = ()


class _Facts(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`[tool.vox]` as it stands in the file."""

    title: str
    license: str
    environment: Literal["own", "base"]
    sample_rate: int
    modules: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    language_aliases: dict[str, str] = {}
    speed: tuple[float, float] = (1.0, 1.0)
    streams_audio: bool = False
    streams_text: bool = False
    clones: bool = False
    instructs: bool = False
    deterministic: bool = False
    samples: bool = False
    keep_alive: float | str = "5m"
    voice: str = ""
    default_voices: dict[str, str] = {}
    voices: dict[str, tuple[str, ...]] = {}
    aliases: dict[str, str] = {}
    models: dict[str, _Model] = {}
    install: InstallSpec = InstallSpec()


class _Tools(msgspec.Struct, frozen=True):
    """`[tool]`: other tools' tables are their own business."""

    vox: _Facts


class _Header(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    tool: _Tools
    requires_python: str = ""
    dependencies: tuple[str, ...] = ()


def _spec(name: str, path: str, private: bool, header: _Header) -> EngineSpec:
    facts: dict[str, Any] = {key: getattr(header.tool.vox, key) for key in _Facts.__struct_fields__}
    facts["models"] = {
        model: ModelSpec(model, *(getattr(found, key) for key in _Model.__struct_fields__))
        for model, found in (facts["models"] or {"default": _Model()}).items()
    }
    facts["keep_alive"] = seconds(facts["keep_alive"])
    facts["languages"] = facts["languages"] or tuple(facts["voices"])
    return EngineSpec(
        name=name,
        path=path,
        private=private,
        requires_python=header.requires_python,
        dependencies=header.dependencies,
        **facts,
    )


def _check(spec: EngineSpec) -> None:
    """What a type can't say. Raises `ValueError`."""
    if spec.speed[0] > spec.speed[1]:
        raise ValueError("speed: the slowest comes first")
    for model in spec.models.values():
        if not _MODEL_NAME.issuperset(model.name) or not model.name.strip("."):
            raise ValueError(f"model {model.name!r}: a name is lower-case letters, digits, '_', '-' and '.'")
        if model.files and not model.hub:
            raise ValueError(f"model {model.name!r}: it has files but no hub to pull them from")
    voices = {voice for group in spec.voices.values() for voice in group}
    named = {"voice": spec.voice} if spec.voice else {}
    for where, voice in (named | spec.default_voices | spec.aliases).items():
        if voices and voice not in voices:
            raise ValueError(f"{where}: there is no voice {voice!r}")
