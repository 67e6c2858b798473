"""Values on their way to Asterisk: checked and encoded; and the trace of the wire.

With the logger `ari_apps.ari.wire` at DEBUG everything is traced: `<` came from Asterisk, `>` goes to it,
`=` is what became of the connection.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from ari_apps.ari.errors import Malformed
from ari_apps.ari.operation import Operation

Value = str | int | bool | Sequence[str] | None

trace = logging.getLogger("ari_apps.ari.wire")

_FORBIDDEN = re.compile(r"[\r\n\x00]")
"""A line break would start a header of its own somewhere behind Asterisk; NUL ends a C string."""


def checked(text: str, what: str) -> str:
    """Give the text back, or raise Malformed when it has a line break, a NUL or half a character in it."""
    if _FORBIDDEN.search(text):
        raise Malformed(f"{what}: a line break or NUL must not be sent to Asterisk: {text!r}")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Malformed(f"{what}: not a valid text: {text!r}") from None
    return text


def path(operation: Operation, names: Sequence[str]) -> str:
    """Fill the names into the operation's path, each percent-encoded whole."""
    if not names:
        return operation.path
    for name in names:
        # "." and ".." are legal ids for Asterisk but every URL library folds them away
        if name in {"", ".", ".."}:
            raise Malformed(f"{operation.name}: {name!r} is no id")
    return operation.path.format(*(quote(checked(name, operation.name), safe="") for name in names))


def query(operation: Operation, given: Mapping[str, Value]) -> str:
    """Encode the given parameters, with the documented default for each that is not given."""
    if unknown := given.keys() - operation.query.keys():
        raise TypeError(f"{operation.name} has no parameter {', '.join(sorted(unknown))}")
    pairs = []
    for key, default in operation.query.items():
        value = given.get(key)
        text = default if value is None else _text(value, f"{operation.name}: {key}")
        if text is not None:
            pairs.append(f"{key}={quote(text, safe='')}")
    return "&".join(pairs)


def variables(given: Mapping[str, str], what: str) -> dict[str, str]:
    """Check the names and values of channel variables."""
    return {checked(name, what): checked(value, what) for name, value in given.items()}


def _text(value: str | int | bool | Sequence[str], what: str) -> str:
    if isinstance(value, str):
        return checked(value, what)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    for item in value:
        if "," in item:
            raise Malformed(f"{what}: a comma separates the items of a list, and is in {item!r}")
    return checked(",".join(value), what)
