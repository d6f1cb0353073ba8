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
from msgspec.structs import replace

from vox import paths
from vox.errors import NotFound, unknown
from vox.options import seconds

_NAME = frozenset(string.ascii_lowercase + string.digits + "-")
_MODEL_NAME = _NAME | frozenset("_.")


class PartSpec(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """Files of a model that live elsewhere: in another repository of the hub, or at an address."""

    into: str
    """The directory below the model's, or for a `url` that is no archive the file."""
    hub: str = ""
    revision: str = "main"
    files: tuple[str, ...] = ()
    url: str = ""
    """HTTPS. A `.zip` or `.tar.gz` is unpacked without its outermost directory, where all is in one."""
    trust: str = ""
    """Why the user has to agree, as "it is Python code that the engine runs"; empty: there is no need."""


class SampleSpec(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """The recording that upstream publishes with a model without voices of its own: its voice `default`."""

    file: str
    """Below the model's directory."""
    transcript: str = ""
    language: str = ""


class ModelSpec(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """One set of weights, `[tool.vox.models.NAME]`. Without `files` and `parts` there is nothing to pull.
    What is said of a model here holds instead of what the engine says of all."""

    name: str = ""
    title: str = ""
    bytes: int = 0
    """Size of the download, about."""
    hub: str = ""
    """The repository, `owner/name`."""
    revision: str = "main"
    files: tuple[str, ...] = ()
    """Shell patterns of paths in the repository."""
    parts: tuple[PartSpec, ...] = ()
    license: str = ""
    languages: tuple[str, ...] = ()
    vram: int = 0
    """Megabytes on the card that it needs to run, about; 0: not stated. See `variant`."""
    clones: bool | None = None
    instructs: bool | None = None
    voices: bool | tuple[str, ...] = True
    """Which of the engine's preset voices it has: all, none, or these."""
    sample: SampleSpec | None = None
    lacks: tuple[str, ...] = ()
    """Knobs of the engine that this model has no use for."""


class ChunkSpec(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`chunks`: how the knobs `chunk_size` and `first_chunk_size` count, where it is not as presets do, which
    count tokens of 40 ms."""

    tokens: int = 1
    """In one of the engine's own units."""
    block: int = 1
    """A size is a multiple of it, and at least that."""
    most: int = 1_000
    first: int = 0
    """Of the first chunk unasked, where later ones don't grow from it."""


class TorchSpec(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`[tool.vox.install.torch]`: the requirement by device, as `cpu = "torch==2.13.0"`. It is installed
    first and alone, the CPU's from PyTorch's own index where that answers."""

    cpu: str
    cuda: str
    mps: str = ""


class InstallSpec(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`[tool.vox.install]`: what PEP 723 can't say."""

    no_deps: tuple[str, ...] = ()
    """Packages installed last and without what they require."""
    torch: TorchSpec | None = None
    remove: tuple[str, ...] = ()
    """Shell patterns, below `site-packages`, of files to remove in the end."""
    remove_on_cpu: tuple[str, ...] = ()
    """The same, only where torch is the CPU's."""
    megabytes: int = 0
    """Size of the finished environment, about, with torch for the CPU; 0: not stated."""


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
    streams_text: bool | Literal["optional"]
    """Whether it is given the text of a conversation as it is written; "optional": where its user says so."""
    clones: bool
    """Whether it speaks like a recording."""
    instructs: bool
    """Whether it heeds instructions on how to speak."""
    deterministic: bool
    """Whether the same request gives the same samples, even in another process."""
    samples: bool
    """Whether it rolls dice unless it is given a seed."""
    role: Literal["speech", "transcript"]
    hidden: bool
    """Whether it is left out of the lists: it is for tests."""
    slots: int
    """Segments that it takes at once."""
    knobs: tuple[str, ...]
    """Options that a segment may carry; "*" for any."""
    chunks: ChunkSpec
    normalize: Literal["all", "markup", "none"]
    """What is written out in words before it: everything, or only markdown, emoji and addresses since it
    reads figures itself, or nothing."""
    variables: dict[str, str]
    """Environment variables of its worker, unless ours sets them; `{cores}` is the number of cores."""
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

    @property
    def presets(self) -> dict[str, str]:
        """The voices that the header lists, by their names in lower case."""
        return {id.lower(): id for ids in self.voices.values() for id in ids}

    @property
    def cloning(self) -> list[ModelSpec]:
        """The models that speak like a recording."""
        return [model for model in self.models.values() if self.clones_with(model)]

    def clones_with(self, model: ModelSpec) -> bool:
        return self.clones if model.clones is None else model.clones

    def instructs_with(self, model: ModelSpec) -> bool:
        return self.instructs if model.instructs is None else model.instructs

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
        key = name.lower().replace("_", "-")
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
        (stem.lower().replace("_", "-"), os.path.join(directory, stem + suffix))
        for stem, suffix in files
        if suffix == ".py" and not stem.startswith(("_", "."))
    ]


def read(path: str, private: bool) -> EngineSpec:
    """The facts in the header of the engine file `path`. Raises `ValueError` that names file and key."""
    stem = os.path.basename(path).removesuffix(".py")
    name = stem.replace("_", "-")  # a module can't have a hyphen in its name, and people don't type `_`
    try:
        if not _NAME.issuperset(name):
            raise ValueError(f"the name {stem!r} is not lower-case letters, digits and '_'")
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
    streams_text: bool | Literal["optional"] = False
    clones: bool = False
    instructs: bool = False
    deterministic: bool = False
    samples: bool = False
    role: Literal["speech", "transcript"] = "speech"
    hidden: bool = False
    slots: int = 1
    knobs: tuple[str, ...] = ()
    chunks: ChunkSpec = ChunkSpec()
    normalize: Literal["all", "markup", "none"] = "all"
    variables: dict[str, str] = {}
    keep_alive: float | str = "5m"
    voice: str = ""
    default_voices: dict[str, str] = {}
    voices: dict[str, tuple[str, ...]] = {}
    aliases: dict[str, str] = {}
    models: dict[str, ModelSpec] = {}
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
        model: replace(found, name=model)
        for model, found in (facts["models"] or {"default": ModelSpec()}).items()
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
        sources: list[ModelSpec | PartSpec] = [model, *model.parts]
        for source in sources:
            if source.files and not source.hub:
                raise ValueError(f"model {model.name!r}: it has files but no hub to pull them from")
        if any(bool(part.hub) == bool(part.url) for part in model.parts):
            raise ValueError(f"model {model.name!r}: a part has either a hub or a url")
        if any(part.hub and not part.files for part in model.parts):
            raise ValueError(f"model {model.name!r}: a part from a hub names its files")
    voices = {voice for group in spec.voices.values() for voice in group}
    named = {"voice": spec.voice} if spec.voice else {}
    for where, voice in (named | spec.default_voices | spec.aliases).items():
        if voices and voice not in voices:
            raise ValueError(f"{where}: there is no voice {voice!r}")
