"""Write `messages.py` and `operations.py` from the description that every Asterisk serves of its own ARI.

    python -m ari_apps.ari.generate http://USER:PASSWORD@127.0.0.1:8088 [FOLDER]

Reads `/ari/api-docs/*.json` (Swagger 1.2) and takes names, types and defaults from it; the prose is ours. Run
it again for a newer Asterisk and read the difference; a test compares what is checked in with the running
one.
"""

from __future__ import annotations

import json
import keyword
import re
import sys
import urllib.parse
import urllib.request
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ari_apps.ari.sentences import SENTENCES

Docs = Mapping[str, Mapping[str, Any]]
"""Resource name, such as `channels`, to its api-docs."""

RESOURCES = (
    "applications",
    "asterisk",
    "bridges",
    "channels",
    "deviceStates",
    "endpoints",
    "events",
    "mailboxes",
    "playbacks",
    "recordings",
    "sounds",
)
_TYPES = {
    "string": "str",
    "int": "int",
    "long": "int",
    "double": "float",
    "boolean": "bool",
    "Date": "datetime",
    "object": "dict[str, Any]",
}
_LINE_LENGTH = 110


def fetch(url: str) -> Docs:
    """Read the description from the Asterisk at `http://user:password@host:port`."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        raise SystemExit(f"{url}: not an http address")
    login = f"{urllib.parse.unquote(parts.username or '')}:{urllib.parse.unquote(parts.password or '')}"
    headers = {"Authorization": f"Basic {b64encode(login.encode()).decode()}"}
    where = f"{parts.scheme}://{parts.hostname}:{parts.port or 8088}/ari/api-docs"
    docs: dict[str, Mapping[str, Any]] = {}
    for name in RESOURCES:
        request = urllib.request.Request(f"{where}/{name}.json", headers=headers)  # noqa: S310 (checked above)
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            docs[name] = json.load(answer)
    return docs


# -- models -> messages.py ---------------------------------------------------------------------------------


def models(docs: Docs) -> dict[str, Mapping[str, Any]]:
    """Gather every model of every resource, by name."""
    return {name: model for doc in docs.values() for name, model in doc["models"].items()}


def parents(found: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Tell for every derived model what it derives from."""
    return {child: name for name, model in found.items() for child in model.get("subTypes", ())}


def python_type(swagger: str) -> str:
    """Translate a Swagger type; an enumeration stays `str`, because a newer Asterisk may add values."""
    if inner := re.fullmatch(r"List\[(\w+)\]", swagger):
        return f"list[{python_type(inner[1])}]"
    return _TYPES.get(swagger, swagger)


def python_name(name: str) -> str:
    """Turn `from` into `from_` and leave the rest alone."""
    return f"{name}_" if keyword.iskeyword(name) else name


def field_lines(name: str, spec: Mapping[str, Any]) -> Iterator[str]:
    """Write one attribute: required ones bare, the others with None."""
    required = bool(spec.get("required"))
    declared = python_type(spec["type"]) + ("" if required else " | None")
    arguments = [] if required else ["default=None"]
    if python_name(name) != name:
        arguments.append(f'name="{name}"')
    default = ""
    if arguments:
        default = " = None" if arguments == ["default=None"] else f" = msgspec.field({', '.join(arguments)})"
    yield f"    {python_name(name)}: {declared}{default}"
    if values := spec.get("allowableValues", {}).get("values"):
        yield f'    """{", ".join(values)}."""'


def in_order(found: Mapping[str, Mapping[str, Any]], above: Mapping[str, str]) -> list[str]:
    """Sort models so that whatever a model names or derives from stands before it."""
    done: dict[str, None] = {}

    def visit(name: str) -> None:
        if name in done or name not in found:
            return
        if name in above:
            visit(above[name])
        for spec in found[name]["properties"].values():
            visit(re.sub(r"List\[(\w+)\]", r"\1", spec["type"]))
        done[name] = None

    for name in sorted(found):
        visit(name)
    return list(done)


def model_lines(name: str, model: Mapping[str, Any], parent: str | None) -> Iterator[str]:
    """Write one class."""
    tagged = ", tag=True" if parent is not None and not model.get("subTypes") else ""
    yield ""
    yield ""
    yield f"class {name}({parent or 'Model'}{tagged}, frozen=True, kw_only=True):"
    yield f'    """{SENTENCES.get(name, f"What ARI calls {name}.")}"""'
    fields = {
        key: spec for key, spec in model["properties"].items() if not (name == "Message" and key == "type")
    }
    if fields:
        yield ""
    for key, spec in sorted(fields.items(), key=lambda item: not item[1].get("required")):
        yield from field_lines(key, spec)


def messages(docs: Docs) -> str:
    """Write the source of `messages.py`."""
    found = models(docs)
    above = parents(found)
    names = in_order(found, above)
    leaves = sorted(name for name in above if not found[name].get("subTypes") and above[name] == "Event")
    lines = [
        '"""The nouns and events of ARI, as typed messages.',
        "",
        "Generated by `python -m ari_apps.ari.generate`; edit the generator instead. "
        "Fields that Asterisk does",
        "not promise are None when absent; fields it adds later are ignored. `Event` is "
        "what every event has;",
        'match on the classes: `case StasisStart(channel=channel, args=["inbound", *_]):`.',
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from datetime import datetime",
        "from typing import Any",
        "",
        "import msgspec",
        "",
        "",
        "class Model(msgspec.Struct, frozen=True, kw_only=True, gc=False):",
        '    """Anything Asterisk describes."""',
    ]
    for name in names:
        lines += model_lines(name, found[name], above.get(name))
    lines += ["", "", "AnyEvent = (", f"    {leaves[0]}", *(f"    | {name}" for name in leaves[1:]), ")"]
    lines += ['"""Every event there is; the attribute `type` of the text tells which."""', ""]
    return "\n".join(lines).replace(
        "class Message(Model, frozen", 'class Message(Model, tag_field="type", frozen'
    )


# -- operations -> operations.py ---------------------------------------------------------------------------


def constant(resource: str, nickname: str) -> str:
    """Name an operation: `channels`, `ringStop` -> `CHANNELS_RING_STOP`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", f"{resource}_{nickname}")
    return words.upper()


def described(docs: Docs) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Give every operation as (constant, path, description)."""
    for resource, doc in sorted(docs.items()):
        for api in doc["apis"]:
            for operation in api["operations"]:
                if "upgrade" not in operation:
                    yield constant(resource, operation["nickname"]), api["path"], operation


def parameters(operation: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Give the parameters of one kind (path, query, body), each with its default or None."""
    return {
        spec["name"]: spec.get("defaultValue")
        for spec in operation.get("parameters", ())
        if spec["paramType"] == kind
    }


def operation_lines(name: str, path: str, operation: Mapping[str, Any]) -> Iterable[str]:
    """Write one constant."""
    arguments = [f'"{name.lower()}"', f'"{operation["httpMethod"]}"', f'"{re.sub(r"{[^}]*}", "{}", path)}"']
    if query := parameters(operation, "query"):
        given = ", ".join(f'"{key}": {_literal(value)}' for key, value in query.items())
        arguments.append(f"{{{given}}}")
    if parameters(operation, "body"):
        arguments.append("body=True")
    line = f"{name} = Operation({', '.join(arguments)})"
    if len(line) <= _LINE_LENGTH:
        return [line]
    inside = f"    {', '.join(arguments)}"
    if len(inside) <= _LINE_LENGTH:
        return [f"{name} = Operation(", inside, ")"]
    return [f"{name} = Operation(", *(f"    {argument}," for argument in arguments), ")"]


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return f'"{str(value).lower()}"'
    return "None" if value is None else f'"{value}"'


def operations(docs: Docs) -> str:
    """Write the source of `operations.py`."""
    lines = [
        '"""The operations of ARI: method, path, and each query parameter with its documented default.',
        "",
        "Generated by `python -m ari_apps.ari.generate`; edit the generator instead. The defaults are sent",
        "explicitly, because Asterisk does not apply all it documents (`mute` without "
        "`direction` is refused).",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from ari_apps.ari.operation import Operation",
        "",
    ]
    for name, path, operation in described(docs):
        lines += operation_lines(name, path, operation)
    return "\n".join([*lines, ""])


def main(arguments: list[str]) -> None:
    """Write both files into FOLDER, by default the one this file is in."""
    if not 1 <= len(arguments) <= 2:
        raise SystemExit("usage: python -m ari_apps.ari.generate http://USER:PASSWORD@HOST:PORT [FOLDER]")
    docs = fetch(arguments[0])
    folder = Path(arguments[1]) if len(arguments) == 2 else Path(__file__).parent
    (folder / "messages.py").write_text(messages(docs))
    (folder / "operations.py").write_text(operations(docs))


if __name__ == "__main__":
    main(sys.argv[1:])
