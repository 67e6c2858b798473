"""Decide what of a customer's contact is recorded: whether at all, and from when to when.

A recording is one of the customer, not of an agent: begun in a talk it goes on through hold, consultation
and transfer until the customer leaves. It is made of takes, each without a gap; between two takes lies what
was left out.

    idle ── TalkBegan, wanted; StartAsked ──▶ recording
    recording ── PauseAsked; HoldBegan, where hold is left out; TalkBegan, forbidden ──▶ left out
    left out ── the last reason to leave out ends ──▶ recording
    any ── StopAsked, CustomerLeft ──▶ over    (who asks again after that gets another recording)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from queue_strategies.message import message


class AgentRule(StrEnum):
    """What of an agent's talks is recorded."""

    AS_QUEUE = "as_queue"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class QueueRule:
    """What of a queue's talks is recorded."""

    percent: float = 0.0
    """So many of a hundred, by chance; 100: all."""
    forbidden: bool = False
    """None, whatever an agent's rule says and whoever asks."""
    hold: bool = True
    """What is said and heard while the customer is on hold, too."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whether a talk is recorded, and by which rule."""

    yes: bool
    because: str
    allowed: bool = True
    """Somebody may ask for it."""


def wanted(queue: QueueRule | None, agent: AgentRule, chance: float) -> Wanted:
    """Decide whether a talk is recorded; `queue` is None for one of no queue, `chance` is in [0, 1)."""
    rule = queue or QueueRule()
    if rule.forbidden:
        return Wanted(False, "queue: never", allowed=False)
    if agent is AgentRule.NEVER:
        return Wanted(False, "agent: never", allowed=False)
    if agent is AgentRule.ALWAYS:
        return Wanted(True, "agent: always")
    return Wanted(chance * 100 < rule.percent, f"queue: {rule.percent:g} %")


class LeftOut(StrEnum):
    """Why nothing is recorded in the middle of a recording."""

    ASKED = "asked"
    HOLD = "hold"
    FORBIDDEN = "forbidden"
    """Whom the customer talks to now may not be recorded."""


@message()
class TalkBegan:
    """The customer hears somebody: the first agent, or the next after a transfer."""

    wanted: Wanted
    hold: bool = True
    """What is said on hold is recorded too, by the rule of the queue."""


@message()
class HoldBegan:
    """The customer is on hold."""


@message()
class HoldEnded:
    """The customer is back from hold, or was handed on."""


@message()
class StartAsked:
    """Somebody wants it recorded."""


@message()
class PauseAsked:
    """Somebody wants it left out from now on, as card data are said."""


@message()
class ResumeAsked:
    """Somebody wants it recorded again."""


@message()
class StopAsked:
    """Somebody wants no more of it."""


@message()
class CustomerLeft:
    """The customer is gone."""


Happened = (
    TalkBegan | HoldBegan | HoldEnded | StartAsked | PauseAsked | ResumeAsked | StopAsked | CustomerLeft
)


@message()
class Course:
    """How a recording stands."""

    begun: bool = False
    over: bool = False
    left_out: frozenset[LeftOut] = frozenset()
    hold: bool = True
    """As TalkBegan."""
    talking: bool = False
    """The customer hears somebody, and is not on hold."""
    allowed: bool = False
    """The present talk may be recorded, if somebody asks for it."""
    because: str = ""

    @property
    def runs(self) -> bool:
        """Tell whether what is said now is recorded."""
        return self.begun and not self.over and not self.left_out

    @property
    def paused(self) -> bool:
        """Tell whether somebody asked that nobody hear this, be it recorded otherwise or not."""
        return LeftOut.ASKED in self.left_out


def after(course: Course, happened: Happened) -> Course:
    """Say how a recording stands after something happened."""
    if course.over:
        return course
    match happened:
        case TalkBegan(wanted=rule, hold=hold):
            forbidden = frozenset() if rule.allowed else {LeftOut.FORBIDDEN}
            return Course(
                begun=course.begun or rule.yes,
                left_out=course.left_out - {LeftOut.HOLD, LeftOut.FORBIDDEN} | forbidden,
                hold=hold,
                talking=True,
                allowed=rule.allowed,
                because=course.because if course.begun else rule.because,
            )
        case HoldBegan():
            out = course.left_out if course.hold else course.left_out | {LeftOut.HOLD}
            return replace(course, left_out=out, talking=False)
        case HoldEnded():
            return replace(course, left_out=course.left_out - {LeftOut.HOLD}, talking=True)
        case StartAsked() if course.allowed and not course.begun:
            return replace(course, begun=True, because="asked")
        case StartAsked():
            return course
        case PauseAsked():
            return replace(course, left_out=course.left_out | {LeftOut.ASKED})
        case ResumeAsked():
            return replace(course, left_out=course.left_out - {LeftOut.ASKED})
        case StopAsked() | CustomerLeft():
            return replace(course, over=True)
        case _:
            assert_never(happened)
