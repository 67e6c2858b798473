"""Who hangs up while waiting, and calls again soon enough, has the place of before."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from queue_strategies.events import CallerJoined, CallerLeft
from queue_strategies.facts import QueueJoined, VisitEnded
from queue_strategies.floor.returning import MOST_ABSENT
from queue_strategies.model import ContactId, VisitId, VisitOutcome
from tests.queue_strategies.floor_story import (
    ANNA,
    SALES,
    SUPPORT,
    Story,
    agent,
    caller_named,
    sales,
    support,
)

NUMBER = "+491701"


def waiting(resume_s: float) -> Story:
    """Return a floor at 30 on which eva has waited since 20, and fay since 25."""
    queues = (sales(resume_s=resume_s), support(resume_s=resume_s))
    story = Story(*queues, agents=[agent(ANNA, SALES, SUPPORT)]).at(10).join("first").talk(ANNA)
    return story.at(20).join("eva", number=NUMBER).at(25).join("fay", number="+491702").at(30)


def calls_again(story: Story, name: str = "eva", number: str = NUMBER) -> Story:
    """Let somebody who was there before call sales again, as a new contact."""
    caller = caller_named(name, SALES, joined_moment=story.now, number=number)
    again = replace(caller, visit=VisitId(f"again-{name}"), contact=ContactId(f"again-{name}"))
    return story.happen(CallerJoined(again))


@given(resume_s=st.floats(1, 600), away_s=st.floats(0, 1200))
def test_a_caller_has_the_place_of_before_exactly_within_the_time(resume_s: float, away_s: float) -> None:
    story = waiting(resume_s).leave("eva").after(away_s)
    back = story.now <= 30 + resume_s
    assert calls_again(story).line() == (["again-eva", "fay"] if back else ["fay", "again-eva"])


def test_each_stay_is_counted_by_itself_and_the_place_is_told() -> None:
    story = calls_again(waiting(60).leave("eva").after(10)).after(7)
    assert story.told(QueueJoined)[-1].waited_before_s == 20
    story.happen(CallerLeft(VisitId("again-eva")))
    assert [(end.outcome, end.wait_s) for end in story.told(VisitEnded)] == [
        (VisitOutcome.ABANDONED, 10),
        (VisitOutcome.ABANDONED, 7),
    ]


def test_nobody_comes_back_where_the_queue_does_not_say_so() -> None:
    assert calls_again(waiting(0).leave("eva").after(1)).line() == ["fay", "again-eva"]


def test_a_place_is_for_one_call_from_the_same_number_to_the_same_queue_after_hanging_up() -> None:
    story = waiting(60).leave("eva")
    assert calls_again(story, "gus", "+491709").line() == ["fay", "again-gus"]
    assert calls_again(story).line() == ["again-eva", "fay", "again-gus"]
    assert calls_again(story, "ida").line() == ["again-eva", "fay", "again-gus", "again-ida"]
    withdrawn = waiting(60).leave("eva", VisitOutcome.WITHDRAWN)
    assert calls_again(withdrawn).line() == ["fay", "again-eva"]
    other = waiting(60).leave("eva").join("eva", SUPPORT, number=NUMBER)
    assert (other.line(SUPPORT), calls_again(other, "ida").line()) == (["eva"], ["again-ida", "fay"])


def test_ever_new_numbers_fill_no_memory() -> None:
    story = waiting(60)
    for number in range(MOST_ABSENT + 5):
        story.join(f"x{number}", number=f"+{number}").leave(f"x{number}")
    assert len(story.floor._hall.lines[SALES].absent) == MOST_ABSENT
