"""One operation of ARI, as its description has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """A request that Asterisk knows, compared and hashed by identity."""

    name: str
    method: str
    path: str
    """With `{}` for each part that varies."""
    query: Mapping[str, str | None] = field(default_factory=dict)
    """Each parameter and its documented default, None where there is none."""
    body: bool = False
    """Whether variables (or a filter) may be sent as JSON."""
