"""The OpenAPI document, made from the routes, and a page to read and try it that needs no other host."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import msgspec

import vox
from vox.gateway.core import Gateway
from vox.gateway.http import Request, Response, Route, json_response

_ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}


def routes(described: Sequence[Route]) -> tuple[Route, ...]:
    """`/openapi.json` and `/docs` for the routes in `described`."""

    async def openapi(gateway: Gateway, request: Request) -> Response:
        return json_response(document(described))

    return (
        Route("GET", "/openapi.json", openapi, "This document"),
        Route("GET", "/docs", _docs, "A page to read it and try it", answers="text/html"),
    )


async def _docs(gateway: Gateway, request: Request) -> Response:
    with open(os.path.join(os.path.dirname(__file__), "docs.html"), "rb") as file:
        return Response(200, file.read(), b"text/html; charset=utf-8")


def document(described: Sequence[Route]) -> dict[str, Any]:
    """OpenAPI 3.1 for `described`, which has one operation for a path and method."""
    described = [route for route in described if not route.header]
    shapes = [route.body for route in described if route.body is not None]
    schemas, components = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    by_shape = dict(zip(shapes, schemas, strict=True))
    operations: dict[str, dict[str, Any]] = {}
    for route in described:
        operations.setdefault(route.path, {})[route.method.lower()] = _operation(route, by_shape)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "vox",
            "version": vox.__version__,
            "description": "One door to every neural voice on a machine.",
        },
        "paths": operations,
        "components": {"schemas": components | {"Error": _ERROR}},
    }


def _operation(route: Route, shapes: dict[type, dict[str, Any]]) -> dict[str, Any]:
    error = {"description": "An error", "content": {"application/json": {"schema": _ref("Error")}}}
    operation: dict[str, Any] = {
        "summary": route.summary,
        "responses": {"200": {"description": "OK", "content": {route.answers: {}}}, "default": error},
    }
    if route.body is not None:
        kind = "multipart/form-data" if route.files else "application/json"
        schema = shapes[route.body]
        if route.files:
            file = {"type": "string", "contentMediaType": "audio/*"}
            files = {
                "type": "object",
                "properties": dict.fromkeys(route.files, file),
                "required": route.files,
            }
            schema = {"allOf": [schema, files]}
        operation["requestBody"] = {"required": True, "content": {kind: {"schema": schema}}}
    if "{" in route.path:
        name = route.path.partition("{")[2].partition("}")[0]
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        ]
    return operation


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
