"""What Asterisk has, against what we believe: nobody is forgotten, nobody is doubled."""

from __future__ import annotations

import datetime as dt

from ari_apps.ari.messages import Bridge, CallerID, Channel, DialplanCEP
from ari_apps.reconcile import Differences, Found, differences
from ari_apps.traces import CallTrace, LegTrace, read, read_leg, write

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
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


def customer(id_: str, *, visit: str | None = None, joined_at: float | None = None) -> Found:
    to, queue = ("queue:sales", "sales") if visit else ("menu:main", None)
    trace = CallTrace(
        contact=f"contact-{id_}", to=to, started_at=1.0, visit=visit, queue=queue, joined_at=joined_at
    )
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


def compare(*found: Found, owned: set[str] | None = None, bridges: tuple[Bridge, ...] = ()) -> Differences:
    return differences(owned or set(), {one.channel.id for one in found}, found, bridges)


def test_callers_found_waiting_are_taken_up_in_the_order_of_their_joining() -> None:
    found = compare(customer("c2", visit="v2", joined_at=20.0), customer("c1", visit="v1", joined_at=10.0))
    assert [channel.id for channel, _ in found.waiting] == ["c1", "c2"]


def test_a_caller_in_the_bridge_with_an_agent_is_found_talking() -> None:
    found = compare(
        customer("c1", visit="v1"), agent_leg("o1"), bridges=(bridge("desk-anna", "c1", "agent-o1"),)
    )
    (talk,) = found.talks
    assert (talk.customer.id, talk.leg.id, talk.desk, talk.held) == ("c1", "agent-o1", "desk-anna", False)
    assert not found.waiting
    assert not found.strays


def test_a_caller_on_hold_still_belongs_to_the_agent_who_sits_alone() -> None:
    found = compare(
        customer("c1", visit="v1"),
        agent_leg("o1"),
        bridges=(bridge("desk-anna", "agent-o1"), bridge("waiting-default", "c1")),
    )
    assert [talk.held for talk in found.talks] == [True]


def test_a_phone_that_rang_for_the_earlier_process_is_silenced_and_the_caller_waits_on() -> None:
    found = compare(customer("c1", visit="v1"), agent_leg("o1"))
    assert [leg.id for leg in found.strays] == ["agent-o1"]
    assert [channel.id for channel, _ in found.waiting] == ["c1"]


def test_two_callers_in_one_waiting_room_do_not_talk_with_each_other() -> None:
    found = compare(
        customer("c1", visit="v1"),
        customer("c2", visit="v2"),
        bridges=(bridge("waiting-default", "c1", "c2"),),
    )
    assert not found.talks
    assert len(found.waiting) == 2


def test_a_caller_who_talks_with_a_number_outside_stays_with_it() -> None:
    leg = Found(channel("out-1", "callfloor,leg"), None)
    found = compare(customer("c1"), leg, bridges=(bridge("talk-out-1", "c1", "out-1"),))
    (talk,) = found.talks
    assert talk.leg_trace is None


def test_callers_in_menus_begin_there_anew_and_the_ungreeted_are_greeted() -> None:
    found = compare(customer("c1"), Found(channel("c2"), None))
    assert [channel.id for channel, _ in found.elsewhere] == ["c1"]
    assert [channel.id for channel in found.arrivals] == ["c2"]


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
