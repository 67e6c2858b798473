"""What a report is asked: of whom, from when to when, in which steps, in which time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from ami_listeners.reports.errors import QuestionError

MONDAY, SUNDAY = 0, 6
"""Weekdays as `datetime.date.weekday` numbers them."""


class Subject(StrEnum):
    """What a report is about."""

    QUEUE = "queue"
    AGENT = "agent"
    CALLS = "calls"
    ABANDONED = "abandoned"
    TRANSFERS = "transfers"
    QUALITY = "quality"
    OUTCOMES = "outcomes"
    DISPOSITIONS = "dispositions"


class Step(StrEnum):
    """How long a span of a report is, by the wall clock of its time zone."""

    QUARTER = "15m"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"
    """One span from the beginning to the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question; raises QuestionError when no time lies between its two moments."""

    subject: Subject
    since: datetime
    """Aware; what happened then counts."""
    until: datetime
    """Aware; what happened then does not count any more."""
    zone: ZoneInfo
    step: Step = Step.ALL
    week_starts: int = MONDAY
    """A weekday, Monday is 0."""
    names: tuple[str, ...] = ()
    """Of these queues or agents alone; empty: of all."""
    formula: str = ""
    """The service level by this formula; empty: by each queue's own."""

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise QuestionError(
                f"no time lies between {self.since:%Y-%m-%d %H:%M %z} and {self.until:%Y-%m-%d %H:%M %z}: "
                "let the report end after it begins"
            )
        _check_names(*self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactsQuestion:
    """Which contacts one figure of a report is made of."""

    subject: Subject
    measure: str
    """The name of what is counted, as in `abandoned`."""
    since: datetime
    until: datetime
    zone: ZoneInfo
    names: tuple[str, ...] = ()
    """Of these queues or agents alone; empty: of all."""
    key: tuple[str, ...] = ()
    """Of one row's queue, agent or whatever tells its rows apart; empty: of all `names`."""
    number: str = ""
    """Of this caller alone; of calls only."""
    limit: int = 10_000
    """At most so many, the first ones."""

    def __post_init__(self) -> None:
        _check_names(*self.names, *self.key, self.number)


def _check_names(*names: str) -> None:
    for name in names:
        if "\0" in name or name != name.encode("utf-8", "replace").decode():
            raise QuestionError(f"{name[:40]!r} is no name of anything, leave out what cannot be written")
