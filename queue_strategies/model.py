"""The nouns of the floor: contacts, visits, offers, agents, queues.

Every duration is in seconds and says so in its name. A moment is a reading of one monotonic clock, in
seconds; the floor is told it and never reads it. Wall-clock time enters only where a row or a calendar
needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from queue_strategies.announcements import Announcements
from queue_strategies.callback import CallbackRules, KeptPlace

ContactId = NewType("ContactId", str)
"""One customer asking once, from arrival to goodbye."""
VisitId = NewType("VisitId", str)
"""One stay of a contact in one queue; the unit of the queue figures."""
OfferId = NewType("OfferId", str)
"""One visit put before one agent."""
AgentId = NewType("AgentId", str)
QueueName = NewType("QueueName", str)
Skill = NewType("Skill", str)
"""Something an agent can do at a level from 1, the better the higher: a language, a product."""


class EmptyRule(StrEnum):
    """Say when a queue counts as having nobody to serve it."""

    NEVER = "never"
    NOBODY_LOGGED_IN = "nobody_logged_in"
    NOBODY_UNPAUSED = "nobody_unpaused"
    """Every member is logged out or paused."""
    NOBODY_REACHABLE = "nobody_reachable"
    """Every member is logged out, paused, or has a phone that cannot be reached."""


class Absence(StrEnum):
    """Why a member may not count as being there; a queue names those that matter to it."""

    LOGGED_OUT = "logged_out"
    PAUSED = "paused"
    """Also while a pause is asked for and a call goes on."""
    UNREACHABLE = "unreachable"
    """The phone cannot be reached, or did not respond."""
    NOT_RESPONDING = "not_responding"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    BUSY = "busy"
    """On a call that no queue gave."""
    RESTING = "resting"
    PENALTY = "penalty"
    """Not among those who may be rung for the caller in question: penalty, skills."""


class Autopause(StrEnum):
    """What happens to an agent who lets the phone ring: app_queue's autopause no, yes and all."""

    NO = "no"
    QUEUE = "queue"
    """The agent serves this queue no more until told otherwise."""
    ALL = "all"
    """The agent pauses."""


class AgentState(StrEnum):
    """What an agent is doing; exactly one holds at any moment. The first that applies, from the top."""

    TALKING = "talking"
    """Also after logging out in mid-call, until that call is over."""
    RINGING = "ringing"
    """Reserved for a caller: from the decision to ring until the two are bridged or the offer is over."""
    LOGGED_OUT = "logged_out"
    WRAP_UP = "wrap_up"
    BUSY = "busy"
    """On a call that no queue gave: dialled by hand, a consultation, or on a native queue."""
    PAUSED = "paused"
    NOT_RESPONDING = "not_responding"
    """Did not pick up so often in a row that nobody is offered until the agent is ready again."""
    UNREACHABLE = "unreachable"
    """The phone is unplugged or not registered, or did not respond to the last offer."""
    RESTING = "resting"
    """Did not take the last offer, and is spared the next for a moment."""
    READY = "ready"


class VisitOutcome(StrEnum):
    """How a queue visit ended; METRICS: each its own outcome, only ABANDONED is an abandon."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    TIMED_OUT = "timed_out"
    LEFT_EMPTY = "left_empty"
    FULL = "full"
    EXITED_BY_KEY = "exited_by_key"
    WITHDRAWN = "withdrawn"
    LOST = "lost"
    """Asterisk or the line failed under the caller."""
    CALLBACK_FAILED = "callback_failed"
    """The caller was to be called back, and was not reached in so many calls."""


class OfferOutcome(StrEnum):
    """How an offer ended."""

    ANSWERED = "answered"
    RANG_OUT = "rang_out"
    DECLINED = "declined"
    """The agent refused, or the phone said busy."""
    UNREACHABLE = "unreachable"
    """No phone: not registered, unplugged, or it never answered the INVITE."""
    FAILED = "failed"
    """Answered, but the two could not be bridged; or Asterisk refused the request."""
    CALLER_LEFT = "caller_left"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    NOT_REACHED = "not_reached"
    """The customer was to be called back and did not answer; no fault of the agent's."""
    WITHDRAWN = "withdrawn"
    """The floor took it back: the caller timed out, the agent logged out, the queue was removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Widening:
    """What changes for a caller who has waited so long. What is None stays as it was.

    A line of app_queue's queuerules.conf; a ring of a bullseye.
    """

    after_s: float
    min_penalty: int | None = None
    """Members below it are no longer rung."""
    max_penalty: int | None = None
    """Members above it are not rung yet."""
    raise_penalty: int | None = None
    """Members below it count as having it, so that they stand beside those who do."""
    skills: Mapping[Skill, int] = field(default_factory=dict)
    """Levels that will do from now on; 0: the skill is no longer asked for. A level never rises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A line of waiting callers and the rules by which it is served."""

    name: QueueName
    strategy: str = "longest_idle"
    """Which agent is rung: one of `queue_strategies.strategies.STRATEGIES`."""
    weight: int = 0
    """Between queues: an agent who comes free serves the queue of the highest weight first."""
    share: float = 1.0
    """Order fair-share: callers of this queue for one of a queue whose share is 1."""
    skills: Mapping[Skill, int] = field(default_factory=dict)
    """What every caller of this queue asks of an agent; a caller may ask for more."""
    rule: tuple[Widening, ...] = ()
    """How a caller's demands widen with waiting, in the order of `after_s`."""
    penalty_members_limit: int = 0
    """With so many members or fewer, penalties do not count (app_queue: penaltymemberslimit)."""
    last_agent_patience_s: float = 0.0
    """A caller who asks for one agent waits so long for that agent alone, who must be logged in."""
    offers_per_agent: int | None = None
    """An agent who did not take a caller so often is not rung for that caller again; None: no limit."""
    ring_progressively_delay_s: float = 10.0
    """Strategy ring-progressively: one more phone rings each time so long has gone by."""
    skill_worth_s: float = 60.0
    """Strategy best-skill: a level more is worth so much being idle."""
    handle_time_worth: float = 10.0
    """Strategy predicted-best: a second less to handle a caller is worth so many of being idle."""
    ring_timeout_s: float = 20.0
    rest_s: float = 5.0
    """An agent who let it ring or refused is spared further offers for this long."""
    unreachable_rest_s: float = 30.0
    """A dead phone is tried again after this long, or as soon as it is seen to be back."""
    not_responding_after: int | None = None
    """An agent who did not pick up so often in a row, of whichever queue, counts as not responding."""
    autopause: Autopause = Autopause.NO
    """What happens to an agent who lets this queue's caller ring."""
    autopause_delay_s: float = 0.0
    """Not so soon after the agent's last call of this queue."""
    autopause_declined: bool = False
    """Also when the agent declines or the phone is busy."""
    autopause_unreachable: bool = False
    """Also when the phone does not respond."""
    wrap_up_s: float = 0.0
    max_wait_s: float | None = None
    max_talking: int | None = None
    """Callers of this queue who may be served at once, ringing included; the others wait."""
    retry_s: float = 0.0
    """After an offer that was not taken the caller waits so long for the next."""
    ring_in_use: bool = False
    """Members on a call of their own are rung too; one on a queue's call never is."""
    resume_s: float = 0.0
    """Who hung up while waiting, and calls again within so long, has the place of before; 0: nobody."""
    max_length: int | None = None
    """Callers who may be unanswered at once; one more is let go as FULL unless an agent is ready."""
    join_when_empty: EmptyRule | frozenset[Absence] = EmptyRule.NOBODY_LOGGED_IN
    """A caller who arrives while this holds is let go as LEFT_EMPTY; NEVER lets everybody wait."""
    leave_when_empty: EmptyRule | frozenset[Absence] = EmptyRule.NOBODY_LOGGED_IN
    """Waiting callers are let go as LEFT_EMPTY when this begins to hold; a phone that rings may ring on."""
    exit_keys: frozenset[str] = frozenset()
    short_abandon_s: float = 5.0
    service_level_s: float = 20.0
    service_level_formula: str = "answered_within/answered_and_abandoned_not_short"
    """One of `queue_strategies.definitions.SERVICE_LEVELS`."""
    service_level_target: float = 0.8
    """The share that is promised; who watches calls for somebody when it is missed too often."""
    announcements: Announcements | None = None
    """What waiting callers are told; None: nothing."""
    briefing_s: float = 0.0
    """For so long an agent who picked up may be told who calls, before the two are bridged."""
    callback: CallbackRules | None = None
    """Callers may keep the place without the line; None: they may not."""
    disposition_required: bool = False
    """Wrap-up does not end by its timer, nor by the agent, before it was said what the call was about."""
    direct: bool = False
    """A personal line to one agent, for transfers and direct calls: kept out of the queue figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """An agent's place in one queue."""

    penalty: int = 0
    """Members of a higher penalty are considered only while no lower one is ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A person who takes contacts, and the queues served."""

    id: AgentId
    name: str = ""
    queues: Mapping[QueueName, Membership] = field(default_factory=dict)
    skills: Mapping[Skill, int] = field(default_factory=dict)
    wrap_up_s: float | None = None
    """Overrides the queue's wrap-up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A contact at the entrance of a queue."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    joined_moment: float
    """When the wait began; earlier than now for a caller adopted after a restart."""
    waited_before_s: float = 0.0
    """In a queue the caller was moved from: counts for the place in line, and not for this visit."""
    priority: int = 0
    """Higher is served first within and across queues of the same weight."""
    skills: Mapping[Skill, int] = field(default_factory=dict)
    """Asked of the agent, at least at these levels."""
    wants_agent: AgentId | None = None
    """Whom the caller talked to last, or asks for; see `Queue.last_agent_patience_s`."""
    attempts: int = 0
    """Offers made before a restart, so that an adopted caller's history is not forgotten."""
    number: str = ""
    """From which the caller calls; who is to be called back there, and calls in, has that place."""
    kept: KeptPlace | None = None
    """Has taken a callback before a restart."""
    adopted: bool = False
    """Waited in this queue before a restart: let in unconditionally, and no second QueueJoined is told."""
