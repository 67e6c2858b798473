"""Give the queries of sql/imports.sql."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import LiteralString

from ami_listeners.queries import NAME, literal


@cache
def statements() -> dict[str, LiteralString]:
    """Return every query of sql/imports.sql by its name."""
    text = (files("ami_listeners") / "sql" / "imports.sql").read_text("utf-8")
    _, *parts = NAME.split(text)
    return {name: literal(sql.strip()) for name, sql in zip(parts[::2], parts[1::2], strict=True)}
