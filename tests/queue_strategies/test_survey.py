"""Who is asked after the call: by share, never twice within the days, and nobody of whom nothing is known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from queue_strategies.definitions import AGENT_FIGURES, AGENT_MEASURES, QUEUE_FIGURES, QUEUE_MEASURES
from queue_strategies.definitions.measure import ratio
from queue_strategies.facts import SurveyAnswered
from queue_strategies.figures import Figures
from queue_strategies.model import AgentId, ContactId, QueueName, VisitId
from queue_strategies.survey import (
    LEARNS_WITHIN_S,
    SCALE,
    JustAsked,
    SurveyRules,
    Verdict,
    is_chosen,
    judge,
    score_of,
)

CHANCES = st.floats(0, 1, exclude_max=True)
SALES, ANNA = QueueName("sales"), AgentId("anna")


@given(CHANCES, CHANCES, st.floats(0, 1))
def test_who_is_chosen_of_a_smaller_share_is_chosen_of_a_greater_one(
    chance: float, less: float, more: float
) -> None:
    small, great = sorted((less, more))
    chosen = [is_chosen(SurveyRules(share=share), chance) for share in (0.0, small, great, 1.0)]
    assert chosen == sorted(chosen)
    assert chosen[0] is False
    assert chosen[-1] is True


@given(st.sampled_from(("", "+49170")), st.sampled_from((True, False, None)), st.integers(0, 400))
def test_a_customer_is_asked_only_where_it_is_known_that_it_was_not_lately(
    number: str, lately: bool | None, days: int
) -> None:
    verdict = judge(SurveyRules(again_after_days=days), number, lately=lately)
    assert (verdict is Verdict.ASKED) == (days == 0 or (number != "" and lately is False))


def test_who_was_asked_just_now_is_known_until_the_database_knows_it_and_no_longer() -> None:
    just_asked = JustAsked()
    just_asked.note("+49170", 100.0)
    assert just_asked.knows("+49170", 100.0 + LEARNS_WITHIN_S)
    assert not just_asked.knows("+49170", 101.0 + LEARNS_WITHIN_S)
    assert not just_asked.knows("+49171", 100.0)
    just_asked.note("+49171", 102.0 + LEARNS_WITHIN_S)
    assert not just_asked.knows("+49170", 100.0), "who is known to the database is forgotten here"


@given(st.text("0123456789*#", max_size=2))
def test_a_score_is_one_of_the_five_keys_and_nothing_else(answer: str) -> None:
    assert score_of(answer) == (int(answer) if answer in map(str, SCALE) else None)


@given(st.lists(st.tuples(st.sampled_from(SCALE), st.booleans())))
def test_csat_is_the_share_of_fours_and_fives_of_all_answers_that_are_scores(
    answers: list[tuple[int, bool]],
) -> None:
    figures = Figures()
    for score, known in answers:
        figures.add(answered(score, ANNA if known else None))
        figures.add(answered(None, ANNA))
    scores = [score for score, _ in answers]
    of_anna = [score for score, known in answers if known]
    csat = ratio(QUEUE_FIGURES["customer_satisfaction"].of, QUEUE_MEASURES, figures.queue(SALES))
    mean = ratio(AGENT_FIGURES["mean_score"].of, AGENT_MEASURES, figures.agent(ANNA))
    assert (csat.numerator, csat.denominator) == (sum(score >= 4 for score in scores), len(scores))
    assert mean.value == (sum(of_anna) / len(of_anna) if of_anna else None)


def answered(score: int | None, agent: AgentId | None) -> SurveyAnswered:
    return SurveyAnswered(
        moment=1.0,
        contact=ContactId("c"),
        visit=VisitId("v"),
        queue=SALES,
        agent=agent,
        survey="service",
        question="how",
        answer=str(score or 1),
        score=score,
    )
