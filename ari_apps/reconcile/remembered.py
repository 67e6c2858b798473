"""What the journal tells of calls that are not over: facts, folded back into where everybody stands. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ami_listeners.records import Record
from queue_strategies.model import AgentId, ContactId, OfferId, QueueName, Skill, VisitId, VisitOutcome


@dataclass(frozen=True, slots=True)
class RememberedOffer:
    """A phone that was to ring, and of which no more was told."""

    offer: OfferId
    agent: AgentId
    made_at: dt.datetime


@dataclass(slots=True)
class RememberedCallback:
    """A place that is kept without the line."""

    number: str
    taken_at: dt.datetime
    language: str
    skills: dict[Skill, int]
    tries: int = 0
    failures: int = 0
    tried_at: dt.datetime | None = None
    back_at: dt.datetime | None = None
    """When the customer was on the line again."""


@dataclass(slots=True)
class RememberedVisit:
    """A stay in a queue, as far as it was told."""

    contact: ContactId
    """Whose call it began as; who is handed over in mid-talk goes on with a visit of another contact."""
    visit: VisitId
    queue: QueueName
    priority: int
    joined_at: dt.datetime
    waited_before_s: float = 0.0
    offers: dict[OfferId, RememberedOffer] = field(default_factory=dict)
    """Those that have not ended."""
    outcome: VisitOutcome | None = None
    agent: AgentId | None = None
    """Who answered."""
    offer: OfferId | None = None
    answered_at: dt.datetime | None = None
    hold_s: float = 0.0
    held_at: dt.datetime | None = None
    handled_at: dt.datetime | None = None
    ended_by: str = ""
    sent_to: str | None = None
    """Where the agent transferred the caller."""
    wraps_up: bool = False
    disposed: bool = False
    """It was said what the call was about."""
    callback: RememberedCallback | None = None

    @property
    def off_line(self) -> bool:
        """Tell whether the caller keeps the place without the line."""
        return self.waits and self.callback is not None and self.callback.back_at is None

    @property
    def waits(self) -> bool:
        """Tell whether the caller waits."""
        return self.outcome is None and self.answered_at is None

    @property
    def talks(self) -> bool:
        """Tell whether agent and caller talk."""
        return self.answered_at is not None and self.handled_at is None


@dataclass(slots=True)
class RememberedContact:
    """A customer's call, as far as it was told."""

    contact: ContactId
    channel: str
    started_at: dt.datetime
    ended: bool = False
    """The line is; of a visit the end may not have been told."""
    visits: list[RememberedVisit] = field(default_factory=list)
    """In the order in which they began."""

    @property
    def open_visits(self) -> list[RememberedVisit]:
        """Return the visits that are not over: one, or that of the customer and that of a consultation."""
        return [visit for visit in self.visits if visit.waits or visit.talks]

    @property
    def off_line(self) -> RememberedVisit | None:
        """Return the visit in which the place is kept without the line."""
        return next((visit for visit in self.visits if visit.off_line), None)

    @property
    def is_open(self) -> bool:
        """Tell whether anything of it is not over."""
        return not self.ended or bool(self.open_visits)


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything that is not over."""

    contacts: Mapping[ContactId, RememberedContact] = field(default_factory=dict)
    wrap_ups: tuple[RememberedVisit, ...] = ()
    """After whom an agent may be wrapping up; an agent's last one counts."""
    complete: bool = True
    """Nothing is missing, as it may be while the database is away."""
    unreadable: frozenset[str] = frozenset()
    """Kinds of facts that another version wrote in another way; they were passed over."""


def remembered(facts: Iterable[Record], *, complete: bool = True) -> Memory:
    """Fold facts, in their order, into what is not over; a contact whose beginning is missing is unknown."""
    told = _Told()
    for fact in facts:
        if fact.source == "floor":
            told.take_if_readable(fact)
    return Memory(
        {name: contact for name, contact in told.contacts.items() if contact.is_open},
        tuple(visit for one in told.contacts.values() for visit in one.visits if visit.wraps_up),
        complete,
        frozenset(told.unreadable),
    )


class _Told:
    """The fold."""

    def __init__(self) -> None:
        self.contacts: dict[ContactId, RememberedContact] = {}
        self.unreadable: set[str] = set()
        self._visits: dict[str, RememberedVisit] = {}

    def take_if_readable(self, fact: Record) -> None:
        """Take in one fact that may be of another version's making."""
        try:
            self.take(fact)
        except (LookupError, TypeError, ValueError):
            self.unreadable.add(fact.kind)

    def take(self, fact: Record) -> None:
        """Take in one fact; one of a visit or contact never heard of changes nothing."""
        body, at = fact.body, fact.at
        if fact.kind == "contact_started":
            contact = ContactId(body["contact"])
            self.contacts[contact] = RememberedContact(contact, body["channel"], at)
        elif fact.kind == "queue_joined" and (known := self.contacts.get(body["contact"])) is not None:
            visit = RememberedVisit(
                known.contact,
                VisitId(body["visit"]),
                QueueName(body["queue"]),
                body["priority"],
                at,
                body.get("waited_before_s", 0.0),
            )
            known.visits.append(visit)
            self._visits[visit.visit] = visit
        elif fact.kind == "contact_ended" and (known := self.contacts.get(body["contact"])) is not None:
            known.ended = True
        elif (of := self._visits.get(body.get("visit", ""))) is not None:
            _take_into(of, fact.kind, body, at)
            if fact.kind == "called_back":
                self._is_back(of, body["channel"], at)

    def _is_back(self, visit: RememberedVisit, channel: str, at: dt.datetime) -> None:
        """Let the contact go on on the line on which it was called back."""
        contact = self.contacts[visit.contact]
        contact.channel, contact.started_at, contact.ended = channel, at, False


def _take_into(visit: RememberedVisit, kind: str, body: Mapping[str, Any], at: dt.datetime) -> None:
    match kind:
        case "priority_given":
            visit.priority = body["priority"]
        case "offer_made":
            offer = OfferId(body["offer"])
            visit.offers[offer] = RememberedOffer(offer, AgentId(body["agent"]), at)
        case "offer_ended":
            visit.offers.pop(body["offer"], None)
        case "answered":
            visit.offers.pop(body["offer"], None)
            visit.agent, visit.offer, visit.answered_at = body["agent"], body["offer"], at
        case "callback_taken":
            skills = {Skill(skill): int(level) for skill, level in body["skills"].items()}
            visit.callback = RememberedCallback(body["number"], at, body["language"], skills)
            visit.waited_before_s = body["waited_before_s"]
        case "callback_tried" if visit.callback is not None:
            visit.callback.tries, visit.callback.tried_at = body["tries"], at
            visit.callback.failures = body.get("failures", 0)
        case "called_back" if visit.callback is not None:
            visit.callback.back_at = at
        case "visit_ended":
            visit.outcome = VisitOutcome(body["outcome"])
        case "hold_started":
            visit.held_at = at
        case "hold_ended":
            visit.held_at, visit.hold_s = None, visit.hold_s + body["hold_s"]
        case "transferred":
            visit.sent_to = body["to"]
        case "handled":
            visit.handled_at, visit.ended_by = at, body["ended_by"]
            visit.wraps_up = body["wrap_up_follows"]
        case "disposition_given":
            visit.disposed = True
        case "wrap_up_ended":
            visit.wraps_up = False
