"""What each side of a call did from when to when, in every recorded scene."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listeners.connection import Connected, Listing
from ami_listeners.fold import Believed, Fold
from ami_listeners.fold.segments import Segment
from ami_listeners.messages import AmiEvent, ReadEvent
from ami_listeners.replay import read, replay
from queue_strategies.facts import (
    CallEnded,
    CallForwarded,
    CallOriginated,
    CallParked,
    CallPickedUp,
    CallStarted,
    CallUnparked,
    Fact,
    Handled,
    HoldStarted,
    OfferEnded,
    QueueJoined,
    SegmentBegan,
    SegmentEnded,
    SegmentKind,
    Transferred,
    VisitEnded,
)
from queue_strategies.model import OfferOutcome
from tests.ami_listeners.house_scenes import RECORDINGS, SCENES
from tests.ami_listeners.test_fold import facts, of, sane, stream

NAMES = [scene.__name__ for scene in SCENES]
EVERY = sorted(file.stem for file in RECORDINGS.glob("*.jsonl"))
LATE = "a_call_is_joined_in_the_middle"
CALLER = "+491700000001"

Line = tuple[str, str, str]
"""What a party did, and by what it ended."""


def segments(told: Sequence[Fact]) -> list[SegmentEnded]:
    return sorted(of(told, SegmentEnded), key=lambda each: (each.moment - each.lasted_s, each.party))


def story(told: Sequence[Fact], party: str) -> list[str]:
    """What one party did, line after line of its phone."""
    return [str(each.segment_kind) for each in segments(told) if each.party == party]


def talked_s(told: Sequence[Fact], agent: str) -> float:
    return sum(
        each.lasted_s
        for each in segments(told)
        if each.agent == agent and each.segment_kind is SegmentKind.TALK
    )


# -- plain calls --------------------------------------------------------------------------------------------


def test_a_caller_dials_and_talks_while_a_phone_rings_and_talks() -> None:
    told = facts("anna_calls_bob_and_somebody_outside")
    assert story(told, "anna") == ["dialling", "talk", "talk", "hold", "talk"]
    assert story(told, "bob") == ["offer", "talk"]
    assert story(told, "carrier") == ["talk", "hold", "talk"], "who is held is on hold as well"
    assert [each.direction for each in of(told, CallEnded)] == ["internal", "outbound"]


@pytest.mark.parametrize("name", ["a_call_passes_through_two_bridges", "a_local_channel_is_optimised_away"])
def test_a_local_channel_is_no_party_whether_it_stays_or_goes(name: str) -> None:
    told = facts(name)
    assert story(told, CALLER) == ["dialling", "talk"]
    assert story(told, "bob") == ["offer", "talk"]
    assert {each.party for each in segments(told)} == {CALLER, "bob"}
    assert talked_s(told, "bob") == pytest.approx(0.6, abs=0.2)


def test_who_is_greeted_before_a_phone_rings_was_in_a_menu() -> None:
    told = facts("a_greeted_caller_is_led_to_a_phone")
    assert story(told, CALLER) == ["ivr", "talk"]
    assert [each.direction for each in of(told, CallStarted)] == ["inbound"]


def test_a_caller_whom_nobody_answered_has_dialled_only() -> None:
    told = facts("nobody_answers_and_the_caller_gives_up")
    assert {(each.segment_kind, each.ended_by) for each in segments(told)} == {
        (SegmentKind.DIALLING, "hangup"), (SegmentKind.OFFER, "hangup"),
    }  # fmt: skip


def test_a_member_behind_a_local_channel_rings_holds_and_talks_for_the_queue() -> None:
    told = facts("a_member_answers_behind_a_local_channel")
    assert story(told, "carl") == ["offer", "talk", "hold", "talk"]
    assert {each.agent for each in segments(told) if each.party == "carl"} == {"Carl"}
    assert {each.queue for each in segments(told)} == {"through"}
    (held,), (handled,) = of(told, HoldStarted), of(told, Handled)
    assert (held.agent, handled.hold_s) == ("Carl", pytest.approx(0.5, abs=0.1))


# -- transfers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "caller", "anna", "bob"),
    [
        (
            "an_agent_asks_a_colleague_and_puts_the_caller_through",
            ["ivr", "waiting", "talk", "hold", "talk"],
            ["offer", "talk", "hold", "dialling", "consult", "wrap_up"],
            ["offer", "consult", "talk"],
        ),
        (
            "an_agent_puts_the_caller_through_before_the_colleague_answers",
            ["ivr", "waiting", "talk", "hold", "transfer", "talk"],
            ["offer", "talk", "hold", "dialling", "wrap_up"],
            ["offer", "talk"],
        ),
        (
            "an_agent_puts_the_caller_through_to_another_queue",
            ["ivr", "waiting", "talk", "hold", "waiting", "talk"],
            ["offer", "talk", "hold", "waiting", "wrap_up"],
            ["offer", "talk", "wrap_up"],
        ),
        (
            "an_agent_transfers_by_keys",
            ["ivr", "waiting", "talk", "hold", "talk"],
            ["offer", "talk", "hold", "consult", "wrap_up"],
            ["offer", "consult", "talk"],
        ),
        (
            "an_agent_gives_the_caller_to_a_phone",
            ["ivr", "waiting", "talk", "transfer", "talk"],
            ["offer", "talk", "wrap_up"],
            ["offer", "talk"],
        ),
        (
            "an_agent_gives_the_caller_to_another_queue",
            ["ivr", "waiting", "talk", "waiting", "talk"],
            ["offer", "talk", "wrap_up"],
            ["offer", "talk", "wrap_up"],
        ),
        ("an_agent_gives_the_caller_to_nobody", ["ivr", "waiting", "talk"], ["offer", "talk", "wrap_up"], []),
        (
            "an_agent_takes_the_caller_back",
            ["ivr", "waiting", "talk", "hold", "talk"],
            ["offer", "talk", "hold", "dialling", "consult", "talk", "wrap_up"],
            ["offer", "consult"],
        ),
    ],
)
def test_what_three_did_when_a_call_was_given_away(
    name: str, caller: list[str], anna: list[str], bob: list[str]
) -> None:
    told = facts(name)
    assert story(told, CALLER) == caller
    assert story(told, "anna") == anna
    assert story(told, "bob") == bob
    transfers = [] if name == "an_agent_takes_the_caller_back" else ["anna"]
    assert [each.agent for each in of(told, Transferred)] == transfers


@pytest.mark.parametrize(
    "name",
    [name for name in NAMES if name.startswith("an_agent_") and not name.endswith(("back", "nobody"))],
)
def test_talk_after_a_transfer_is_the_second_agents(name: str) -> None:
    told = facts(name)
    first = next(each for each in of(told, Handled) if each.agent == "anna")
    assert first.talk_s == pytest.approx(talked_s(told, "anna"), abs=0.05), "her visit ends with her talk"
    assert talked_s(told, "bob") == pytest.approx(0.8, abs=0.2)
    of_callers = [each for each in segments(told) if each.party == CALLER]
    together_s = sum(each.lasted_s for each in of_callers if each.segment_kind is SegmentKind.TALK)
    assert together_s == pytest.approx(talked_s(told, "anna") + talked_s(told, "bob"), abs=0.05)
    assert {each.call for each in of_callers} == {of(told, CallStarted)[0].call}
    asked = [each.call for each in segments(told) if each.segment_kind is SegmentKind.CONSULT]
    assert set(asked) <= {each.call for each in of_callers}, "who asks for a caller does so in that call"


def test_a_caller_put_through_to_a_queue_takes_the_place_of_who_waited_there() -> None:
    told = facts("an_agent_puts_the_caller_through_to_another_queue")
    assert [each.queue for each in of(told, QueueJoined)] == ["sales", "support"]
    assert not of(told, VisitEnded), "both visits were answered"
    assert [each.outcome for each in of(told, OfferEnded)] == [OfferOutcome.ANSWERED] * 2
    assert [each.agent for each in of(told, Handled)] == ["anna", "bob"]


def test_the_end_of_the_first_talk_that_is_told_of_late_does_not_end_the_second() -> None:
    name = "an_agent_gives_the_caller_to_another_queue"
    told_by_asterisk = stream(name)
    ends = next(
        number for number, each in enumerate(told_by_asterisk)
        if isinstance(each, AmiEvent) and each.name == "AgentComplete"
    )  # fmt: skip
    second = next(
        number for number, each in enumerate(told_by_asterisk)
        if isinstance(each, AmiEvent) and each.name == "AgentConnect" and number > ends
    )  # fmt: skip
    late = told_by_asterisk.pop(ends)
    assert isinstance(late, AmiEvent)
    forgotten = {header: value for header, value in late.headers.items() if not header.startswith("Dest")}
    told_by_asterisk.insert(second, ReadEvent(late.name, told_by_asterisk[second - 1].moment, forgotten))
    told = replay(told_by_asterisk, Fold())
    assert [(each.agent, each.ended_by) for each in of(told, Handled)] == [
        ("anna", "lost"),
        ("bob", "caller"),
    ]
    whole(told)


def test_the_calls_that_became_part_of_another_say_so() -> None:
    told = facts("an_agent_asks_a_colleague_and_puts_the_caller_through")
    first, asked = of(told, CallStarted)
    ended = {each.call: each for each in of(told, CallEnded)}
    assert (ended[asked.call].into, ended[first.call].into) == (first.call, "")
    assert len(ended) == len(of(told, CallEnded)) == 2


def test_a_call_goes_from_hand_to_hand() -> None:
    told = facts("a_call_given_away_is_given_away_again")
    assert story(told, CALLER) == ["ivr", "waiting", "talk", "transfer", "talk", "hold", "talk"]
    assert story(told, "bob") == ["offer", "talk", "hold", "dialling", "consult"]
    assert story(told, "carl") == ["offer", "consult", "talk"]


# -- picked up, sent on, dialled by a program ---------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["a_colleague_picks_up_a_certain_phone", "a_colleague_picks_up_what_rings_in_the_group"]
)
def test_a_call_is_picked_up_by_a_colleague(name: str) -> None:
    told = facts(name)
    (picked,) = of(told, CallPickedUp)
    assert (picked.by, picked.target) == ("bob", "anna")
    assert picked.call == of(told, CallStarted)[0].call
    assert story(told, "anna") == ["offer"]
    assert story(told, "bob")[-1] == "talk"


def test_a_call_of_a_queue_that_a_colleague_picks_up_is_the_colleagues() -> None:
    told = facts("a_colleague_picks_up_a_call_of_a_queue")
    assert {(each.agent, each.outcome) for each in of(told, OfferEnded)} == {
        ("anna", OfferOutcome.ANSWERED_ELSEWHERE), ("bob", OfferOutcome.ANSWERED),
    }  # fmt: skip
    assert [each.agent for each in of(told, Handled)] == ["bob"]


def test_a_phone_that_sends_its_calls_on_is_noted() -> None:
    told = facts("a_phone_sends_its_calls_on")
    (sent,) = of(told, CallForwarded)
    assert (sent.by, sent.to) == ("anna", "102")
    assert story(told, "bob") == ["offer", "talk"]


@pytest.mark.parametrize(
    ("name", "to", "reason", "direction"),
    [
        ("a_program_dials_for_anna", "anna", "", "internal"),
        ("a_program_dials_a_busy_phone", "anna", "busy", ""),
        ("a_call_file_dials_a_customer", "carrier", "", "outbound"),
    ],
)
def test_a_call_that_a_program_dials_says_whom_it_reached(
    name: str, to: str, reason: str, direction: str
) -> None:
    told = facts(name)
    (dialled,), (ended,) = of(told, CallOriginated), of(told, CallEnded)
    assert (dialled.to, dialled.reached, dialled.reason) == (to, not reason, reason)
    assert ended.direction == direction


# -- parked, and in a conference ----------------------------------------------------------------------------


def test_a_talk_of_a_queue_is_over_once_the_caller_is_parked() -> None:
    """The member's line stays until the caller is gone, who talks with somebody else meanwhile."""
    told = facts("a_caller_of_a_queue_is_parked_and_fetched")
    (parked,), (handled,) = of(told, CallParked), of(told, Handled)
    assert (handled.agent, handled.moment, handled.ended_by) == ("anna", parked.moment, "transfer")
    assert handled.talk_s == pytest.approx(talked_s(told, "anna"), abs=0.1)


@pytest.mark.parametrize(
    ("name", "how", "caller"),
    [
        ("a_parked_call_is_fetched", "fetched", ["dialling", "talk", "parked"]),
        ("a_parked_call_comes_back", "timed_out", ["dialling", "talk", "parked", "dialling", "talk"]),
        ("a_parked_caller_gives_up", "given_up", ["dialling", "talk", "parked"]),
    ],
)
def test_a_parked_call_is_fetched_comes_back_or_is_given_up(name: str, how: str, caller: list[str]) -> None:
    told = facts(name)
    (parked,), (unparked,) = of(told, CallParked), of(told, CallUnparked)
    assert (parked.by, parked.channel, unparked.how) == ("anna", unparked.channel, how)
    assert parked.space == unparked.space
    assert story(told, CALLER)[: len(caller)] == caller


def test_everybody_in_a_conference_is_in_it_from_joining_to_leaving() -> None:
    told = facts("three_meet_in_a_conference")
    assert [str(each.segment_kind) for each in segments(told)] == ["conference"] * 3
    assert [each.lasted_s for each in segments(told)] == pytest.approx([1.6, 1.6, 1.6], abs=0.3)


# -- what may not be relied upon ----------------------------------------------------------------------------


def whole(told: Sequence[Fact], *, closed: bool = True) -> None:
    """Every segment began once and ended once, and no line did two things at once."""
    began = {each.segment: each for each in of(told, SegmentBegan)}
    ended = {each.segment: each for each in of(told, SegmentEnded)}
    assert began.keys() == ended.keys() if closed else began.keys() >= ended.keys()
    assert (len(began), len(ended)) == (len(of(told, SegmentBegan)), len(of(told, SegmentEnded)))
    lines: dict[str, float] = defaultdict(float)
    for each in sorted(ended.values(), key=lambda each: (began[each.segment].moment, each.moment)):
        assert each.lasted_s >= 0
        assert began[each.segment].moment == pytest.approx(each.moment - each.lasted_s)
        assert began[each.segment].moment >= lines[each.channel] - 1e-6, each
        lines[each.channel] = each.moment


@pytest.mark.parametrize("name", EVERY)
def test_segments_of_a_line_follow_each_other_and_none_stays_open(name: str) -> None:
    fold = Fold()
    told = replay(stream(name), fold)
    sane(told)
    whole(told)
    assert not fold.segments.open
    assert not fold.calls.open
    assert not fold.visits.open
    assert not fold.calls.channels.known
    calls = {each.call for each in of(told, CallStarted)}
    assert {each.call for each in of(told, CallEnded)} == calls
    assert {each.call for each in segments(told)} <= calls


@pytest.mark.parametrize("name", NAMES)
def test_events_told_twice_are_told_once(name: str) -> None:
    twice = [each for each in stream(name) for _ in range(2)]
    assert replay(twice, Fold()) == facts(name)


@given(name=st.sampled_from(EVERY), chance=st.randoms(use_true_random=False))
def test_whatever_is_missed_or_late_no_line_does_two_things_at_once(name: str, chance: Random) -> None:
    """A fifth of the events never comes, another comes up to a second late."""
    late = sorted(
        (each.moment + (chance.random() if chance.random() < 0.2 else 0.0), number, each)
        for number, each in enumerate(stream(name))
        if chance.random() < 0.8
    )
    whole(replay([each for _, _, each in late], Fold()), closed=False)


@pytest.mark.parametrize("name", ["an_agent_asks_a_colleague_and_puts_the_caller_through", LATE])
def test_what_ended_while_nobody_listened_is_concluded_by_the_next_look(name: str) -> None:
    told_by_asterisk = stream(name)
    moment = told_by_asterisk[-1].moment + 1
    for cut in range(5, len(told_by_asterisk)):
        fold = Fold()
        told = list(replay(told_by_asterisk[:cut], fold, until_s=0.9))
        left = {each.segment for each in fold.segments.open.values()}
        told += fold.handle(Connected(moment, told_by_asterisk[cut - 1].moment, "cut off"))
        told += fold.handle(Listing("CoreShowChannels", moment, moment, []))
        told += fold.settle(moment + 100)
        whole(told)
        assert {each.segment for each in of(told, SegmentEnded) if each.ended_by == "lost"} == left
        assert not any(each.heard for each in of(told, SegmentEnded) if each.ended_by == "lost")


def test_who_comes_in_the_middle_finds_out_who_talks_to_whom() -> None:
    told = facts(LATE)
    assert story(told, CALLER) == ["talk", "transfer", "talk"]
    assert [each.heard for each in of(told, SegmentBegan)][:2] == [False, False]
    assert talked_s(told, "bob") == pytest.approx(0.5, abs=0.2)


def test_a_look_round_puts_right_what_was_missed_of_bridges() -> None:
    """The end of a talk was never told, and those who talked are listed in no bridge any more."""
    name = "a_greeted_caller_is_led_to_a_phone"
    told_by_asterisk = stream(name)
    leaves = next(
        number for number, each in enumerate(told_by_asterisk)
        if isinstance(each, AmiEvent) and each.name == "BridgeLeave"
    )  # fmt: skip
    fold = Fold()
    replay(told_by_asterisk[:leaves], fold, until_s=1)
    moment = told_by_asterisk[leaves].moment + 10
    look = listing_of(fold, moment, bridged=False)
    assert not of([*fold.handle(look), *fold.settle(moment + 50)], SegmentEnded), "it may be on its way"
    second = fold.handle(replace(look, asked_moment=moment + 60, moment=moment + 60))
    second += fold.settle(moment + 90)
    assert {(each.segment_kind, each.ended_by, each.heard) for each in of(second, SegmentEnded)} == {
        (SegmentKind.TALK, "ivr", False)
    }


def test_a_restart_goes_on_with_the_segments_it_left_open() -> None:
    name = "an_agent_gives_the_caller_to_a_phone"
    told_by_asterisk = stream(name)
    given = next(
        number for number, each in enumerate(told_by_asterisk)
        if isinstance(each, AmiEvent) and each.name == "BlindTransfer"
    )  # fmt: skip
    before = Fold()
    first = list(replay(told_by_asterisk[:given], before, until_s=0))
    moment = told_by_asterisk[given].moment - 0.01
    open_then: list[Segment] = list(before.segments.open.values())
    assert [each.kind for each in open_then] == [SegmentKind.TALK] * 2
    for each in open_then:
        each.other = None  # nobody remembers that
    after = Fold()
    after.restore(Believed(calls={each.call: each.began for each in open_then}, segments=open_then))
    second = after.handle(listing_of(before, moment))
    second += replay([*told_by_asterisk[3:4], *told_by_asterisk[given:]], after)
    told = [*first, *second]
    whole(told)
    assert story(told, CALLER) == ["ivr", "waiting", "talk", "transfer", "talk"]


def listing_of(fold: Fold, moment: float, *, bridged: bool = True) -> Listing:
    """List the channels that a fold knows, as Asterisk would."""
    items = [
        ReadEvent(
            "CoreShowChannel", moment,
            {
                "Uniqueid": each.id, "Linkedid": each.call, "Channel": each.name, "ChannelState": "6",
                "CallerIDNum": each.party, "BridgeId": each.bridge.id if each.bridge and bridged else "",
            },
        )
        for each in fold.calls.channels.known.values()
    ]  # fmt: skip
    return Listing("CoreShowChannels", moment, moment, items)


def test_recordings_are_of_the_scenes() -> None:
    assert all(list(read(RECORDINGS / f"{name}.jsonl")) for name in NAMES)
