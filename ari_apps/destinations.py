"""Where a call can go, as people write it: `queue:sales`, `agent:anna`, `hangup:busy`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from queue_strategies.errors import CallfloorError

DIGITS_PLACEHOLDER = "{digits}"
"""Stands in `extension:{digits}` for what the caller dialled; resolved only to an extension that exists."""


class DestinationKind(StrEnum):
    """The kinds of places a call can go to."""

    QUEUE = "queue"
    MENU = "menu"
    AGENT = "agent"
    EXTENSION = "extension"
    NUMBER = "number"
    """A number in the outside world, through a trunk."""
    VOICEMAIL = "voicemail"
    PYTHON = "python"
    HANGUP = "hangup"


HANGUP_CAUSES: Mapping[str, int] = {"": 16, "busy": 17, "congestion": 34, "rejected": 21, "unallocated": 1}
"""What follows `hangup:`, and its Q.850 cause."""

_NAME = re.compile(r"[\w.-]{1,64}")
_EXTENSION = re.compile(r"[0-9A-Za-z*#+_-]{1,32}")
_NUMBER = re.compile(r"\+?[0-9*#]{1,32}")
_PYTHON = re.compile(r"(?!\d)\w+(\.(?!\d)\w+)*:(?!\d)\w+")
_SHAPES: Mapping[DestinationKind, tuple[Callable[[str], object], str]] = {
    DestinationKind.EXTENSION: (
        lambda name: name == DIGITS_PLACEHOLDER or _EXTENSION.fullmatch(name),
        "an extension such as extension:101, or extension:{digits} for what the caller dialled",
    ),
    DestinationKind.NUMBER: (_NUMBER.fullmatch, "digits, perhaps after a +, as in number:+4930123456"),
    DestinationKind.PYTHON: (_PYTHON.fullmatch, "a module and a function, as in python:my_ivr:main"),
    DestinationKind.HANGUP: (
        HANGUP_CAUSES.__contains__,
        "hangup, hangup:busy, hangup:congestion, hangup:rejected or hangup:unallocated",
    ),
}


class DestinationError(CallfloorError, ValueError):
    """A text does not name a place where a call can go."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A place where a call can go; `str()` of it is what people write."""

    kind: DestinationKind
    name: str = ""

    @classmethod
    def parse(cls, text: str) -> Destination:
        """Read `kind:name`; raise DestinationError with the remedy when it is none."""
        kind_text, _, name = text.partition(":")
        try:
            kind = DestinationKind(kind_text)
        except ValueError:
            kinds = ", ".join(DestinationKind)
            raise DestinationError(
                f"{text!r} is no destination, write kind:name with one of {kinds}"
            ) from None
        fits, shape = _SHAPES.get(kind, (_NAME.fullmatch, f"a name, as in {kind}:sales"))
        if not fits(name):
            raise DestinationError(f"{text!r} is no destination, write {shape}")
        return cls(kind, name)

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else str(self.kind)

    @property
    def hangup_cause(self) -> int:
        """Return the Q.850 cause to hang up with; 16, normal clearing, for all but `hangup:…`."""
        return HANGUP_CAUSES[self.name] if self.kind is DestinationKind.HANGUP else HANGUP_CAUSES[""]

    @property
    def asks_for_digits(self) -> bool:
        """Tell whether the name is still to be filled in with what the caller dials."""
        return self.name == DIGITS_PLACEHOLDER

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let pydantic read a destination from a string and write it as one."""
        return core_schema.no_info_plain_validator_function(
            cls._from_input,
            json_schema_input_schema=core_schema.str_schema(),
            serialization=core_schema.to_string_ser_schema(),
        )

    @classmethod
    def _from_input(cls, given: object) -> Destination:
        if isinstance(given, Destination):
            return given
        if isinstance(given, str):
            return cls.parse(given)
        raise DestinationError(f"{given!r} is no destination, write it as text, as in queue:sales")


HANGUP = Destination(DestinationKind.HANGUP)


@dataclass(frozen=True, slots=True)
class Reference:
    """A name the configuration uses, and the place where it does."""

    place: str
    """As in `menus.main.keys.1`."""
    kind: str
    """A DestinationKind's value, or `calendar`."""
    name: str


def refer(place: str, destination: Destination | None) -> Iterator[Reference]:
    """Yield the name this destination uses, if it uses one that has to exist."""
    if destination is None or destination.asks_for_digits:
        return
    if destination.kind is not DestinationKind.HANGUP:
        yield Reference(place, destination.kind.value, destination.name)
