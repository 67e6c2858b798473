"""What Asterisk told in each recorded scene, and what it meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listeners.connection import Connected, Listing, Received
from ami_listeners.fold import Fold
from ami_listeners.messages import AmiEvent, Block, ReadEvent
from ami_listeners.replay import read, replay
from queue_strategies.facts import (
    AgentStateChanged,
    Answered,
    CallEnded,
    CallStarted,
    Fact,
    Handled,
    LegQuality,
    ListenerGap,
    OfferEnded,
    OfferMade,
    QueueJoined,
    Transferred,
    VisitEnded,
    WrapUpEnded,
)
from queue_strategies.model import AgentId, AgentState, OfferOutcome, Queue, QueueName, VisitOutcome
from tests.ami_listeners.scenes import RECORDINGS, SCENES

NAMES = [scene.__name__ for scene in SCENES]


def stream(name: str) -> list[Received]:
    return list(read(RECORDINGS / f"{name}.jsonl"))


def facts(name: str, fold: Fold | None = None) -> Sequence[Fact]:
    return replay(stream(name), fold or Fold())


def of(told: Sequence[Fact], kind: type[Any]) -> list[Any]:
    return [fact for fact in told if type(fact) is kind]


def states(told: Sequence[Fact], agent: str) -> list[AgentState]:
    """Follow an agent from what everybody was found doing at the beginning."""
    return [fact.state for fact in of(told, AgentStateChanged) if fact.agent == agent]


def test_an_answered_call_is_one_visit_one_offer_one_talk_and_its_wrap_up() -> None:
    told = facts("answered_and_wrapped_up")
    ((joined,), (offer,), (ended,), (answered,), (handled,), (wrapped,)) = (
        of(told, kind) for kind in (QueueJoined, OfferMade, OfferEnded, Answered, Handled, WrapUpEnded)
    )
    assert (joined.queue, joined.position) == ("sales", 1)
    assert (offer.agent, ended.outcome) == ("anna", OfferOutcome.ANSWERED)
    assert 0.15 < answered.wait_s < 0.5
    assert answered.within_service_level
    assert handled.talk_s == pytest.approx(1.0, abs=0.2)
    assert (handled.ended_by, handled.wrap_up_follows) == ("agent", True)
    assert (wrapped.wrap_up_s, wrapped.ended_by) == (pytest.approx(1.0), "timer")
    assert len({joined.visit, offer.visit, ended.visit, answered.visit, handled.visit, wrapped.visit}) == 1
    assert states(told, "anna") == [
        AgentState.READY, AgentState.RINGING, AgentState.TALKING, AgentState.WRAP_UP, AgentState.READY,
    ]  # fmt: skip
    assert not of(told, VisitEnded)


def test_a_caller_who_hangs_up_ends_the_talk() -> None:
    (handled,) = of(facts("caller_hangs_up_while_talking"), Handled)
    assert (handled.ended_by, handled.agent, handled.wrap_up_follows) == ("caller", "carl", False)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("abandoned_while_waiting", VisitOutcome.ABANDONED),
        ("abandoned_while_ringing", VisitOutcome.ABANDONED),
        ("timed_out", VisitOutcome.TIMED_OUT),
        ("left_empty", VisitOutcome.LEFT_EMPTY),
        ("exited_by_key", VisitOutcome.EXITED_BY_KEY),
        ("withdrawn", VisitOutcome.WITHDRAWN),
        ("hung_up_on", VisitOutcome.LOST),
        ("moved_on", VisitOutcome.WITHDRAWN),
    ],
)
def test_of_all_that_app_queue_calls_abandons_only_those_who_hung_up_are(
    name: str, outcome: VisitOutcome
) -> None:
    told = facts(name)
    abandons = [
        each for each in stream(name) if isinstance(each, AmiEvent) and each.name == "QueueCallerAbandon"
    ]
    assert len(abandons) == (outcome is not VisitOutcome.EXITED_BY_KEY)
    (ended,) = of(told, VisitEnded)
    assert ended.outcome is outcome
    assert ended.short is (outcome is VisitOutcome.ABANDONED)
    assert ended.key == ("5" if outcome is VisitOutcome.EXITED_BY_KEY else None)
    assert ended.wait_s == pytest.approx(2.0 if name == "timed_out" else 1.0, abs=0.3)
    assert not of(told, Answered)


def test_an_offer_that_rings_ends_with_its_caller() -> None:
    (offer,) = of(facts("abandoned_while_ringing"), OfferEnded)
    assert (offer.outcome, offer.agent) == (OfferOutcome.CALLER_LEFT, "carl")


def test_callers_refused_at_the_door_are_visits_too() -> None:
    ended = of(facts("refused_at_the_door"), VisitEnded)
    assert [(each.queue, each.outcome) for each in ended] == [
        ("tiny", VisitOutcome.FULL),
        ("tiny", VisitOutcome.ABANDONED),
        ("strict", VisitOutcome.LEFT_EMPTY),
    ]


def test_a_refusal_a_ring_out_and_a_dead_phone_are_told_apart() -> None:
    ended = of(facts("phones_that_do_not_answer"), OfferEnded)
    assert [(each.agent, each.outcome) for each in ended] == [
        ("rude", OfferOutcome.DECLINED),
        ("carl", OfferOutcome.RANG_OUT),
        ("deaf", OfferOutcome.UNREACHABLE),
    ]


def test_one_contact_in_two_queues_is_two_visits() -> None:
    told = facts("two_queues_in_one_call")
    first, second = of(told, QueueJoined)
    assert first.contact == second.contact
    assert first.visit != second.visit
    assert (first.queue, second.queue) == ("nobody", "sales")
    assert [each.outcome for each in of(told, VisitEnded)] == [VisitOutcome.TIMED_OUT]
    assert [each.visit for each in of(told, Answered)] == [second.visit]
    assert len(of(told, CallStarted)) == len(of(told, CallEnded)) == 1


def test_a_pause_has_its_reason_and_a_visitor_comes_and_goes() -> None:
    told = facts("an_agent_pauses_and_comes_back")
    assert states(told, "anna") == [AgentState.READY, AgentState.PAUSED, AgentState.READY]
    (pause,) = [
        each for each in of(told, AgentStateChanged) if each.state is AgentState.PAUSED and each.reason
    ]
    assert (pause.reason, pause.pause_reason) == ("tea", "tea")
    assert states(told, "Visitor") == [AgentState.PAUSED, AgentState.LOGGED_OUT]


def test_of_two_phones_that_ring_one_answers_and_the_other_is_let_off() -> None:
    told = facts("everybody_rings")
    assert {(each.agent, each.outcome) for each in of(told, OfferEnded)} == {
        ("anna", OfferOutcome.ANSWERED),
        ("bob", OfferOutcome.ANSWERED_ELSEWHERE),
    }
    assert states(told, "bob") == [AgentState.READY, AgentState.RINGING, AgentState.READY]


def test_a_caller_given_away_was_transferred_and_the_call_goes_on() -> None:
    told = facts("transferred")
    (transfer,), (handled,), (ended,) = (of(told, kind) for kind in (Transferred, Handled, CallEnded))
    assert (transfer.kind, transfer.to, transfer.agent) == ("blind", "echo", "carl")
    assert handled.ended_by == "transfer"
    assert ended.moment - handled.moment > 1


def test_the_end_of_a_talk_that_is_told_when_its_channels_are_forgotten_is_no_second_talk() -> None:
    told = facts("a_talk_told_of_too_late")
    (joined,), (answered,), (handled,) = (of(told, kind) for kind in (QueueJoined, Answered, Handled))
    assert joined.visit == answered.visit == handled.visit != ""
    assert (handled.agent, handled.ended_by) == ("bob", "agent")
    sane(told)


def test_a_line_that_loses_every_twentieth_packet_is_rated_so_and_what_its_party_gets_by_its_complaints() -> (
    None
):
    heard, sent = of(facts("heard_on_a_poor_line"), LegQuality)
    assert (heard.direction, sent.direction, heard.party) == ("heard", "sent", "4930555")
    assert heard.loss == pytest.approx(0.05, abs=0.01)
    assert sent.loss == pytest.approx(0.25, abs=0.01)
    assert sent.jitter_ms == pytest.approx(10)
    assert sent.round_trip_ms == pytest.approx(50, abs=5)
    assert 3.7 < heard.mos < 4.1
    assert 1 < sent.worst_mos <= sent.mos < 2.5
    assert heard.reports == sent.reports == 11


def test_agents_of_the_floor_are_told_of_by_the_floor_alone() -> None:
    told = facts("answered_and_wrapped_up", Fold(is_ours=lambda agent: agent == AgentId("anna")))
    assert not states(told, "anna")
    assert states(told, "bob") == [AgentState.READY]
    assert len(of(told, Handled)) == 1


def test_a_native_queue_can_be_measured_by_rules_of_ours() -> None:
    strict = Queue(name=QueueName("sales"), service_level_s=0.1)
    (answered,) = of(facts("answered_and_wrapped_up", Fold(queues={strict.name: strict})), Answered)
    assert not answered.within_service_level


@pytest.mark.parametrize(
    ("scene", "said", "wrap_up_s"),
    [
        ("caller_hangs_up_while_talking", {"support": 0.25}, 0.25),
        ("caller_hangs_up_while_talking", {"*": 0.5, "sales": 3.0}, 0.5),
        ("answered_and_wrapped_up", {"sales": 3.0}, 1.0),
    ],
)
def test_a_queue_s_wrap_up_is_what_is_said_of_it_unless_the_member_has_one(
    scene: str, said: dict[str, float], wrap_up_s: float
) -> None:
    told = facts(scene, Fold(wrap_ups=said))
    ((handled,), (wrapped,)) = of(told, Handled), of(told, WrapUpEnded)
    assert handled.wrap_up_follows
    assert wrapped.wrap_up_s == pytest.approx(wrap_up_s)


# -- what may not be relied upon ----------------------------------------------------------------------------


def sane(told: Sequence[Fact]) -> None:
    """Whatever was missed: one join and at most one end a visit, one end an offer, no negative duration."""
    joins = Counter(each.visit for each in of(told, QueueJoined))
    ends = Counter(each.visit for each in [*of(told, VisitEnded), *of(told, Answered)])
    offers = Counter(each.offer for each in of(told, OfferEnded))
    assert max(joins.values(), default=1) == 1
    assert max(ends.values(), default=1) == 1
    assert max(offers.values(), default=1) == 1
    assert ends.keys() <= joins.keys()
    assert {each.visit for each in of(told, Handled)} <= {each.visit for each in of(told, Answered)}
    assert offers.keys() <= {each.offer for each in of(told, OfferMade)}
    for fact in told:
        for name in ("wait_s", "talk_s", "rang_s", "lasted_s", "duration_s", "hold_s", "wrap_up_s"):
            assert getattr(fact, name, 0.0) >= 0, fact


@pytest.mark.parametrize("name", NAMES)
def test_every_scene_is_sane_and_leaves_nothing_open(name: str) -> None:
    fold = Fold()
    told = replay(stream(name), fold)
    sane(told)
    assert not fold.visits.open
    assert not fold.calls.open
    joined = {each.visit for each in of(told, QueueJoined)}
    assert joined == {each.visit for each in [*of(told, VisitEnded), *of(told, Answered)]}


@pytest.mark.parametrize("name", NAMES)
def test_events_mean_the_same_whether_read_whole_or_looked_up_in_the_bytes(name: str) -> None:
    def as_it_came(each: Received) -> Received:
        if not isinstance(each, AmiEvent):
            return each
        lines = "\r\n".join(f"{header}: {value}" for header, value in each.headers.items())
        return Block(each.name, each.moment, lines.encode())

    assert replay([as_it_came(each) for each in stream(name)], Fold()) == facts(name)


@pytest.mark.parametrize("name", NAMES)
def test_events_told_twice_are_told_once(name: str) -> None:
    twice = [each for each in stream(name) for _ in range(2)]
    assert replay(twice, Fold()) == facts(name)


@pytest.mark.parametrize("name", NAMES)
def test_whoever_comes_in_the_middle_makes_the_best_of_the_rest(name: str) -> None:
    whole = stream(name)
    for start in range(len(whole)):
        sane(replay(whole[start:], Fold()))


@given(data=st.data(), name=st.sampled_from(NAMES))
def test_whatever_is_missed_nothing_is_counted_twice(data: st.DataObject, name: str) -> None:
    whole = stream(name)
    kept = data.draw(st.lists(st.booleans(), min_size=len(whole), max_size=len(whole)))
    sane(replay([each for each, keep in zip(whole, kept, strict=True) if keep], Fold()))


@pytest.mark.parametrize("name", NAMES)
def test_what_a_queue_tells_after_its_channels_are_gone_is_no_second_visit(name: str) -> None:
    """Asterisk's threads tell of the end of a talk and of its channels in either order."""
    late = ("AgentComplete", "QueueCallerLeave", "QueueCallerAbandon", "AgentRingNoAnswer")

    def is_late(each: Received) -> bool:
        return isinstance(each, AmiEvent) and each.name in late

    whole = stream(name)
    told = replay(sorted(whole, key=is_late), Fold())
    sane(told)
    ordered = facts(name)
    for kind in (QueueJoined, Answered, Handled):
        assert [fact.visit for fact in of(told, kind)] == [fact.visit for fact in of(ordered, kind)]
    for before, after in zip(of(ordered, Handled), of(told, Handled), strict=True):
        assert (after.agent, after.ended_by) == (before.agent, before.ended_by) or name == "transferred"


@pytest.mark.parametrize("name", ["answered_and_wrapped_up", "transferred", "everybody_rings"])
def test_what_ended_while_nobody_listened_is_ended_by_the_next_look(name: str) -> None:
    """A gap from every moment on, until a login after which Asterisk lists no channel and no caller."""
    whole = stream(name)
    moment = whole[-1].moment + 1
    idle = [each for each in whole if isinstance(each, Listing)][:3]
    for cut in range(len(idle) + 1, len(whole)):
        fold = Fold()
        told = list(replay(whole[:cut], fold, until_s=0))
        told += fold.handle(Connected(moment, whole[cut - 1].moment, "cut off"))
        for listing in idle:
            told += fold.handle(Listing(listing.action, moment, moment, listing.items))
        told += fold.settle(moment + 100)
        sane(told)
        assert not fold.visits.open, cut
        assert not fold.calls.open, cut
        assert len(of(told, CallStarted)) == len(of(told, CallEnded))
        (gap,) = of(told, ListenerGap)
        assert (gap.began_moment, gap.moment) == (whole[cut - 1].moment, moment)
        assert set(states(told, "anna")[-1:]) == {AgentState.READY}


def test_a_call_whose_phone_rings_while_channels_are_listed_is_its_caller_s() -> None:
    """The agent's channel is heard first: who called is known once the caller's is listed."""
    callers = {"Uniqueid": "1.0", "Linkedid": "1.0", "CallerIDNum": "491701", "ChannelState": "6"}
    phones = {"Uniqueid": "1.1", "Linkedid": "1.0", "CallerIDNum": "", "ChannelState": "0"}
    fold = Fold()
    rings = ReadEvent("Newchannel", 5.0, {"Channel": "PJSIP/anna-1", **phones})
    there = [
        ReadEvent("CoreShowChannel", 5.1, {"Channel": f"PJSIP/{name}-1", "Duration": "00:00:02", **headers})
        for name, headers in (("anna", phones), ("trunk", callers))
    ]
    told = [
        *fold.handle(Connected(4.9, 1.0, "cut off")),
        *fold.handle(rings),
        *fold.handle(Listing("CoreShowChannels", 5.0, 5.1, there)),
    ]
    (started,) = of(told, CallStarted)
    assert (started.call, started.caller_number, started.moment) == ("1.0", "491701", 3.0)


def test_a_channel_by_which_a_call_is_recorded_is_no_call_whether_heard_or_listed() -> None:
    snoop = {"Channel": "Snoop/1.0-00000001", "Uniqueid": "9.0", "Linkedid": "9.0", "ChannelState": "6"}
    there = [ReadEvent("CoreShowChannel", 5.1, {**snoop, "Duration": "00:00:02"})]
    for heard in ("Newchannel", "Newstate", "BridgeEnter", "BridgeLeave", "Hangup"):
        fold = Fold()
        told = [
            *fold.handle(Connected(4.9, None, "")),
            *fold.handle(ReadEvent(heard, 5.0, {**snoop, "BridgeUniqueid": "b"})),
            *fold.handle(Listing("CoreShowChannels", 5.0, 5.1, there)),
            *fold.settle(100.0),
        ]
        assert not told
        assert not fold.calls.open
