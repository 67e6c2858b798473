"""Whether a customer whose agent has gone is asked how it was, and what an answer is worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

SCALE = (1, 2, 3, 4, 5)
"""What an answer that is a score may be."""
LEARNS_WITHIN_S = 60.0
"""So long after somebody was asked the database knows; nobody is asked while it is known to be behind."""
SATISFIED = 4
"""From here on a score is a satisfied customer's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyRules:
    """Which customers of a queue are asked."""

    share: float = 1.0
    """Of the customers whose agent has gone; from 0 to 1."""
    again_after_days: int = 30
    """Nobody is asked twice within so many days, known by the number; 0: as often as it comes."""


class Verdict(StrEnum):
    """Whether somebody is asked, or why not."""

    ASKED = "asked"
    NO_NUMBER = "no number"
    """Nobody could tell when this customer was asked last."""
    ASKED_LATELY = "asked lately"
    NOT_KNOWN = "not known"
    """The database did not say in time when this customer was asked last."""


@dataclass(slots=True)
class JustAsked:
    """Who was asked just now, since the database learns of it a moment later; it alone counts the days."""

    _moments: dict[str, float] = field(default_factory=dict)
    """By number, the first who were asked first."""

    def note(self, number: str, now: float) -> None:
        """Remember that somebody is asked; forget whom the database knows."""
        self._moments.pop(number, None)
        self._moments[number] = now
        for known in [one for one, asked in self._moments.items() if now - asked > LEARNS_WITHIN_S]:
            del self._moments[known]

    def knows(self, number: str, now: float) -> bool:
        """Tell whether somebody was asked just now."""
        return number in self._moments and now - self._moments[number] <= LEARNS_WITHIN_S


def is_chosen(rules: SurveyRules, chance: float) -> bool:
    """Choose by chance, a number from 0 to below 1, whether a customer is to be asked at all."""
    return chance < rules.share


def asks_when(rules: SurveyRules, number: str) -> bool:
    """Tell whether it matters when somebody of this number was asked last."""
    return rules.again_after_days > 0 and number != ""


def judge(rules: SurveyRules, number: str, *, lately: bool | None) -> Verdict:
    """Decide about somebody who was chosen; `lately` is None where nobody knows."""
    if rules.again_after_days == 0:
        return Verdict.ASKED
    if not number:
        return Verdict.NO_NUMBER
    if lately is None:
        return Verdict.NOT_KNOWN
    return Verdict.ASKED_LATELY if lately else Verdict.ASKED


def score_of(answer: str) -> int | None:
    """Return what the key of an answer is on the scale; None for one that is not on it."""
    return next((score for score in SCALE if answer == str(score)), None)


@dataclass(slots=True)
class Scores:
    """Answers on the scale, counted."""

    count: int = 0
    satisfied: int = 0
    """Contained in them."""
    points: int = 0
    """Their sum."""

    def add(self, score: int) -> None:
        """Count one more."""
        self.count += 1
        self.satisfied += score >= SATISFIED
        self.points += score
