"""Waiting callers are told where they stand, how long it may take, and what the queue has to say."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_strategies.announcements import Announcements, EstimateRule, PositionRule
from queue_strategies.commands import Announce, Connect
from queue_strategies.events import AgentPaused, AgentUnpaused, AnnouncementEnded
from queue_strategies.facts import EstimateJudged
from queue_strategies.figures import Figures
from queue_strategies.metrics import calibration_p80
from queue_strategies.model import OfferOutcome, Skill
from tests.queue_strategies.floor_story import ANNA, BOB, SALES, Story, agent, sales

LASTS_S = 3.0


class Waiting(Story):
    """A story in which anna pauses, and every announcement is heard to its end after three seconds."""

    def __init__(self, **rules: object) -> None:
        told = Announcements(**rules)  # type: ignore[arg-type]
        self.heard: list[tuple[float, Announce]] = []
        self._speaking: dict[float, Announce] = {}
        super().__init__(sales(announcements=told, briefing_s=30.0), agents=[agent(ANNA)])
        self.happen(AgentPaused(ANNA, "lunch"))

    def until(self, moment: float) -> Waiting:
        """Let time pass, and every announcement that begins be heard."""
        while True:
            due = self.floor.next_deadline()
            over = min(self._speaking, default=None)
            if over is not None and over <= moment and (due is None or over <= due):
                self.at(over)
                self.happen(AnnouncementEnded(self._speaking.pop(over).visit))
            elif due is not None and due <= moment:
                self.at(due)
            else:
                self.at(moment)
                return self

    def _obey(self, command: object) -> None:
        if isinstance(command, Announce):
            self.heard.append((self.now, command))
            self._speaking[self.now + LASTS_S] = command
        else:
            super()._obey(command)  # type: ignore[arg-type]

    def told(self, name: str, what: str) -> list[tuple[float, object]]:  # type: ignore[override]
        """Return what of this a caller was told, and when."""
        return [
            (moment, getattr(one, what))
            for moment, one in self.heard
            if one.contact == name and getattr(one, what) is not None
        ]


def test_the_place_is_told_after_the_start_then_every_so_often_and_at_once_when_it_has_changed() -> None:
    story = Waiting(position=PositionRule.ALWAYS, start_s=10.0, every_s=60.0, least_gap_s=15.0)
    story.join("ann").join("ben")
    story.until(75.0)
    assert story.told("ben", "position") == [(11.0, 2), (74.0, 2)]
    story.until(80.0).leave("ann")
    story.until(200.0)
    assert story.told("ben", "position")[2:] == [(92.0, 1), (155.0, 1)]


def test_a_place_that_has_become_worse_is_not_told_when_only_moving_up_is() -> None:
    story = Waiting(position=PositionRule.ALWAYS, only_up=True, start_s=0.0, every_s=20.0)
    story.join("ann").join("ben")
    story.until(30.0).join("vip", priority=5)
    story.until(100.0).leave("ann").leave("vip")
    story.until(300.0)
    assert [place for _, place in story.told("ben", "position")] == [2, 1]


@pytest.mark.parametrize(
    ("rule", "heard"),
    [
        (PositionRule.ALWAYS, [(1, False), (2, False), (3, False), (4, False)]),
        (PositionRule.LIMIT, [(1, False), (2, False)]),
        (PositionRule.MORE_THAN, [(1, False), (2, False), (2, True), (2, True)]),
        (PositionRule.NEVER, []),
    ],
)
def test_who_is_far_behind_hears_what_the_rule_says(rule: PositionRule, heard: list[object]) -> None:
    story = Waiting(position=rule, position_limit=2, start_s=5.0)
    for name in ("ann", "ben", "cem", "dot"):
        story.join(name)
    story.until(20.0)
    assert [(one.position, one.more_than) for _, one in story.heard] == heard


def test_the_first_in_line_hears_nothing_of_it_where_the_queue_wants_that() -> None:
    story = Waiting(position=PositionRule.ALWAYS, start_s=0.0, to_first=False)
    story.join("ann").join("ben")
    story.until(100.0)
    assert story.told("ann", "position") == []
    assert story.told("ben", "position") != []


def test_messages_take_turns_and_come_at_their_own_pace_counted_from_the_end_of_the_last() -> None:
    story = Waiting(messages=3, message_start_s=20.0, message_every_s=30.0).join("ann")
    assert isinstance(story, Waiting)
    story.until(130.0)
    assert story.told("ann", "message") == [(21.0, 0), (54.0, 1), (87.0, 2), (120.0, 0)]


def test_messages_that_are_not_relative_are_counted_from_the_beginning_of_the_last() -> None:
    story = Waiting(messages=2, message_start_s=20.0, message_every_s=30.0, relative=False).join("ann")
    assert isinstance(story, Waiting)
    story.until(100.0)
    assert story.told("ann", "message") == [(21.0, 0), (51.0, 1), (81.0, 0)]


def test_messages_at_random_are_all_heard_about_as_often() -> None:
    story = Waiting(messages=4, message_start_s=1.0, message_every_s=20.0, random=True, least_gap_s=0.0)
    story.join("ann").floor._hall.chance = iter([n % 100 / 100 for n in range(0, 40_000, 37)]).__next__
    story.until(10_000.0)
    counts = Counter(message for _, message in story.told("ann", "message"))
    assert len(counts) == 4
    assert max(counts.values()) < 1.3 * min(counts.values())


@given(
    every_s=st.floats(1, 60),
    message_every_s=st.floats(1, 60),
    least_gap_s=st.floats(0, 40),
    relative=st.booleans(),
    moves=st.lists(st.floats(1, 100), max_size=6),
)
def test_announcements_never_overlap_and_always_leave_the_least_gap(
    every_s: float, message_every_s: float, least_gap_s: float, relative: bool, moves: list[float]
) -> None:
    story = Waiting(
        position=PositionRule.ALWAYS,
        every_s=every_s,
        messages=2,
        message_every_s=message_every_s,
        least_gap_s=least_gap_s,
        relative=relative,
    )
    for n in range(len(moves)):
        story.join(f"before-{n}")
    story.join("ann")
    for n, pause_s in enumerate(moves):
        story.until(story.now + pause_s).leave(f"before-{n}")
    story.until(story.now + 300)
    begins = [moment for moment, one in story.heard if one.contact == "ann"]
    assert len(begins) >= 2
    gaps = [after - before for before, after in pairwise(begins)]
    assert all(gap >= LASTS_S + least_gap_s - 1e-6 for gap in gaps)


def test_nothing_is_announced_to_a_caller_whose_agent_has_picked_up() -> None:
    story = Waiting(position=PositionRule.ALWAYS, start_s=10.0)
    story.join("ann").happen(AgentUnpaused(ANNA)).rang(ANNA).answer(ANNA)
    assert isinstance(story.latest[-1], Connect)
    story.until(20.0)
    assert story.heard == []
    story.fail(ANNA, OfferOutcome.FAILED)
    story.until(40.0)
    assert story.told("ann", "position") == [(20.0, 1)]


def test_an_agent_who_is_told_who_calls_has_the_time_for_it() -> None:
    story = Waiting()
    story.join("ann").happen(AgentUnpaused(ANNA)).rang(ANNA).answer(ANNA).at(35.0)
    story.connect(ANNA)
    assert story.talking == {ANNA: "ann"}


def test_a_caller_found_after_a_restart_is_told_on_and_not_twice_in_a_row() -> None:
    story = Waiting(
        position=PositionRule.ALWAYS, every_s=60.0, messages=3, message_start_s=30.0, message_every_s=60.0
    )
    story.at(100.0).join("ann", adopted=True)
    story.until(170.0)
    assert story.told("ann", "position") == [(160.0, 1)]
    assert story.told("ann", "message") == []
    story.until(200.0)
    assert len(story.told("ann", "message")) == 1


def test_an_announcement_of_whose_end_nobody_tells_silences_the_others_for_two_minutes_only() -> None:
    story = Waiting(position=PositionRule.ALWAYS, start_s=0.0, every_s=30.0).join("ann")
    story.at(118.0)
    assert isinstance(story, Waiting)
    assert len(story.told("ann", "position")) == 1
    story.at(200.0)
    assert len(story.told("ann", "position")) == 2


# -- the estimated wait -------------------------------------------------------------------------------------


def with_history(**rules: object) -> Waiting:
    """Let anna have served six callers in a minute each, the last of them now; she takes the next one."""
    rules = {"estimate": EstimateRule.P80, "start_s": 10.0, "every_s": 300.0} | rules
    story = Waiting(**rules)
    story.happen(AgentUnpaused(ANNA))
    for n in range(6):
        story.join(f"served-{n}").talk(ANNA).after(60.0).part(f"served-{n}")
    story.heard.clear()
    story.join("talks").talk(ANNA)
    return story


def test_the_estimated_wait_is_told_rounded_up_and_longer_the_further_behind() -> None:
    story = with_history()
    story.join("ann").join("ben")
    story.until(story.now + 11.0)
    (_, ann_s), (_, ben_s) = story.told("ann", "estimate_s") + story.told("ben", "estimate_s")
    assert (ann_s, ben_s) == (120.0, 180.0)


def test_no_wait_is_estimated_while_nobody_is_at_work_or_little_is_known() -> None:
    story = with_history()
    story.happen(AgentPaused(ANNA, "lunch")).join("ann")
    story.until(story.now + 11.0)
    new = Waiting(estimate=EstimateRule.P50).join("ann")
    assert isinstance(new, Waiting)
    new.until(100.0)
    assert story.heard == new.heard == []


def test_what_was_announced_is_judged_when_the_caller_is_answered() -> None:
    story = with_history()
    story.join("ann")
    story.until(story.now + 90.0).part("talks").talk(ANNA)
    (judged,) = [fact for fact in story.facts if isinstance(fact, EstimateJudged)]
    assert (judged.said_s, judged.actual_s, judged.answered) == (120.0, 80.0, True)
    figures = Figures()
    figures.add_all(story.facts)
    assert figures.queue(SALES).estimate_ratio.sum == 1.5
    assert calibration_p80(figures.queue(SALES)).value == 1.0


def test_who_leaves_is_judged_by_when_the_next_behind_is_answered_for_that_was_the_turn() -> None:
    story = with_history()
    story.join("ann").join("ben")
    story.until(story.now + 20.0).leave("ann")
    story.until(story.now + 40.0).part("talks").talk(ANNA)
    judged = [fact for fact in story.facts if isinstance(fact, EstimateJudged)]
    assert [(fact.contact, fact.answered, fact.actual_s) for fact in judged] == [
        ("ben", True, 50.0),
        ("ann", False, 50.0),
    ]


def test_who_leaves_with_nobody_behind_is_not_judged() -> None:
    story = with_history()
    story.join("ann")
    story.until(story.now + 20.0).leave("ann").after(100.0).part("talks")
    story.join("ben").talk(ANNA)
    assert [fact for fact in story.facts if isinstance(fact, EstimateJudged)] == []


def test_the_estimate_is_told_once_where_the_queue_wants_that() -> None:
    story = with_history(position=PositionRule.ALWAYS, estimate_once=True, every_s=20.0)
    story.join("ann")
    story.until(story.now + 100.0)
    assert len(story.told("ann", "position")) > 2
    assert len(story.told("ann", "estimate_s")) == 1


def test_who_needs_a_skill_waits_for_those_who_have_it_and_others_for_anybody() -> None:
    spanish = Skill("spanish")
    told = Announcements(estimate=EstimateRule.P80, start_s=10.0, round_to_s=10.0)
    both = [replace(agent(ANNA), skills={spanish: 1}), agent(BOB)]
    story = Story(sales(announcements=told), agents=both)
    for n in range(6):
        story.join(f"{n}-a").join(f"{n}-b").talk(ANNA).talk(BOB).after(60.0)
        story.part(f"{n}-a").part(f"{n}-b")
    story.join("talks").join("talks-too").talk(ANNA).talk(BOB)
    story.join("ann", skills={spanish: 1}).join("ben").join("cem", skills={spanish: 1}).after(10.0)
    said_s = {c.contact: c.estimate_s for c in story.commands if isinstance(c, Announce)}
    assert said_s == {"ann": 120, "ben": 120, "cem": 240}
