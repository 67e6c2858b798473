"""The floor shows who stands where, and says why."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from queue_strategies.events import (
    AgentLoggedOut,
    AgentOccupied,
    AgentPaused,
    AgentUnpaused,
    PhoneChanged,
)
from queue_strategies.facts import OfferMade
from queue_strategies.model import (
    AgentId,
    AgentState,
    ContactId,
    OfferOutcome,
    QueueName,
    Skill,
    Widening,
)
from tests.queue_strategies.floor_story import (
    ANNA,
    BOB,
    CARL,
    DORA,
    SALES,
    SUPPORT,
    Story,
    agent,
    sales,
    support,
)

WHO = [
    "talker",
    "ringer",
    "writer",
    "pauser",
    "silent",
    "leaver",
    "busy",
    "unplugged",
    "dead",
    "decliner",
    "sleeper",
]


def every_kind_of_agent() -> Story:
    """Return a floor at 104 with one agent of each kind, and eva, who waits for one of them."""
    members = [agent(AgentId(name), wrap_up_s=20 if name == "writer" else 0) for name in WHO]
    story = Story(sales(), support(), agents=[*members, agent(AgentId("outsider"), SUPPORT)]).at(100)
    for name in WHO:
        story.join(f"caller-of-{name}")
    for name in WHO:
        if name not in ("ringer", "dead", "decliner", "sleeper"):
            story.talk(AgentId(name))
    story.fail(AgentId("dead"), OfferOutcome.UNREACHABLE).fail(AgentId("decliner"), OfferOutcome.DECLINED)
    story.rang(AgentId("ringer")).at(102).leave("caller-of-dead").leave("caller-of-decliner")
    story.happen(AgentPaused(AgentId("pauser"), "lunch")).happen(AgentPaused(AgentId("silent"), ""))
    story.happen(AgentLoggedOut(AgentId("leaver"))).happen(
        PhoneChanged(AgentId("unplugged"), reachable=False)
    )
    story.happen(AgentOccupied(AgentId("busy"), ContactId("mum")))
    for name in ("writer", "pauser", "silent", "leaver", "busy", "unplugged"):
        story.part(f"caller-of-{name}")
    return story.answer(AgentId("sleeper")).join("eva").at(104)


def test_every_agent_is_excluded_for_a_reason() -> None:
    explained = every_kind_of_agent().floor.explain(ContactId("eva"), 104)
    assert explained is not None
    assert (explained.considered, explained.position, explained.queue) == ((), 3, SALES)
    assert explained.sentence == "Number 3 in sales: none of 11 members can be rung."
    assert {entry.agent: entry.why for entry in explained.excluded} == {
        "talker": "talks to another caller, 4 s",
        "ringer": "reserved for another caller, 4 s",
        "sleeper": "reserved for another caller, 4 s",
        "writer": "wrap-up, 18 s left",
        "pauser": "paused: lunch",
        "silent": "paused",
        "leaver": "logged out",
        "busy": "on a call of their own, 2 s",
        "unplugged": "phone cannot be reached",
        "dead": "phone did not respond, 26 s left",
        "decliner": "declined the last caller, 1 s left",
        "outsider": "not a member",
    }


@pytest.mark.parametrize(
    ("caller", "sentence", "why"),
    [
        ("caller-of-ringer", "Number 1 in sales: ringer by longest_idle.", "rings, 4 s"),
        (
            "caller-of-sleeper",
            "Number 2 in sales: sleeper has picked up.",
            "picked up, being connected for 2 s",
        ),
        ("caller-of-talker", "Talks to talker since 4 s.", "talks, 4 s"),
    ],
)
def test_who_is_considered_is_told_how_far_it_has_come(caller: str, sentence: str, why: str) -> None:
    explained = every_kind_of_agent().floor.explain(ContactId(caller), 104)
    assert explained is not None
    assert explained.sentence == sentence
    assert [entry.why for entry in explained.considered] == [why]


def test_agents_of_a_ring_all_queue_are_all_considered() -> None:
    story = Story(sales(strategy="ring_all"), agents=[agent(ANNA), agent(BOB)]).at(10).join("eva").rang(BOB)
    explained = story.floor.explain(ContactId("eva"), 12)
    assert explained is not None
    assert [(entry.agent, entry.why) for entry in explained.considered] == [
        (ANNA, "being dialled, 2 s"),
        (BOB, "rings, 2 s"),
    ]


# -- at each offer, also when it is long over ---------------------------------------------------------------


def test_each_offer_tells_who_was_considered_and_who_was_not_at_that_moment() -> None:
    story = every_kind_of_agent().at(200).happen(AgentPaused(AgentId("decliner"), "tea"))
    story.happen(AgentLoggedOut(AgentId("ringer")))
    explained = story.floor.explain(ContactId("caller-of-ringer"), 200)
    assert explained is not None
    (offer, *_) = explained.offers
    assert (offer.agent, offer.moment, offer.strategy, offer.why, offer.ready) == (
        "ringer",
        100,
        "longest_idle",
        "idle 98 s",
        10,
    )
    assert [entry.agent for entry in offer.considered] == [name for name in WHO if name != "talker"]
    assert offer.considered[1].why == "idle 97 s"
    assert [entry.agent for entry in offer.excluded] == ["talker", "outsider"]


def test_a_visit_that_is_over_is_still_explained_with_the_scores_of_then() -> None:
    queue = sales(strategy="fewestcalls", rest_s=60)
    story = Story(queue, agents=[agent(ANNA), agent(BOB, sales=1), agent(CARL)]).at(10)
    story.happen(AgentPaused(CARL, "lunch")).after(5)
    story.join("fay").talk(ANNA).part("fay").join("eva").fail(ANNA, OfferOutcome.DECLINED)
    story.after(1).happen(AgentUnpaused(CARL)).talk(BOB).after(3).part("eva").after(500)
    explained = story.floor.explain(ContactId("eva"), story.now)
    assert explained is not None
    assert (explained.sentence, explained.position) == ("No longer in sales; 2 offers were made.", None)
    first, second = explained.offers
    assert (first.agent, first.why, first.outcome) == (ANNA, "1 calls of this queue", OfferOutcome.DECLINED)
    assert [(entry.agent, entry.why) for entry in first.considered] == [
        (ANNA, "1 calls of this queue"),
        (BOB, "0 calls of this queue, penalty 1"),
    ]
    assert {entry.agent: entry.why for entry in first.excluded} == {CARL: "paused: lunch"}
    assert (second.agent, second.outcome, second.lasted_s) == (BOB, OfferOutcome.ANSWERED, 1)
    assert {entry.agent: entry.why for entry in second.excluded} == {
        ANNA: "declined the last caller",
        CARL: "paused: lunch",
    }


def test_phones_that_ring_at_once_are_one_choice_and_one_that_joins_them_says_beside_whom() -> None:
    agents = [agent(ANNA), agent(BOB), agent(CARL, sales=1), agent(DORA)]
    story = (
        Story(sales(strategy="ringall"), agents=agents).at(10).happen(AgentPaused(DORA, "tea")).join("eva")
    )
    assert [fact.because.rpartition(", ")[2] for fact in story.told(OfferMade)] == ["one of 3 ready"] * 2
    story.after(5).happen(AgentUnpaused(DORA))
    explained = story.floor.explain(ContactId("eva"), story.now)
    assert explained is not None
    first, second, third = explained.offers
    for offer in (first, second):
        assert (offer.asked, offer.ready) == ("", 3)
        assert [entry.agent for entry in offer.considered] == [ANNA, BOB, CARL]
        assert [(entry.agent, entry.why) for entry in offer.excluded] == [(DORA, "paused: tea")]
    assert (third.agent, third.asked, third.ready) == (DORA, "rings members of penalty 0 alone", 1)
    assert {entry.agent: entry.why for entry in third.excluded} == {
        ANNA: "rings for this caller already",
        BOB: "rings for this caller already",
        CARL: "penalty 1, while those of penalty 0 ring",
    }


def test_who_still_waits_is_told_what_is_asked_for_and_when_that_changes() -> None:
    rule = (Widening(after_s=30, skills={Skill("spanish"): 0}),)
    story = Story(sales(rule=rule), agents=[agent(ANNA)]).at(10).join("eva", skills={Skill("spanish"): 3})
    explained = story.floor.explain(ContactId("eva"), 22)
    assert explained is not None
    assert explained.sentence == (
        "Number 1 in sales: none of 1 members can be rung; asks for spanish 3, which changes in 18 s."
    )
    assert [(entry.agent, entry.why) for entry in explained.excluded] == [
        (ANNA, "skill spanish missing, asked for 3")
    ]


def test_there_is_nothing_to_explain_about_a_stranger() -> None:
    assert every_kind_of_agent().floor.explain(ContactId("stranger"), 104) is None


def test_a_snapshot_shows_callers_in_the_order_of_service_and_cannot_be_changed() -> None:
    story = Story(agents=[agent(ANNA)]).at(10).join("eva").at(11).join("fay").at(12).join("gil", priority=3)
    seen = story.floor.snapshot(15)
    queue = seen.queues[SALES]
    assert [(c.contact, c.position, c.priority, c.joined_moment, c.ringing) for c in queue.callers] == [
        ("gil", 1, 3, 12, ()),
        ("eva", 2, 0, 10, (ANNA,)),
        ("fay", 3, 0, 11, ()),
    ]
    assert queue.longest_waiting_since == 10
    assert queue.agents[AgentState.RINGING] == 1
    with pytest.raises(FrozenInstanceError):
        queue.callers[0].position = 9  # type: ignore[misc]
    story.leave("eva")
    assert len(queue.callers) == 3


def test_a_snapshot_shows_what_an_agent_does_and_until_when() -> None:
    story = Story(sales(wrap_up_s=20)).at(10).join("eva").talk(ANNA)
    talking = story.floor.snapshot(12).agents[ANNA]
    assert (talking.contact, talking.queue, talking.since_moment, talking.until_moment) == (
        "eva",
        SALES,
        10,
        None,
    )
    wrapping_up = story.at(30).part("eva").floor.snapshot(30).agents[ANNA]
    assert (wrapping_up.contact, wrapping_up.since_moment, wrapping_up.until_moment) == (None, 30, 50)


def test_queues_can_be_counted_without_a_snapshot() -> None:
    agents = [agent(ANNA), agent(BOB)]
    story = Story(agents=agents).at(10).join("eva").talk(ANNA).join("fay").join("gil")
    counts = story.floor.counts(SALES)
    assert counts is not None
    assert (counts.waiting, counts.wanting, counts.talking) == (2, 1, 1)
    assert (counts.members, counts.logged_in, counts.ready) == (2, 2, 0)
    assert story.floor.counts(QueueName("sails")) is None
