"""Blocks about the HTTP interface, from its OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import msgspec

from docs.markdown import code, table
from vox.gateway import formats, openapi
from vox.gateway.app import ROUTES


@cache
def _document() -> dict[str, Any]:
    return openapi.document((*ROUTES, *openapi.routes(ROUTES)))


def _operation(method: str, path: str) -> str:
    """The heading, what it does, and the fields of its body."""
    operation = _document()["paths"][path][method]
    (answer,) = operation["responses"]["200"]["content"]
    summary = (operation["summary"] + ".").replace("?.", "?")
    lines = [f"### {method.upper()} {path}", f"{summary} Answers `{answer}`."]
    if "requestBody" in operation:
        ((kind, content),) = operation["requestBody"]["content"].items()
        shape = _resolved(content["schema"])
        required = shape.get("required", [])
        if kind != "application/json":
            lines[-1] += f" Takes `{kind}`."
        rows = [
            (code(name), _type(field), "**required**" if name in required else _default(field))
            for name, field in shape["properties"].items()
        ]
        lines.append(table(("field", "type", "default"), rows))
    return "\n\n".join(lines)


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A reference followed, and several schemas that all hold as one."""
    if "allOf" in schema:
        each = [_resolved(part) for part in schema["allOf"]]
        properties = {name: field for part in each for name, field in part["properties"].items()}
        return {"properties": properties, "required": [n for part in each for n in part.get("required", [])]}
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = _document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _type(schema: dict[str, Any]) -> str:
    """JSON types in words; null goes without saying, as it is the default wherever it is allowed."""
    schema = _resolved(schema)
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"] if each.get("type") != "null")
    if "enum" in schema:
        return " or ".join(code(_json(value)) for value in schema["enum"] if value is not None)
    if "contentMediaType" in schema:
        return "file"
    if "properties" in schema:
        return code("{" + ", ".join(f'"{name}": …' for name in schema["properties"]) + "}")
    return str(schema["type"])


def _default(schema: dict[str, Any]) -> str:
    return code(_json(schema["default"])) if schema["default"] not in (None, "") else ""


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _formats() -> str:
    def others(name: str) -> str:
        return ", ".join(code(alias) for alias, meant in formats.ALIASES.items() if meant == name)

    rows = [
        (code(each.name), others(each.name), code(each.media_type), str(each.rate or "the engine's own"))
        for each in formats.FORMATS.values()
    ]
    heading = ("format", "also called", "media type", "Hz")
    return f"{table(heading, rows)}\n\n`sample_rate` may be {', '.join(map(str, formats.RATES))}."


BLOCKS: dict[str, Callable[[], str]] = {
    f"operation {method.upper()} {path}": partial(_operation, method, path)
    for path, methods in _document()["paths"].items()
    for method in methods
} | {"formats": _formats}
