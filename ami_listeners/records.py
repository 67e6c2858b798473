"""Write facts as lines of JSON, and read them back: what the spool holds and the database takes."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from ami_listeners.clock import Clock
from ami_listeners.identity import in_system
from queue_strategies.facts import Fact

WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
"""What PostgreSQL cannot hold in a text, and what is no character at all."""


BESIDE = frozenset({"moment", "heard"})
"""What stands beside a fact's body."""
OF_ASTERISK = frozenset({"call", "contact", "visit", "offer", "segment", "channel", "by_channel", "into"})
"""What may be named after a unique id of Asterisk's, which another Asterisk gives too."""


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fact with its name and its time, as it is kept."""

    id: UUID
    at: datetime
    kind: str
    source: str
    body: dict[str, Any]
    system: str = ""
    """Of which Asterisk it was told; empty where there is one."""
    listener: str = ""
    """Who heard it, where that matters."""
    heard: bool = True


decode = msgspec.json.Decoder(Record).decode
encode = msgspec.json.Encoder().encode


class Shape(NamedTuple):
    """What facts of one class are called, and what they tell beside their moment."""

    kind: str
    names: tuple[str, ...]


SHAPES: dict[str, Shape] = {}


def shape(fact: Fact) -> Shape:
    """Give the shape of a fact; QueueJoined is queue_joined."""
    name = type(fact).__name__
    if name not in SHAPES:
        told = tuple(field.name for field in fields(fact) if field.name not in BESIDE)
        SHAPES[name] = Shape(WORD.sub("_", name).lower(), told)
    return SHAPES[name]


def record(
    fact: Fact, id_: UUID, source: str, clock: Clock, *, system: str = "", listener: str = ""
) -> Record:
    """Give a fact a name and a time; a moment within it becomes a time too: `began_moment` is `began_at`.

    Where several Asterisks are listened to, what they name alike is told apart: 1772438400.1 of the system
    `north` is north/1772438400.1.
    """
    kind, names = shape(fact)
    body: dict[str, Any] = {}
    for name in names:
        value = getattr(fact, name)
        if name.endswith("_moment"):
            body[name.removesuffix("moment") + "at"] = clock.at(value)
        elif isinstance(value, str):
            body[name] = UNWRITABLE.sub("�", value) if UNWRITABLE.search(value) else value
            if system and name in OF_ASTERISK:
                body[name] = in_system(system, body[name])
        else:
            body[name] = value
    return Record(id_, clock.at(fact.moment), kind, source, body, system, listener, fact.heard)
