"""What is checked in against what the running Asterisk says of itself."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import get_args
from urllib.parse import quote

import msgspec
import pytest

import ari_apps.ari
from ari_apps.ari import generate, messages, operations
from ari_apps.ari.operation import Operation
from tests.ari_apps.ari.switchboard import Switchboard

PACKAGE = Path(ari_apps.ari.__file__).parent


@pytest.fixture(scope="module")
async def docs(switchboard: Switchboard) -> generate.Docs:
    settings = switchboard.settings
    login = f"{settings.user}:{quote(settings.password)}"
    return await asyncio.to_thread(generate.fetch, settings.url.replace("//", f"//{login}@"))


def test_every_event_we_decode_has_these_fields_in_asterisk(docs: generate.Docs) -> None:
    described = generate.models(docs)
    above = generate.parents(described)
    for name in dir(messages):
        struct = getattr(messages, name)
        if not isinstance(struct, type) or not issubclass(struct, messages.Model) or struct is messages.Model:
            continue
        properties = dict(described[name]["properties"])
        while name in above:
            name = above[name]
            properties |= described[name]["properties"]
        for field in msgspec.structs.fields(struct):
            told = properties[field.encode_name]
            assert field.required == bool(told.get("required")), f"{struct.__name__}.{field.name}"
            declared = struct_annotation(struct, field.name).removesuffix(" | None")
            assert declared == generate.python_type(told["type"]), f"{struct.__name__}.{field.name}"


def struct_annotation(struct: type, field: str) -> str:
    return str(next(base.__annotations__[field] for base in struct.__mro__ if field in base.__annotations__))


def test_no_event_of_asterisk_is_unknown_to_us(docs: generate.Docs) -> None:
    described = {
        name for name, parent in generate.parents(generate.models(docs)).items() if parent == "Event"
    }
    assert described <= {kind.__name__ for kind in get_args(messages.AnyEvent)}


def test_every_operation_we_call_exists_in_asterisk_with_these_parameters(docs: generate.Docs) -> None:
    called = set()
    for file in PACKAGE.glob("*.py"):
        called |= set(re.findall(r"\boperations\.([A-Z_]+)", file.read_text()))
    described = {name: (path, told) for name, path, told in generate.described(docs)}
    assert len(called) > 50
    for name in called:
        operation: Operation = getattr(operations, name)
        path, told = described[name]
        assert operation.method == told["httpMethod"], name
        assert operation.path == re.sub(r"{[^}]*}", "{}", path), name
        query = generate.parameters(told, "query")
        assert operation.query.keys() == query.keys(), name
        assert operation.body == bool(generate.parameters(told, "body")), name


def test_the_generator_writes_what_is_checked_in(docs: generate.Docs, tmp_path: Path) -> None:
    """Only the layout may differ: the files are formatted after they are written."""
    written = {"messages.py": generate.messages(docs), "operations.py": generate.operations(docs)}
    for name, text in written.items():
        assert re.sub(r"[\s,()]+", "", text) == re.sub(r"[\s,()]+", "", (PACKAGE / name).read_text()), name
