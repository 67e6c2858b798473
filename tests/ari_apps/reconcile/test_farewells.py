"""The ends that nobody saw are told as of when they can have been."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from ami_listeners.records import record
from ari_apps.configuration.floor_toml import load_text
from ari_apps.directory import Directory
from ari_apps.reconcile.farewells import Farewells
from ari_apps.reconcile.missed import Ending
from ari_apps.reconcile.remembered import remembered
from queue_strategies.events import CallerLeft, Event, TalkEnded
from queue_strategies.facts import ContactEnded, Fact
from queue_strategies.model import VisitId, VisitOutcome
from tests.ari_apps.reconcile.test_differences import CLOCK, answered, joined, started


def part(
    told: tuple[Fact, ...], booted_at: float, there: Collection[str] = (), /, **ended: Ending
) -> tuple[Event, ContactEnded]:
    """Say goodbye to the only contact of this story; return what the Floor and the journal hear at last."""
    events: list[Event] = []
    facts: list[Fact] = []
    farewells = Farewells(
        tell=events.append, remember=facts.append, directory=Directory(load_text("")), clock=CLOCK
    )
    memory = remembered(record(fact, UUID(int=number), "floor", CLOCK) for number, fact in enumerate(told))
    (contact,) = memory.contacts.values()
    farewells.of_contact(contact, ended, there, CLOCK.at(booted_at))
    (end,) = facts
    assert isinstance(end, ContactEnded)
    return events[-1], end


def test_who_was_lost_with_asterisk_was_lost_when_it_came_back_at_the_latest() -> None:
    left, end = part(started() + joined(), 60.0)
    assert left == CallerLeft(VisitId("v1"), VisitOutcome.LOST, 60.0)
    assert (end.ended_by, end.moment, end.duration_s) == ("lost", 60.0, 59.0)
    parted, _ = part(started() + joined() + answered(), 60.0)
    assert isinstance(parted, TalkEnded)
    assert (parted.ended_by, parted.happened_moment) == ("lost", 60.0)


def test_who_was_heard_to_hang_up_left_then() -> None:
    hung_up = Ending(CLOCK.at(30.0), 16)
    left, end = part(started() + joined(), 60.0, c1=hung_up)
    assert left == CallerLeft(VisitId("v1"), VisitOutcome.ABANDONED, 30.0)
    assert (end.ended_by, end.moment, end.cause) == ("caller", 30.0, 16)


def test_who_was_not_heard_to_leave_has_left_by_now() -> None:
    left, end = part(started() + joined(), 0.5)
    assert left == CallerLeft(VisitId("v1"), VisitOutcome.ABANDONED, None)
    assert (end.ended_by, end.duration_s) == ("caller", 0.0)


def test_an_agent_who_hung_up_first_ended_the_talk() -> None:
    ended = {"agent-o1": Ending(dt.datetime.fromtimestamp(20.0, dt.UTC), 16)}
    parted, _ = part(started() + joined() + answered(), 0.5, **ended, c1=Ending(CLOCK.at(30.0), 16))
    assert isinstance(parted, TalkEnded)
    assert (parted.ended_by, parted.happened_moment) == ("agent", 20.0)


def test_of_an_agent_who_is_gone_but_not_just_now_an_earlier_process_has_heard() -> None:
    story, hung_up = started() + joined() + answered(), Ending(CLOCK.at(30.0), 16)
    assert part(story, 0.5, c1=hung_up)[1].ended_by == "agent"
    assert part(story, 0.5, ("agent-o1",), c1=hung_up)[1].ended_by == "caller"
