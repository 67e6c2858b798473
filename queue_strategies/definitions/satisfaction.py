"""What is counted of customers' answers after the call, of a queue or of an agent, and made of it: CSAT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from queue_strategies.definitions.expression import Quotient, Sum
from queue_strategies.definitions.measure import Condition, Figure, Good, Measure, Unit, by_name
from queue_strategies.survey import SATISFIED, SCALE, Scores


class Surveyed(Protocol):
    """Figures that count answers."""

    scores: Scores


SCORE_MEASURES: Mapping[str, Measure[Surveyed]] = by_name(
    [
        Measure(
            name="scores",
            text="Answers on the scale from 1 to 5 that customers gave after the call",
            counted=lambda figures: figures.scores.count,
            metric="scores",
        ),
        Measure(
            name="scores_satisfied",
            text="Of these, those of 4 or 5",
            counted=lambda figures: figures.scores.satisfied,
            where=(Condition("score", tuple(str(score) for score in SCALE if score >= SATISFIED)),),
            metric="scores_satisfied",
            good=Good.HIGHER,
        ),
        Measure(
            name="score_points",
            text="The sum of these answers",
            counted=lambda figures: figures.scores.points,
            column="score",
            metric="score_points",
        ),
    ]
)
"""Of the answers to the question that a survey marks as its score."""

CSAT = Figure(
    name="customer_satisfaction",
    title="CSAT",
    text="Customer satisfaction: answers of 4 or 5 on a scale of 5, over answers",
    unit=Unit.RATIO,
    of=Quotient(Sum(("scores_satisfied",)), Sum(("scores",))),
    good=Good.HIGHER,
)
MEAN_SCORE = Figure(
    name="mean_score",
    title="mean score",
    text="Mean of customers' answers on the scale from 1 to 5",
    unit=None,
    of=Quotient(Sum(("score_points",)), Sum(("scores",))),
    good=Good.HIGHER,
)
