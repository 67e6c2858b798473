"""Describe the REST API in OpenAPI 3.1, from the same table by which it is served."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ari_apps.console.operation import Operation
from ari_apps.console.views import Problem

REFERENCE = "#/components/schemas/{model}"
SHOWN = "An API token, the token of a session (POST /api/v1/sessions), or the secret `api`"
PROBLEMS = {
    "400": "The request is not well formed",
    "401": "The token is missing or wrong",
    "403": "Whoever asks has no right to it",
    "404": "There is nothing of this name",
    "408": "The body does not arrive",
    "409": "Not in the state it is in",
    "413": "The body is too long",
    "429": "Asked too often; Retry-After says for how many seconds to wait",
    "503": "Something callfloor depends on is away",
}


def describe(operations: Iterable[Operation], version: str) -> dict[str, Any]:
    """Return the description as JSON-able data."""
    operations = tuple(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _describe(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "callfloor", "version": version},
        "paths": paths,
        "components": {
            "schemas": _schemas(operations),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": SHOWN}},
        },
        "security": [{"token": []}],
    }


def _describe(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": f"Needs the right to {operation.needs}." if operation.needs else "Needs no token.",
        **({"x-needs": str(operation.needs)} if operation.needs else {"security": []}),
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", operation.path)
        ]
        + _query(operation),
        "responses": _success(operation)
        | {
            status: {"description": text, **_content(_reference(Problem))}
            for status, text in PROBLEMS.items()
        },
    }
    if operation.takes is not None:
        described["requestBody"] = {"required": True, **_content(_reference(operation.takes))}
    return described


def _query(operation: Operation) -> list[dict[str, Any]]:
    if operation.asks is None:
        return []
    schema = operation.asks.model_json_schema(by_alias=True, ref_template=REFERENCE)
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "schema": field,
            **({"description": field["description"]} if "description" in field else {}),
        }
        for name, field in schema["properties"].items()
    ]


def _success(operation: Operation) -> dict[str, Any]:
    if operation.gives is None and operation.media:
        sounds = {media: {"schema": {"type": "string", "format": "binary"}} for media in operation.media}
        told = {"200": "All of it", "206": "The range asked for"}
        return {status: {"description": text, "content": sounds} for status, text in told.items()} | {
            "416": {"description": "There is no such range"}
        }
    if operation.gives is None:
        return {"204": {"description": "Done"}}
    one = _reference(operation.gives)
    content = _content({"type": "array", "items": one} if operation.many else one)["content"]
    files = {media: {"schema": {"type": "string"}} for media in operation.media}
    return {"200": {"description": "OK", "content": content | files}}


def _reference(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": REFERENCE.format(model=model.__name__)}


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    wanted: list[tuple[type[BaseModel], Literal["serialization", "validation"]]] = [
        (Problem, "serialization")
    ]
    for operation in operations:
        if operation.gives is not None:
            wanted.append((operation.gives, "serialization"))
        if operation.takes is not None:
            wanted.append((operation.takes, "validation"))
        if operation.asks is not None:
            wanted.append((operation.asks, "validation"))
    schemas: dict[str, Any] = models_json_schema(list(dict.fromkeys(wanted)), ref_template=REFERENCE)[1][
        "$defs"
    ]
    return schemas
