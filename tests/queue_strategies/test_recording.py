"""What is recorded of a contact, whatever happens in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from queue_strategies.recording import (
    AgentRule,
    Course,
    CustomerLeft,
    HoldBegan,
    HoldEnded,
    LeftOut,
    PauseAsked,
    QueueRule,
    ResumeAsked,
    StartAsked,
    StopAsked,
    TalkBegan,
    Wanted,
    after,
    wanted,
)

CHANCE = st.floats(0, 1, exclude_max=True)
RULES = st.builds(QueueRule, percent=st.floats(0, 100), forbidden=st.booleans(), hold=st.booleans())
TALKS = st.builds(TalkBegan, st.builds(Wanted, st.booleans(), st.just("why"), st.just(True)), st.booleans())
FORBIDDEN = st.builds(TalkBegan, st.just(Wanted(False, "never", False)))
PAUSES = st.sampled_from([PauseAsked(), ResumeAsked()])
HAPPENED = (
    TALKS
    | FORBIDDEN
    | PAUSES
    | st.sampled_from([HoldBegan(), HoldEnded(), StartAsked(), StopAsked(), CustomerLeft()])
)


def course_of(*happened: object) -> Course:
    course = Course()
    for one in happened:
        course = after(course, one)  # type: ignore[arg-type]
    return course


@given(RULES, st.sampled_from(AgentRule), CHANCE)
def test_no_chance_and_no_wish_overrules_a_never(queue: QueueRule, agent: AgentRule, chance: float) -> None:
    decided = wanted(queue, agent, chance)
    never = queue.forbidden or agent is AgentRule.NEVER
    assert decided.allowed is not never
    assert not (never and decided.yes)
    if never:
        assert not course_of(TalkBegan(decided), StartAsked()).runs


@given(CHANCE)
def test_all_of_a_hundred_are_recorded_and_none_of_none(chance: float) -> None:
    assert wanted(QueueRule(percent=100), AgentRule.AS_QUEUE, chance).yes
    assert not wanted(QueueRule(), AgentRule.AS_QUEUE, chance).yes
    assert not wanted(None, AgentRule.AS_QUEUE, chance).yes


def test_a_quarter_of_the_talks_is_recorded_where_a_quarter_is_asked_for() -> None:
    rule = QueueRule(percent=25)
    assert sum(wanted(rule, AgentRule.AS_QUEUE, n / 1000).yes for n in range(1000)) == 250


@given(st.lists(HAPPENED))
def test_nothing_is_recorded_between_a_pause_and_its_end(happened: list[object]) -> None:
    course, paused = Course(), False
    for one in happened:
        course = after(course, one)  # type: ignore[arg-type]
        if isinstance(one, PauseAsked):
            paused = True
        elif isinstance(one, ResumeAsked):
            paused = False
        assert not (paused and course.runs)


@given(st.lists(HAPPENED), st.sampled_from([StopAsked(), CustomerLeft()]), st.lists(HAPPENED))
def test_what_is_over_stays_over(before: list[object], end: object, later: list[object]) -> None:
    assert not course_of(*before, end, *later).runs


@given(st.lists(TALKS | st.sampled_from([HoldBegan(), HoldEnded()])))
def test_what_has_begun_goes_on_through_hold_and_every_transfer(happened: list[object]) -> None:
    begun = TalkBegan(Wanted(True, "queue: 100 %"), hold=True)
    course = course_of(begun, *happened)
    assert course.begun
    assert course.because == "queue: 100 %"
    assert course.runs or course.left_out == {LeftOut.HOLD}


@given(st.lists(HAPPENED))
def test_a_talk_that_may_not_be_recorded_is_left_out_until_the_next(happened: list[object]) -> None:
    forbidden = TalkBegan(Wanted(False, "agent: never", allowed=False))
    unless = [one for one in happened if not isinstance(one, TalkBegan)]
    begun = TalkBegan(Wanted(True, "agent: always"))
    assert not course_of(begun, forbidden, *unless).runs
    assert course_of(begun, forbidden, begun).runs


def test_hold_is_left_out_where_the_queue_says_so_and_a_pause_outlasts_it() -> None:
    begun = TalkBegan(Wanted(True, "agent: always"), hold=False)
    assert not course_of(begun, HoldBegan()).runs
    assert course_of(begun, HoldBegan(), HoldEnded()).runs
    held = course_of(begun, HoldBegan(), PauseAsked(), HoldEnded())
    assert held.paused
    assert not held.runs
