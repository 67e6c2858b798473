"""What every recording needs, and in which words it is told of a call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from ami_listeners.clock import Clock
from ari_apps.ari import Ari
from ari_apps.crew import Crew
from ari_apps.dispatcher import Dispatcher
from ari_apps.recording.keeping import Keeping
from ari_apps.recording.notes import Notes
from queue_strategies.facts import Fact
from queue_strategies.model import AgentId, ContactId, QueueName, VisitId
from queue_strategies.recording import Happened, Wanted

AT_ONCE = 8
"""Asterisk serves calls over the same 32 connections, and they go first."""


@dataclass(frozen=True, slots=True)
class Talk:
    """With whom the customer talks."""

    wanted: Wanted
    agent: AgentId | None = None
    queue: QueueName | None = None
    visit: VisitId | None = None
    leg: str = ""
    """The channel of whom the caller talks with."""
    hold: bool = True
    keep_days: int = 0


@dataclass(frozen=True, slots=True)
class Guest:
    """Who else is heard in a talk: a supervisor who has barged in, or has taken the agent's place."""

    channel: str
    instead: bool = False
    """The agent is not heard meanwhile."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened, and who waits until it is followed; `happened` is None when a guest comes."""

    happened: Happened | None
    talk: Talk | None = None
    by: str = ""
    followed: asyncio.Future[None] | None = None


@dataclass(frozen=True, slots=True)
class Studio:
    """What every recording needs."""

    ari: Ari
    dispatcher: Dispatcher
    crew: Crew
    clock: Clock
    notes: Notes
    keeping: Keeping
    new_id: Callable[[], str]
    remember: Callable[[Fact], None]
    beginning: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    """Whom many calls at once would keep from answering is asked for a few at a time."""
    ending: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    """Apart from those that begin, so that a pause never waits for them."""
    pause_watchers: list[Callable[[ContactId, bool], None]] = field(default_factory=list)
    """Told when somebody asks that nobody hear what is said now, and when that is over."""
