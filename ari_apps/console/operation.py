"""One thing that can be done by REST: where, with what, and who answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from ari_apps.console.sound import Sound
from queue_strategies.rights import Person, Scope


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read and checked."""

    path: dict[str, str]
    """The names in the path, by their placeholders."""
    body: Any
    """An instance of the operation's `takes`; None when it takes nothing."""
    query: Any = None
    """An instance of the operation's `asks`; None when it asks nothing."""
    who: Person = field(kw_only=True)
    """Who asks."""
    address: str = field(default="", kw_only=True)
    """From where."""
    token: str = field(default="", kw_only=True)
    """The id of the token shown; empty: the local one."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file as an answer."""

    content: bytes
    media_type: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A method and path, and what stands behind it."""

    method: str
    path: str
    """It names no customer: what stands in it is kept in the trail as it is, after an erasure too."""
    summary: str
    needs: Scope | None
    """What whoever asks must be allowed to do; None: nothing, it is how one comes in."""
    answer: Callable[[Asked], Awaitable[BaseModel | list[Any] | Document | Sound | None]]
    takes: type[BaseModel] | None = None
    asks: type[BaseModel] | None = None
    """What may stand behind the question mark of the path."""
    gives: type[BaseModel] | None = None
    """None: 204 without content."""
    many: bool = False
    """A list of `gives`."""
    media: tuple[str, ...] = ()
    """As which other media types it can be given."""
    hears: bool = False
    """It lets somebody hear or read what is private, and is written down though it changes nothing."""

    @property
    def noted(self) -> bool:
        """Whether it stands in the trail, whatever comes of it."""
        return self.hears or self.method != "GET"

    @property
    def id(self) -> str:
        """Name the operation, for programs that are generated from the description."""
        words = [word for word in self.path.removeprefix("/api/v1").split("/") if word and "{" not in word]
        name = "_".join([self.method.lower(), *words]).replace("-", "_")
        return f"{name}_one" if self.path.endswith("}") else name
