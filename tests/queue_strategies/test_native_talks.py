"""With whom customers of Asterisk's own queues talk, by what the listener tells."""

from __future__ import annotations

from dataclasses import replace

from queue_strategies.facts import (
    Answered,
    CallEnded,
    ContactStarted,
    Fact,
    Handled,
    HoldEnded,
    HoldStarted,
    SegmentBegan,
    SegmentEnded,
    SegmentKind,
)
from queue_strategies.model import AgentId, ContactId, OfferId, QueueName, VisitId
from queue_strategies.native_talks import (
    Happening,
    NativeCustomerLeft,
    NativeHoldBegan,
    NativeHoldEnded,
    NativeTalkBegan,
    NativeTalks,
)

CONTACT, VISIT, SALES, ANNA = ContactId("1.0"), VisitId("1.0/1"), QueueName("sales"), AgentId("anna")
ANSWERED = Answered(
    moment=1.0, contact=CONTACT, visit=VISIT, queue=SALES, agent=ANNA, offer=OfferId("1.1"), wait_s=1.0,
    within_service_level=True,
)  # fmt: skip
WITH_ANNA = NativeTalkBegan(CONTACT, "1.0", "1.1", ANNA, SALES, VISIT)
TALK, HOLD = SegmentKind.TALK, SegmentKind.HOLD


def told(talks: NativeTalks, *facts: Fact) -> list[Happening]:
    """Tell facts one after the other."""
    return [happening for fact in facts for happening in talks.handle(fact)]


def does(
    channel: str, kind: SegmentKind, bridge: str, agent: str = "", visit: VisitId | None = None
) -> SegmentBegan:
    """Let a channel of the call do something from now on."""
    return SegmentBegan(
        moment=2.0, call="1.0", segment=f"{channel}/{bridge}", segment_kind=kind, channel=channel, party="",
        agent=AgentId(agent) if agent else None, contact=CONTACT if visit else None, visit=visit,
        queue=SALES if visit else None, bridge=bridge,
    )  # fmt: skip


def no_more(channel: str, kind: SegmentKind, bridge: str, ended_by: str) -> SegmentEnded:
    """Let a channel do so no more."""
    return SegmentEnded(
        moment=3.0, call="1.0", segment=f"{channel}/{bridge}", segment_kind=kind, channel=channel, party="",
        bridge=bridge, lasted_s=1.0, ended_by=ended_by,
    )  # fmt: skip


def handled(ended_by: str) -> Handled:
    """Let anna and the customer part."""
    return Handled(
        moment=3.0, contact=CONTACT, visit=VISIT, queue=SALES, agent=ANNA, talk_s=1.0, hold_s=0.0,
        ended_by=ended_by,
    )  # fmt: skip


def test_a_talk_begins_with_the_answer_and_its_segments_change_nothing() -> None:
    talks = NativeTalks()
    assert told(talks, ANSWERED) == [WITH_ANNA]
    assert told(talks, does("1.0", TALK, "b", visit=VISIT), does("1.1", TALK, "b", "anna", VISIT)) == []
    hold = HoldStarted(moment=2.0, contact=CONTACT, visit=VISIT, agent=ANNA)
    assert told(talks, hold, does("1.1", HOLD, "b", "anna", VISIT)) == [NativeHoldBegan(CONTACT)]
    back = HoldEnded(moment=2.0, contact=CONTACT, visit=VISIT, agent=ANNA, hold_s=1.0)
    assert told(talks, back) == [NativeHoldEnded(CONTACT)]
    assert told(talks, handled("caller"), no_more("1.0", TALK, "b", "hangup")) == [
        NativeCustomerLeft(CONTACT)
    ]


def test_who_was_given_away_talks_with_whoever_is_in_the_same_bridge_then() -> None:
    talks = NativeTalks()
    told(talks, ANSWERED, does("1.0", TALK, "b", visit=VISIT), does("1.1", TALK, "b", "anna", VISIT))
    assert told(talks, handled("transfer")) == [NativeHoldBegan(CONTACT)]
    told(talks, no_more("1.1", TALK, "b", "transfer"), no_more("1.0", TALK, "b", "talk"))
    met = told(talks, does("1.0", TALK, "c"), does("1.5", TALK, "c", "bob"))
    assert met == [NativeTalkBegan(CONTACT, "1.0", "1.5", AgentId("bob"), None, None)]
    ended = CallEnded(moment=9.0, call="1.0", cause=16, duration_s=9.0, answered=True)
    assert told(talks, ended, ended) == [NativeCustomerLeft(CONTACT)]


def test_who_comes_to_callfloor_is_a_customer_of_app_queue_no_more() -> None:
    talks = NativeTalks()
    told(talks, ANSWERED)
    started = ContactStarted(
        moment=4.0,
        contact=ContactId("ours"),
        channel="1.0",
        caller_number="",
        caller_name="",
        called_number="",
    )
    assert told(talks, started, handled("transfer")) == [NativeCustomerLeft(CONTACT)]


def test_what_the_floor_tells_of_its_own_queues_is_passed_over() -> None:
    own = VisitId("01a204d2-2e45-745d-81f7-5c014de29e57")
    facts = Answered(
        moment=1.0, contact=CONTACT, visit=own, queue=SALES, agent=ANNA, offer=OfferId("o"), wait_s=1.0,
        within_service_level=True,
    )  # fmt: skip
    assert told(NativeTalks(), facts, does("1.0", TALK, "desk-anna"), does("1.1", TALK, "desk-anna")) == []


def test_a_talk_that_went_on_while_nobody_listened_is_known_by_its_segments() -> None:
    talks = NativeTalks()
    segments = does("1.1", HOLD, "b", "anna", VISIT), does("1.0", HOLD, "b", visit=VISIT)
    assert told(talks, *segments) == [replace(WITH_ANNA, found=True), NativeHoldBegan(CONTACT)]


def test_a_member_behind_a_local_channel_is_found_and_the_talk_is_no_other() -> None:
    talks = NativeTalks()
    answered = replace(ANSWERED, agent=AgentId("Local/800@inside"), offer=OfferId("1.1"))
    told(talks, answered, does("1.0", TALK, "b", visit=VISIT))
    found = told(talks, does("1.4", TALK, "c", "anna", VISIT), does("1.4", TALK, "b", "anna", VISIT))
    assert found == [replace(WITH_ANNA, other="1.4", again=True)]
