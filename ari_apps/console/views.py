"""What the REST API takes and gives."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ari_apps.destinations import Destination
from queue_strategies.model import AgentState

Seconds = Annotated[float, Field(ge=0, description="seconds")]


class View(BaseModel):
    """Something shown or sent; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(View):
    """Why a request was not carried out."""

    error: str


class AgentView(View):
    """One agent."""

    id: str
    name: str
    state: AgentState
    state_s: Seconds
    ends_in_s: Seconds | None
    """For wrap-up and rest."""
    logged_in: bool
    pause_reason: str | None
    reachable: bool
    queues: list[str]
    paused_queues: dict[str, str]
    """Those of them that the agent does not serve for now, and why."""
    queue: str | None
    call: str | None
    """With whom the agent talks, or whom the agent wraps up."""
    on_hold: bool
    owes_disposition: bool = False
    """Wrap-up does not end before it was said what the call was about."""


class WaitingView(View):
    """A caller in a queue."""

    call: str
    position: int
    waited_s: Seconds
    waited_before_s: Seconds
    """In queues from which the caller was moved; it counts for the position."""
    priority: int
    ringing: list[str]
    callback_number: str | None
    """Where the caller is to be called back, who keeps the place without the line."""


class CallbackView(View):
    """A caller who keeps the place without the line, and is to be called back."""

    call: str
    number: str
    queue: str
    position: int
    priority: int
    joined_at: dt.datetime
    taken_at: dt.datetime
    tries: int
    """Calls to the number that were not answered."""
    failures: int
    """Calls to the number, the last in a row, that could not be made."""
    agents: list[str]
    """Who is reserved, rings or has picked up."""


class QueueView(View):
    """One queue."""

    name: str
    strategy: str
    closed: bool
    """Not in floor.toml any more: who is in it is served, nobody new may join."""
    waiting: int
    talking: int
    ready: int
    logged_in: int
    longest_wait_s: Seconds | None
    estimated_wait_p50_s: Seconds | None
    """Of a caller who came now; None when nobody is at work, or little is known."""
    estimated_wait_p80_s: Seconds | None
    estimates_trusted: bool
    """They have turned out well enough to be announced."""
    agents: dict[AgentState, int]
    callers: list[WaitingView]


class FloorView(View):
    """Everything at one moment."""

    at: dt.datetime
    queues: list[QueueView]
    agents: list[AgentView]


class CallView(View):
    """One call."""

    id: str
    caller_number: str
    caller_name: str
    called_number: str
    started_at: dt.datetime
    destination: str
    """Where it is: `queue:sales`, `menu:main` …"""
    agent: str | None
    """Who rings or talks."""
    language: str
    priority: int


class Reasoned(View):
    """An agent, and a reason why, or why not."""

    agent: str
    why: str


class OfferWhy(View):
    """Why one agent was chosen for a call."""

    agent: str
    at: dt.datetime
    because: str
    asked: str = ""
    """What the caller asked for; empty: anybody would do."""
    ready: int | None = None
    """How many could have been chosen; with the next two, known of the latest calls alone."""
    considered: list[Reasoned] = []
    """The first of them, in the order of their scores."""
    excluded: list[Reasoned] = []
    outcome: str | None = None
    """None: it goes on."""
    lasted_s: float | None = None


class WhyView(View):
    """Why a call is where it is, or was last."""

    call: str
    summary: str
    considered: list[Reasoned]
    """Now."""
    excluded: list[Reasoned]
    offers: list[OfferWhy]
    """In order."""


class Pause(View):
    """A pause."""

    reason: Annotated[str, Field(min_length=1, max_length=40)]
    queue: str | None = None
    """In this queue alone; none: altogether."""


class ReloadedView(View):
    """What came of reading floor.toml anew."""

    removed: list[str]
    """Of each queue that is no more, and in which somebody waits: a sentence about them."""


class Onward(View):
    """Where a call should go."""

    to: Destination


class Moved(View):
    """The queue in which a waiting caller is to wait."""

    queue: Annotated[str, Field(pattern=r"^[\w.-]{1,64}$")]
    anew: bool = False
    """At the end of the line; else where the wait so far belongs."""


class Withdrawn(View):
    """Where a caller goes on who is to wait no more."""

    to: Destination | None = None
    """None: where the queue sends those it withdraws, as floor.toml says; else the call is hung up."""


class Priority(View):
    """A waiting caller's priority; higher is served first."""

    priority: Annotated[int, Field(ge=-1000, le=1000)]
