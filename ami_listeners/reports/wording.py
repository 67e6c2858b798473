"""Write a report's cells for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from ami_listeners.reports.answer import Answer, Cell, Column, DataQuality
from ami_listeners.reports.period import label
from ami_listeners.reports.question import ContactsQuestion, Question, Step
from ami_listeners.reports.subjects import DEFINITIONS
from queue_strategies.definitions import Unit

NOTHING = "–"
ALL = "all"
CLOCKS_APART_S = 1.0
"""What is less is not worth a word."""


def worded(cell: Cell, column: Column, zone: ZoneInfo) -> str:
    """Write a cell with its unit: 1,234, 3:25 (minutes and seconds), 80.7 %."""
    match cell:
        case None:
            return NOTHING
        case datetime():
            return f"{cell.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        case str():
            return printable(cell)
    match column.unit:
        case Unit.COUNT:
            return f"{cell:,.0f}"
        case Unit.SECONDS:
            return duration(cell)
        case Unit.RATIO:
            return f"{100 * cell:.1f} %"
        case Unit.AN_HOUR:
            return f"{cell:.1f}"
        case _:
            return f"{cell:,.2f}"


def duration(seconds: float) -> str:
    """Write seconds as 3:25, or 1:03:25 from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def printable(text: str) -> str:
    """Take out what would steer a terminal, or hide in a table: callers choose their names."""
    return "".join(character if character.isprintable() else "·" for character in text)


def title(question: Question | ContactsQuestion) -> str:
    """Name a report."""
    named = DEFINITIONS[question.subject].title
    if isinstance(question, ContactsQuestion):
        if question.number:
            return f"Calls of {question.number}"
        if question.measure == question.subject:
            return named
        of = f" of {', '.join(question.key or question.names)}" if question.key or question.names else ""
        return f"{named}: {question.measure.replace('_', ' ')}{of}"
    every = "quarter of an hour" if question.step is Step.QUARTER else question.step
    step = "" if question.step is Step.ALL else f" by {every}"
    of = f" of {', '.join(question.names)}" if question.names else ""
    return f"{named}{of}{step}"


def period(question: Question | ContactsQuestion) -> str:
    """Say from when to when, by which clock."""
    return f"{label(question.since, question.until, Step.ALL, question.zone)}, {question.zone.key}"


def quality(answer: Answer) -> str:
    """Say in a sentence how well that time was heard, the badge first."""
    told = answer.quality
    return f"{told.badge}: {'; '.join(_quality(told, answer.question))}"


def _quality(told: DataQuality, question: Question | ContactsQuestion) -> Iterator[str]:
    began = told.heard_since
    if began is not None and began >= question.until:
        yield "nobody listened yet, what is known of it was imported"
    elif told.gaps:
        count = f"{len(told.gaps)} gaps" if len(told.gaps) > 1 else "a gap"
        yield f"{100 * told.heard_ratio:.2f} % heard, {count}, {duration(told.gap_s)} in all"
    else:
        yield "heard without a gap"
    if began is not None and began < question.until:
        yield f"nobody listened before {began.astimezone(question.zone):%Y-%m-%d %H:%M}"
    if told.concluded:
        yield f"{told.concluded:,} ends were not heard, but concluded"
    if told.corrected:
        yield f"{told.corrected:,} visits were corrected later"
    if told.mismatches:
        yield f"{told.mismatches:,} calls differ from Asterisk's own records"
    if told.worst_offset_s is not None and told.worst_offset_s >= CLOCKS_APART_S:
        yield f"clocks were {told.worst_offset_s:.1f} s apart"


def formulas(answer: Answer) -> list[str]:
    """Say how each service level is counted, queues of one formula together."""
    by_formula: dict[str, list[str]] = {}
    for name, formula in sorted(answer.formulas.items()):
        by_formula.setdefault(formula, []).append(name)
    if len(by_formula) == 1:
        return [f"service level: {formula}" for formula in by_formula]
    return [f"service level of {', '.join(names)}: {formula}" for formula, names in by_formula.items()]
