"""Blocks about settings, errors, engines, the wire and the life of a worker."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, is_typeddict

import vox
from docs.markdown import code, fence, table
from vox import config, errors, options
from vox.gateway.fleet import catalog, lifecycle
from vox.gateway.fleet.catalog import EngineSpec
from vox.wire import frames, messages

_TYPES = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    options.Seconds: "duration",
    list[str]: "list",
}


def _duration(seconds: float) -> str:
    return f"{seconds / 60:g}m" if seconds >= 60 and seconds % 60 == 0 else f"{seconds:g}"


def _default(option: options.Option) -> str:
    if option.type is options.Seconds:
        return _duration(option.default)
    value = ",".join(option.default) if isinstance(option.default, list) else str(option.default)
    return value.lower() if option.type is bool else value


def _options() -> str:
    rows = [
        (code(each.key), _TYPES[each.type], code(_default(each)), code(each.variable), each.help)
        for each in config.OPTIONS
        if each.type in _TYPES
    ]
    return table(("key", "type", "default", "variable", "meaning"), rows)


def _engine_options() -> str:
    return table(("key", "meaning"), [(code(key), meaning) for key, meaning in config.ENGINE_OPTIONS.items()])


def _presets() -> str:
    rows = [
        (code(name), *(f"{knobs[knob]:g}" if knob in knobs else "" for knob in config.KNOBS))
        for name, knobs in config.PRESETS.items()
    ]
    return table(("preset", *map(code, config.KNOBS)), rows)


def _knobs() -> str:
    rows = [(code(each.key), f"{each.least:g} to {each.most:g}", each.help) for each in config.KNOBS.values()]
    return table(("knob", "from, to", "meaning"), rows)


def _kinds() -> dict[str, type[errors.VoxError]]:
    classes = [each for each in vars(errors).values() if isinstance(each, type)]
    return {each.__name__: each for each in classes if issubclass(each, errors.VoxError)}


def _errors() -> str:
    """What a class means is told by the tree at the head of the module."""
    meanings = dict(re.findall(r"── (\w+) +(?:\d+)? *(.*)", errors.__doc__ or ""))
    rows = [
        (code(name), str(each.status), code(each.kind), code(each.default_code or ""), meanings.get(name, ""))
        for name, each in _kinds().items()
    ]
    return table(("class", "status", "type", "code", "meaning"), rows)


def _codes() -> str:
    """Every `code` that an answer may carry: defaults, the workers' own, and those given in the gateway."""
    kinds = _kinds()
    found = {(each.default_code, each.status) for each in kinds.values() if each.default_code}
    found |= {(word, each.status) for word, each in errors.FROM_WORKER.items()}
    for path in (Path(vox.__file__).parent / "gateway").rglob("*.py"):
        if path.stem in ("install", "errands"):  # the command line's own
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds:
                given = [word.value for word in node.keywords if word.arg == "code"]
                words = [str(value.value) for value in given if isinstance(value, ast.Constant)]
                found |= {(word, kinds[node.func.id].status) for word in words}
    return table(("code", "status"), [(code(word), str(status)) for word, status in sorted(found)])


def _engines() -> str:
    return "\n\n".join(_engine(each) for each in catalog.load().engines.values() if not each.private)


_WRITTEN = {"all": "everything", "markup": "markdown, emoji and addresses", "none": "nothing"}


def _engine(spec: EngineSpec) -> str:
    voices = sum(map(len, spec.voices.values()))
    able = ("streams_audio", "streams_text", "clones", "instructs", "deterministic", "samples")
    rows = [
        ("licence", spec.license),
        ("environment", "its own" if spec.environment == "own" else "vox's own"),
        ("systems", ", ".join(spec.platforms) or "all"),
        ("sample rate", f"{spec.sample_rate} Hz" if spec.sample_rate else "none: it listens"),
        ("languages", ", ".join(spec.languages) or "those of its voices: `vox voices " + spec.name + "`"),
        ("voices", str(voices or "asked from the engine")),
        ("default voice", code(spec.voice) or "the first"),
        ("speed by itself", f"{spec.speed[0]:g} to {spec.speed[1]:g}"),
        ("options", ", ".join(map(code, spec.knobs)) or "none"),
        ("written out before it", _WRITTEN[spec.normalize]),
        ("segments at once", str(spec.slots)),
        ("facts", ", ".join(word.replace("_", " ") for word in able if getattr(spec, word)) or "none"),
        ("keep-alive", _duration(spec.keep_alive)),
    ]
    models = [
        (code(f"{spec.name}/{each.name}"), each.title, f"{each.bytes / 1e6:,.0f} MB", each.hub, each.license)
        for each in spec.models.values()
        if each.files
    ]
    parts = [f"## {spec.name}: {spec.title}", table(("fact", spec.name), rows)]
    return "\n\n".join(
        [*parts, table(("model", "what", "to pull", "from", "licence"), models)] if models else parts
    )


def _source(of: type[Any]) -> str:
    return fence(inspect.getsource(of).strip(), "python")


def _frames() -> str:
    rules = inspect.cleandoc(frames.__doc__ or "").partition("\n\n")[2]
    return f"{rules}\n\n`WINDOW` is {frames.WINDOW:,} bytes.\n\n{_source(frames.Kind)}"


def _payloads() -> str:
    return "\n\n".join(_source(each) for each in vars(messages).values() if is_typeddict(each))


BLOCKS: dict[str, Callable[[], str]] = {
    "options": _options,
    "engine options": _engine_options,
    "presets": _presets,
    "knobs": _knobs,
    "errors": _errors,
    "error codes": _codes,
    "engines": _engines,
    "frames": _frames,
    "payloads": _payloads,
    "lifecycle": lambda: fence(lifecycle.mermaid(), "mermaid"),
}
