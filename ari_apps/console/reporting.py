"""Reports by REST: figures, and the contacts they are made of, as JSON or as a file."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field

from ami_listeners.database import Database
from ami_listeners.reports import as_json, asked
from ami_listeners.reports.answer import Answer
from ami_listeners.reports.ask import ask, contacts
from ami_listeners.reports.formats import MEDIA_TYPES, WRITERS, Format
from ami_listeners.reports.opened import opened
from ami_listeners.reports.question import ContactsQuestion, Question, Step, Subject
from ari_apps.configuration.floor_toml import FloorConfiguration
from ari_apps.console.desk import NotFoundError
from ari_apps.console.operation import Asked, Document, Operation
from ari_apps.console.views import View
from queue_strategies.model import AgentId
from queue_strategies.rights import ForbiddenError, Person, Scope, reaches

ROOT = "/api/v1/reports/{subject}"
Day = Annotated[str, Field(max_length=40, description="2026-11-20, 2026-11-20T14:30, today or yesterday")]
Name = Annotated[str, Field(max_length=200)]
T = TypeVar("T", bound="TimeAsked")


class TimeAsked(View):
    """Which time is asked for, and in what form the answer is wanted."""

    since: Day = Field("today", alias="from")
    until: Day = Field("today", alias="to", description="a day belongs to it")
    tz: str = Field("", max_length=60, description="an IANA time zone; the site's if left out")
    name: list[Name] = Field(
        default_factory=list, max_length=1000, description="of these queues or agents alone"
    )
    format: Format = Format.JSON


class ReportAsked(TimeAsked):
    """A report."""

    by: Step = Step.ALL
    week_starts: str = Field("monday", max_length=20)
    formula: str = Field("", max_length=200, description="the service level by this formula for all queues")


class ContactsAsked(TimeAsked):
    """The contacts a figure is made of."""

    measure: str = Field(max_length=100, description="what is counted, such as abandoned")
    key: list[Name] = Field(default_factory=list, max_length=8, description="of one row, as its link says")
    number: str = Field("", max_length=100, description="of this caller alone, of calls")
    limit: int = Field(10_000, ge=1, le=100_000)


class ReportView(View):
    """A report; its columns are named in `columns`, and are the fields of its rows."""

    model_config = ConfigDict(frozen=True, extra="allow")

    report: Subject
    timezone: str
    quality: dict[str, Any]
    service_level_formulas: dict[str, str]
    columns: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    totals: list[dict[str, Any]]
    cut: bool


class Reporting:
    """Answers reports from a database, by the clock of a site unless another is asked for."""

    def __init__(self, database: Database, configuration: Callable[[], FloorConfiguration]) -> None:
        self._database, self._configuration = database, configuration

    def operations(self) -> tuple[Operation, ...]:
        """List what can be asked."""
        return (
            Operation(
                method="GET",
                path=ROOT,
                summary="Report of queues, agents, calls: what days that are over were like",
                needs=Scope.REPORT,
                answer=self.report,
                asks=ReportAsked,
                gives=ReportView,
                media=FILES,
            ),
            Operation(
                method="GET",
                path=f"{ROOT}/contacts",
                summary="List the contacts that a figure of a report is made of",
                needs=Scope.REPORT,
                answer=self.contacts,
                asks=ContactsAsked,
                hears=True,
                gives=ReportView,
                media=FILES,
            ),
        )

    async def report(self, request: Asked) -> ReportView | Document:
        """Answer a report; raises QuestionError, NotFoundError, DatabaseUnreachable."""
        wanted: ReportAsked = request.query
        zone, since, until = self._time(wanted)
        question = Question(
            subject=_subject(request),
            since=since,
            until=until,
            zone=zone,
            step=wanted.by,
            week_starts=asked.weekday(wanted.week_starts, "week_starts"),
            names=self._names(request.who, _subject(request), wanted.name),
            formula=wanted.formula,
        )
        answer = await ask(self._database, question)
        if wanted.format is Format.HTML:
            answer = await opened(self._database, answer)
        return await _given(answer, wanted.format)

    async def contacts(self, request: Asked) -> ReportView | Document:
        """List contacts; raises QuestionError, NotFoundError, DatabaseUnreachable."""
        wanted: ContactsAsked = request.query
        zone, since, until = self._time(wanted)
        self._names(request.who, _subject(request), wanted.key[:1])
        question = ContactsQuestion(
            subject=_subject(request),
            measure=wanted.measure,
            since=since,
            until=until,
            zone=zone,
            names=self._names(request.who, _subject(request), wanted.name),
            key=tuple(wanted.key),
            number=wanted.number,
            limit=wanted.limit,
        )
        return await _given(await contacts(self._database, question), wanted.format)

    def _time(self, wanted: TimeAsked) -> tuple[ZoneInfo, dt.datetime, dt.datetime]:
        zone = asked.zone(wanted.tz or self._configuration().site.timezone, "tz")
        now = self._database.clock.wall()
        since = asked.beginning(wanted.since, zone, now, "from")
        return zone, since, asked.end(wanted.until, zone, now, "to")

    def _names(self, who: Person, subject: Subject, wanted: Sequence[str]) -> tuple[str, ...]:
        """Say of which queues or agents to report; raises ForbiddenError for any that are not theirs."""
        if who.sees_everybody:
            return tuple(wanted)
        if subject is Subject.CALLS:
            raise ForbiddenError(f"the report {subject} is of the whole floor, and not for {who.name}")
        theirs = self._theirs(who, subject)
        for name in wanted:
            if name not in theirs:
                raise ForbiddenError(f"{name!r} is not within reach of {who.name}")
        if not theirs:
            raise ForbiddenError(f"nobody is within reach of {who.name}")
        return tuple(wanted) or tuple(theirs)

    def _theirs(self, who: Person, subject: Subject) -> list[str]:
        agents = [
            one for one in self._configuration().agents if reaches(who, team=one.team, agent=AgentId(one.id))
        ]
        if subject is Subject.AGENT:
            return [one.id for one in agents]
        return sorted({place.queue for one in agents for place in one.queues})


FILES = tuple(media for form, media in MEDIA_TYPES.items() if form is not Format.JSON)


def _subject(request: Asked) -> Subject:
    try:
        return Subject(request.path["subject"])
    except ValueError:
        raise NotFoundError(
            f"there is no report {request.path['subject'][:40]!r}, ask for one of {', '.join(Subject)}"
        ) from None


async def _given(answer: Answer, form: Format) -> ReportView | Document:
    """Write an answer where it keeps no call waiting."""
    if form is Format.JSON:
        return ReportView.model_construct(**await asyncio.to_thread(as_json.data, answer))
    content = await asyncio.to_thread(_written, answer, form)
    return Document(content, MEDIA_TYPES[form], f"{answer.question.subject}.{form}")


def _written(answer: Answer, form: Format) -> bytes:
    out = io.BytesIO()
    WRITERS[form](answer, out)
    return out.getvalue()
