"""What Asterisk has, against what we believe: nobody is forgotten, nobody is doubled."""

from __future__ import annotations

import datetime as dt
import sys
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from ami_listeners.clock import Clock
from ami_listeners.recollection import AgentMemory
from ami_listeners.records import record
from ari_apps.ari.messages import Bridge, CallerID, Channel, DialplanCEP
from ari_apps.reconcile.before import restored
from ari_apps.reconcile.differences import differences
from ari_apps.reconcile.farewells import caller_of
from ari_apps.reconcile.remembered import remembered
from ari_apps.reconcile.whereabouts import Differences, Found
from ari_apps.traces import CallTrace, LegTrace, read, read_leg, write
from queue_strategies.callback import KeptPlace
from queue_strategies.facts import (
    Answered,
    CallbackTaken,
    CallbackTried,
    CalledBack,
    ContactEnded,
    ContactStarted,
    Fact,
    Handled,
    HoldEnded,
    HoldStarted,
    OfferEnded,
    OfferMade,
    QueueJoined,
    Transferred,
    VisitEnded,
)
from queue_strategies.model import (
    AgentId,
    ContactId,
    OfferId,
    OfferOutcome,
    QueueName,
    VisitId,
    VisitOutcome,
)

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
CLOCK = Clock(moment=lambda: 0.0, wall=lambda: dt.datetime.fromtimestamp(0, dt.UTC))
"""A moment is the seconds since 1970."""
NOBODY = CallerID(name="", number="")


def channel(id_: str, app_data: str = "callfloor,inbound") -> Channel:
    plan = DialplanCEP(context="from-trunk", exten="100", priority=1, app_name="Stasis", app_data=app_data)
    return Channel(
        id=id_,
        protocol_id="",
        name=f"PJSIP/{id_}",
        state="Up",
        caller=NOBODY,
        connected=NOBODY,
        accountcode="",
        dialplan=plan,
        creationtime=NOW,
        language="en",
    )


def customer(id_: str, *, visit: str | None = None, to: str = "", **more: Any) -> Found:
    to, queue = (to or "queue:sales", "sales") if visit else (to or "menu:main", None)
    trace = CallTrace(contact=f"contact-{id_}", to=to, started_at=1.0, visit=visit, queue=queue, **more)
    return Found(channel(id_), trace)


def agent_leg(offer: str, *, agent: str = "anna", visit: str = "v1") -> Found:
    trace = LegTrace(agent, offer, visit)
    return Found(channel(f"agent-{offer}", f"callfloor,leg,{agent},{offer},{visit}"), trace)


def bridge(id_: str, *channels: str) -> Bridge:
    return Bridge(
        id=id_,
        technology="simple_bridge",
        bridge_type="mixing",
        bridge_class="stasis",
        creator="Stasis",
        name=id_,
        channels=list(channels),
        creationtime=NOW,
    )


def compare(
    *found: Found,
    owned: set[str] | None = None,
    bridges: tuple[Bridge, ...] = (),
    told: tuple[Fact, ...] = (),
) -> Differences:
    memory = remembered(record(fact, UUID(int=number), "floor", CLOCK) for number, fact in enumerate(told))
    return differences(owned or set(), {one.channel.id for one in found}, found, bridges, memory)


# -- what was told ------------------------------------------------------------------------------------------

SALES, ANNA, BOB = QueueName("sales"), AgentId("anna"), AgentId("bob")


def started(name: str = "c1") -> tuple[Fact, ...]:
    return (
        ContactStarted(
            moment=1.0,
            contact=ContactId(f"contact-{name}"),
            channel=name,
            caller_number="+491701",
            caller_name="",
            called_number="100",
        ),
    )


def joined(
    name: str = "c1", visit: str = "v1", queue: QueueName = SALES, at: float = 2.0
) -> tuple[Fact, ...]:
    where: dict[str, Any] = {"contact": ContactId(f"contact-{name}"), "visit": VisitId(visit), "queue": queue}
    return (QueueJoined(moment=at, **where, priority=3, position=1),)


def offered(offer: str = "o1", agent: AgentId = ANNA, visit: str = "v1") -> tuple[Fact, ...]:
    return (OfferMade(moment=3.0, **of(visit), agent=agent, offer=OfferId(offer), because=""),)


def answered(offer: str = "o1", agent: AgentId = ANNA, visit: str = "v1") -> tuple[Fact, ...]:
    both: dict[str, Any] = {**of(visit), "agent": agent, "offer": OfferId(offer)}
    return (
        *offered(offer, agent, visit),
        OfferEnded(moment=4.0, **both, outcome=OfferOutcome.ANSWERED, rang_s=1.0),
        Answered(moment=4.0, **both, wait_s=2.0, within_service_level=True),
    )


def handled(visit: str = "v1", to: str | None = None) -> tuple[Fact, ...]:
    transfer = [Transferred(moment=5.0, **of(visit), agent=ANNA, kind="blind", to=to)] if to else []
    return (
        *transfer,
        Handled(moment=5.0, **of(visit), agent=ANNA, talk_s=1, hold_s=0, ended_by="agent"),
    )


def let_go(outcome: VisitOutcome, visit: str = "v1") -> tuple[Fact, ...]:
    return (
        VisitEnded(
            moment=5.0,
            **of(visit),
            outcome=outcome,
            wait_s=3,
            short=False,
            within_service_level=True,
            position=1,
        ),
    )


def of(visit: str) -> dict[str, Any]:
    return {"contact": ContactId("contact-c1"), "visit": VisitId(visit), "queue": SALES}


def test_a_caller_is_known_who_was_greeted_and_carries_no_trace_yet() -> None:
    bare = Found(channel("c1"), None)
    (arrival,) = compare(bare, told=started()).arrivals
    assert arrival.contact is not None
    (waiting,) = compare(bare, told=started() + joined()).waiting
    trace = waiting.customer.trace
    assert (trace.to, trace.visit, trace.priority, trace.joined_at) == ("queue:sales", "v1", 3, 2.0)
    personal = compare(bare, told=started() + joined(queue=QueueName("agent/anna")))
    assert personal.waiting[0].customer.trace.to == "agent:anna"


def test_what_was_told_is_believed_before_what_the_channel_carries() -> None:
    carries_first = customer("c1", visit="v1", joined_at=2.0)
    overflowed = started() + joined() + let_go(VisitOutcome.TIMED_OUT)
    (onward,) = compare(carries_first, told=overflowed).let_go
    assert onward.outcome is VisitOutcome.TIMED_OUT
    (waiting,) = compare(carries_first, told=overflowed + joined(visit="v2", at=6.0)).waiting
    assert waiting.customer.trace.visit == "v2"
    sent_on = started() + joined() + answered() + handled(to="menu:survey")
    assert [one.trace.to for one in compare(carries_first, told=sent_on).elsewhere] == ["menu:survey"]
    parted = started() + joined() + answered() + handled()
    assert len(compare(carries_first, told=parted).deserted) == 1


def test_an_agent_who_picked_up_and_was_not_told_to_have_answered_is_still_being_connected() -> None:
    bridged = (bridge("desk-anna", "c1", "agent-o1"),)
    found = compare(
        customer("c1", visit="v1"), agent_leg("o1"), bridges=bridged, told=started() + joined() + offered()
    )
    assert [waiting.legs for waiting in found.waiting] == [(LegTrace("anna", "o1", "v1"),)]
    told = started() + joined() + answered()
    (talk,) = compare(customer("c1", visit="v1"), agent_leg("o1"), bridges=bridged, told=told).talks
    assert talk.customer.visit is not None
    assert talk.customer.visit.answered_at is not None


def test_a_consultation_goes_on() -> None:
    told = started() + joined() + answered() + joined(visit="v2", queue=QueueName("agent/bob"), at=5.0)
    legs = (agent_leg("o1"), Found(channel("agent-o2", ""), None))
    rings = compare(
        customer("c1", visit="v1"),
        *legs,
        bridges=(bridge("desk-anna", "agent-o1"),),
        told=told + offered("o2", BOB, "v2"),
    )
    assert rings.talks[0].sought is not None
    talks = compare(
        customer("c1", visit="v1"),
        *legs,
        bridges=(bridge("desk-bob", "agent-o1", "agent-o2"),),
        told=told + answered("o2", BOB, "v2"),
    )
    third = talks.talks[0].third
    assert third is not None
    assert (third.leg.id, third.visit is not None, talks.talks[0].held) == ("agent-o2", True, True)
    assert not rings.strays + talks.strays


def test_whoever_is_not_there_any_more_is_gone_and_who_should_be_is_hung_up() -> None:
    found = compare(told=started("c1") + joined() + started("c2"))
    assert {one.channel for one in found.gone} == {"c1", "c2"}
    over = ContactEnded(moment=6.0, contact=ContactId("contact-c1"), ended_by="agent", cause=16, duration_s=5)
    left_over = compare(Found(channel("c1"), None), told=(*started(), *joined(), over))
    assert [stray.id for stray in left_over.strays] == ["c1"]
    assert [contact.ended for contact in left_over.gone] == [True]


def test_those_who_arrived_meanwhile_are_greeted_in_the_order_of_their_coming() -> None:
    late = replace(channel("late"), creationtime=NOW + dt.timedelta(seconds=5))
    found = compare(Found(late, None), Found(channel("early"), None))
    assert [arrival.channel.id for arrival in found.arrivals] == ["early", "late"]


def test_holds_and_wrap_ups_are_remembered() -> None:
    where: dict[str, Any] = {"contact": ContactId("contact-c1"), "visit": VisitId("v1"), "agent": ANNA}
    told = [
        *(started() + joined() + answered()),
        HoldStarted(moment=5.0, **where),
        HoldEnded(moment=7.0, **where, hold_s=2.0),
        HoldStarted(moment=9.0, **where),
    ]
    contact = remembered(
        record(fact, UUID(int=number), "floor", CLOCK) for number, fact in enumerate(told)
    ).contacts[ContactId("contact-c1")]
    (visit,) = contact.open_visits
    assert (visit.hold_s, visit.held_at) == (2.0, CLOCK.at(9.0))


def test_callers_found_waiting_are_taken_up_in_the_order_of_their_joining() -> None:
    found = compare(customer("c2", visit="v2", joined_at=20.0), customer("c1", visit="v1", joined_at=10.0))
    assert [one.customer.channel.id for one in found.waiting] == ["c1", "c2"]


def test_a_caller_in_the_bridge_with_an_agent_is_found_talking() -> None:
    found = compare(
        customer("c1", visit="v1"),
        agent_leg("o1"),
        bridges=(bridge("desk-anna", "c1", "agent-o1"),),
    )
    (talk,) = found.talks
    assert (talk.customer.channel.id, talk.leg.id) == ("c1", "agent-o1")
    assert (talk.desk, talk.held) == ("desk-anna", False)
    assert not found.waiting
    assert not found.strays


def test_a_caller_on_hold_still_belongs_to_the_agent_who_sits_alone() -> None:
    found = compare(
        customer("c1", visit="v1"),
        agent_leg("o1"),
        bridges=(bridge("desk-anna", "agent-o1"),),
    )
    assert [talk.held for talk in found.talks] == [True]


def test_a_phone_that_rang_for_the_earlier_process_rings_on_and_one_that_was_picked_up_does_not() -> None:
    (waiting,) = compare(customer("c1", visit="v1"), agent_leg("o1")).waiting
    assert waiting.customer.channel.id == "c1"
    assert (waiting.legs, waiting.picked_up) == ((LegTrace("anna", "o1", "v1"),), frozenset({"o1"}))
    leg = agent_leg("o1")
    rings = Found(replace(leg.channel, state="Ringing"), leg.trace)
    (waiting,) = compare(customer("c1", visit="v1"), rings).waiting
    assert (waiting.legs, waiting.picked_up) == ((LegTrace("anna", "o1", "v1"),), frozenset())


def test_a_caller_whose_agent_has_left_meanwhile_does_not_wait_again() -> None:
    found = compare(customer("c1", visit="v1", answered_at=3.0), customer("c2", to="number:+49"))
    assert [one.channel.id for one in found.deserted] == ["c1"]
    assert not found.waiting


def test_a_caller_who_talks_with_a_number_outside_stays_with_it() -> None:
    leg = Found(channel("out-1", "callfloor,leg"), None)
    talking = customer("c1", to="number:+49", answered_at=2.0)
    (talk,) = compare(talking, leg, bridges=(bridge("talk-out-1", "c1", "out-1"),)).talks
    assert talk.leg_trace is None
    assert [one.channel.id for one in compare(talking).deserted] == ["c1"]


def test_callers_in_menus_begin_there_anew_and_the_ungreeted_are_greeted() -> None:
    found = compare(customer("c1"), Found(channel("c2"), None))
    assert [one.channel.id for one in found.elsewhere] == ["c1"]
    assert [one.channel.id for one in found.arrivals] == ["c2"]


def test_what_has_an_owner_is_left_alone_and_what_vanished_is_lost() -> None:
    found = compare(customer("c1", visit="v1"), owned={"c1", "gone"})
    assert found == Differences(lost=frozenset({"gone"}))


def test_traces_survive_the_journey_through_a_channel() -> None:
    trace = CallTrace(contact="c", to="queue:sales", started_at=1.5, visit="v", queue="sales", joined_at=2.5)
    assert read(write(trace)) == trace
    assert read("{not ours") is None
    assert read(None) is None
    assert read_leg("callfloor,leg,anna,o1,v1") == LegTrace("anna", "o1", "v1")
    assert read_leg("callfloor,inbound") is None


def test_what_another_version_has_told_is_passed_over_where_it_cannot_be_read() -> None:
    told = started() + joined() + let_go(VisitOutcome.TIMED_OUT)
    *facts, end = (record(fact, UUID(int=number), "floor", CLOCK) for number, fact in enumerate(told))
    unknown = msgspec.structs.replace(end, body={**end.body, "outcome": "sent to the moon"})
    bare = msgspec.structs.replace(end, kind="handled", body={"visit": "v1"})
    memory = remembered([*facts, unknown, bare])
    assert memory.unreadable == {"visit_ended", "handled"}
    assert [contact.channel for contact in memory.contacts.values()] == ["c1"]
    of_another = AgentMemory("anna", "meditating", True, None, NOW)
    (anna,) = restored([of_another], CLOCK)
    assert (anna.logged_in, anna.told_state) == (True, None)


def test_a_customer_handed_over_to_whom_the_agent_had_called_stays_with_that_one() -> None:
    own_call = started("c2") + joined("c2", "v2", QueueName("agent/bob")) + answered("o2", BOB, "v2")
    over = ContactEnded(moment=6.0, contact=ContactId("contact-c2"), ended_by="us", cause=16, duration_s=5)
    told = (*started(), *joined(), *answered(), *own_call, *handled(to="extension:102"), over)
    handed = customer("c1", visit="v2", to="extension:102", answered_at=5.0)
    leg = agent_leg("o2", agent="bob", visit="v2")
    found = compare(handed, leg, bridges=(bridge("desk-bob", "c1", "agent-o2"),), told=told)
    (talk,) = found.talks
    assert (talk.leg.id, talk.customer.trace.contact, talk.held) == ("agent-o2", "contact-c1", False)
    assert talk.customer.visit is not None
    assert (talk.customer.visit.visit, talk.customer.visit.contact) == ("v2", "contact-c2")
    assert not found.gone + found.strays + found.elsewhere
    (parted,) = compare(handed, told=told).deserted
    assert parted.visit is not None
    assert parted.visit.talks


def test_a_thousand_talks_take_about_as_long_each_as_a_hundred() -> None:
    def steps(calls: int) -> int:
        """Count what is done, as no clock can on a busy machine."""
        names = [str(number) for number in range(calls)]
        found = [customer(name, visit=f"v{name}") for name in names]
        found += [agent_leg(name, visit=f"v{name}") for name in names]
        rooms = tuple(bridge(f"desk-{name}", name, f"agent-{name}") for name in names)
        counted = 0

        def count(*_: object) -> None:
            nonlocal counted
            counted += 1

        told = tuple(fact for name in names for fact in (*started(name), *joined(name, f"v{name}")))
        told += tuple(fact for name in names for fact in answered(name, visit=f"v{name}"))
        memory = remembered(
            record(fact, UUID(int=number), "floor", CLOCK) for number, fact in enumerate(told)
        )
        sys.setprofile(count)
        try:
            talks = differences(set(), {one.channel.id for one in found}, found, rooms, memory).talks
            talks_by_trace = differences(set(), {one.channel.id for one in found}, found, rooms).talks
        finally:
            sys.setprofile(None)
        assert len(talks) == len(talks_by_trace) == calls
        return counted

    assert steps(1000) < 20 * steps(100)


def test_a_call_whose_channel_carries_what_is_not_its_own_begins_anew() -> None:
    garbled = CallTrace(contact="nobody", to="menu:main", started_at=1.0)
    (begins,) = compare(Found(channel("c1"), garbled), told=started()).elsewhere
    assert (begins.trace.contact, begins.trace.to) == ("contact-c1", "")


# -- places that are kept without a line --------------------------------------------------------------------


def kept(visit: str = "v1", *, tries: int = 0, back: bool = False, hung_up: bool = True) -> tuple[Fact, ...]:
    """Tell of a caller who took a callback."""
    taken = CallbackTaken(
        moment=3.0, **of(visit), number="+491701", language="fr", skills={}, position=1, wait_s=1.0
    )
    tried = [
        CallbackTried(moment=4.0 + n, **of(visit), number="1", tries=n + 1, outcome=OfferOutcome.RANG_OUT)
        for n in range(tries)
    ]
    gone = ContactEnded(moment=3.5, contact=of(visit)["contact"], ended_by="us", cause=16, duration_s=2.0)
    answered_it = CalledBack(
        moment=9.0, **of(visit), number="1", channel="back-v1-a", attempt=tries + 1, callback_s=6.0
    )
    return (*started(), *joined(), taken, *[gone] * hung_up, *tried, *[answered_it] * back)


def test_a_place_is_kept_of_a_caller_who_has_no_line() -> None:
    found = compare(told=kept(tries=1))
    (place,) = found.kept
    assert (place.visit.visit, place.line, place.legs) == ("v1", None, ())
    caller = caller_of(place.visit, CLOCK)
    assert caller.kept == KeptPlace(
        number="+491701", taken_moment=3.0, language="fr", tries=1, tried_moment=4.0
    )
    assert (found.waiting, found.strays) == ((), ())


def test_a_caller_who_was_bid_goodbye_is_not_found_waiting() -> None:
    found = compare(customer("c1", visit="v1"), told=kept(hung_up=False))
    assert [one.id for one in found.strays] == ["c1"]
    assert [one.contact for one in found.gone] == ["contact-c1"]  # the end of the line is to be told
    assert (len(found.kept), found.waiting) == (1, ())


def test_a_customer_whose_phone_rings_and_the_agent_who_hears_it_are_not_hung_up() -> None:
    rings = Found(channel("back-v1-b", ""), None)
    found = compare(rings, agent_leg("o1"), told=(*kept(tries=1), *offered()))
    (place,) = found.kept
    assert (place.line, [leg.offer for leg in place.legs], found.strays) == ("back-v1-b", ["o1"], ())


def test_calls_to_customers_who_are_not_called_any_more_are_hung_up() -> None:
    withdrawn, stranger = Found(channel("back-v1-a", ""), None), Found(channel("back-v9-a", ""), None)
    told = (*kept(tries=1), *let_go(VisitOutcome.WITHDRAWN))
    found = compare(withdrawn, stranger, told=told)
    assert ({one.id for one in found.strays}, found.kept) == ({"back-v1-a", "back-v9-a"}, ())


def test_a_customer_who_was_called_back_talks_on_though_the_database_is_away() -> None:
    back = Found(channel("back-v1-a"), customer("c1", visit="v1", answered_at=3.0).trace)
    seated = bridge("desk-anna", "back-v1-a", "agent-o1")
    found = compare(back, agent_leg("o1"), bridges=(seated,))
    assert [(talk.customer.channel.id, talk.leg.id) for talk in found.talks] == [("back-v1-a", "agent-o1")]
    assert found.strays == ()


def test_a_customer_on_the_line_again_waits_or_talks_as_every_caller_does() -> None:
    line = Found(channel("back-v1-a", "callfloor,leg"), None)
    (waiting,) = compare(line, told=kept(back=True)).waiting
    assert waiting.customer.visit is not None
    place = caller_of(waiting.customer.visit, CLOCK).kept
    assert place is not None
    assert place.answered_moment == 9.0
    talk = (*kept(back=True), *offered(), *answered())
    seated = bridge("desk-anna", "back-v1-a", "agent-o1")
    found = compare(line, agent_leg("o1"), bridges=(seated,), told=talk)
    assert [one.customer.channel.id for one in found.talks] == ["back-v1-a"]
    assert (found.kept, found.strays) == ((), ())
    assert [one.channel for one in compare(told=talk).gone] == ["back-v1-a"]
