"""Recordings by REST: begin and pause them; find, hear and erase what was recorded."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from ami_listeners.reports import asked as spoken
from ami_listeners.reports.errors import QuestionError
from ari_apps.console.desk import NotFoundError
from ari_apps.console.operation import Asked, Operation
from ari_apps.console.sound import Sound
from ari_apps.console.views import View
from ari_apps.directory import Directory
from ari_apps.recording.archive import Archive, Wanted
from ari_apps.recording.mixing import Mixed
from ari_apps.recording.recordings import Recordings
from ari_apps.recording.vault import Kept
from ari_apps.requests import NotNow
from queue_strategies.model import AgentId, ContactId
from queue_strategies.recording import Happened, PauseAsked, ResumeAsked, StartAsked, StopAsked
from queue_strategies.rights import ForbiddenError, Person, Scope, demand, reaches

ROOT = "/api/v1"
ID = re.compile(r"[0-9a-f-]{36}")
MEDIA = {"wav": "audio/wav", "opus": "audio/ogg"}
VERBS: dict[str, tuple[str, Callable[[], Happened]]] = {
    "start": ("Record a call from now on", StartAsked),
    "pause": ("Leave out of a recording what is said from now on, as for card data", PauseAsked),
    "resume": ("Record again what is said", ResumeAsked),
    "stop": ("Record no more of a call", StopAsked),
}
Short = Annotated[str, Field(max_length=100)]


class RecordingsAsked(View):
    """Which recordings are asked for."""

    contact: Short = ""
    number: Short = Field("", description="the customer's, known by its digits")
    agent: Short = ""
    queue: Short = ""
    since: Short = Field("", alias="from", description="2026-11-20, 2026-11-20T14:30, today or yesterday")
    until: Short = Field("", alias="to", description="a day belongs to it")
    limit: int = Field(1000, ge=1, le=10_000)


class SoundAsked(View):
    """How a recording is to be heard."""

    mixed: bool = Field(default=False, description="both sides in one, of a recording that is WAV")
    how: str = Field("played", pattern="^(played|exported)$", description="what the trail says")


class RecordingView(View):
    """A recording; `kept_at` is null until its file is whole, `erased_at` tells that it is gone."""

    recording: str
    contact: str
    number: str
    name: str
    called: str
    agents: list[str]
    queues: list[str]
    because: str | None
    began_at: dt.datetime | None
    ended_at: dt.datetime | None
    duration_s: float | None
    paused_s: float | None
    pauses: int
    media: str | None
    encrypted: bool
    size_bytes: int | None
    sha256: str | None
    kept_at: dt.datetime | None
    keep_until: dt.datetime | None
    failed: str | None
    erased_at: dt.datetime | None


class RecordingDesk:
    """Answer for those who may."""

    def __init__(
        self,
        recordings: Recordings,
        archive: Archive,
        directory: Directory,
        timezone: Callable[[], str],
    ) -> None:
        self._recordings, self._archive = recordings, archive
        self._directory, self._timezone = directory, timezone

    def operations(self) -> tuple[Operation, ...]:
        """List what can be asked."""
        one = f"{ROOT}/recordings/{{recording}}"
        verbs = [
            Operation(
                method="POST",
                path=f"{ROOT}/{place}/recording-{verb}",
                summary=summary,
                needs=Scope.RECORD,
                answer=partial(answer, happened),
            )
            for verb, (summary, happened) in VERBS.items()
            for place, answer in (("calls/{call}", self._of_call), ("agents/{agent}", self._of_agent))
        ]
        listen = partial(Operation, method="GET", needs=Scope.LISTEN_RECORDINGS, hears=True)
        return (
            *verbs,
            listen(
                path=f"{ROOT}/recordings",
                summary="Find recordings by contact, number, agent, queue and time; the latest first",
                answer=self._find,
                asks=RecordingsAsked,
                gives=RecordingView,
                many=True,
            ),
            listen(path=one, summary="Show a recording", answer=self._show, gives=RecordingView),
            listen(
                path=f"{one}/sound",
                summary="Hear a recording, or a range of its bytes: the agent left, the customer right",
                answer=self._sound,
                asks=SoundAsked,
                media=tuple(MEDIA.values()),
            ),
            Operation(
                method="DELETE",
                path=one,
                summary="Erase the sound of a recording",
                needs=Scope.ERASE,
                answer=self._erase,
            ),
        )

    # -- while they talk ------------------------------------------------------------------------------------

    async def _of_call(self, happened: Callable[[], Happened], asked: Asked) -> None:
        contact = ContactId(asked.path["call"])
        agent = self._recordings.agent_of(contact)
        self._demand(asked.who, Scope.RECORD, agent, f"call {contact[:40]!r}")
        await self._recordings.ask(contact, happened(), asked.who.name)

    async def _of_agent(self, happened: Callable[[], Happened], asked: Asked) -> None:
        agent = AgentId(asked.path["agent"])
        self._demand(asked.who, Scope.RECORD, agent, f"agent {agent[:40]!r}")
        contact = self._recordings.contact_of(agent)
        if contact is None:
            raise NotNow(f"{agent[:40]} talks with nobody")
        await self._recordings.ask(contact, happened(), asked.who.name)

    def _demand(self, who: Person, scope: Scope, agent: AgentId | None, what: str) -> None:
        demand(who, scope, team=self._directory.team_of(agent), agent=agent, what=what)

    # -- afterwards -----------------------------------------------------------------------------------------

    async def _find(self, asked: Asked) -> list[RecordingView]:
        query: RecordingsAsked = asked.query
        zone, now = ZoneInfo(self._timezone()), self._archive.database.clock.wall()
        wanted = Wanted(
            contact=query.contact,
            digits=digits_of(query.number),
            agent=query.agent,
            queue=query.queue,
            since=spoken.beginning(query.since, zone, now, "from") if query.since else None,
            until=spoken.end(query.until, zone, now, "to") if query.until else None,
            reached=None if asked.who.sees_everybody else self._directory.agents_within(asked.who),
            limit=query.limit,
        )
        return [view(row) for row in await self._archive.find(wanted)]

    async def _show(self, asked: Asked) -> RecordingView:
        return view(await self._one(asked, "looked up"))

    async def _sound(self, asked: Asked) -> Sound:
        row = await self._one(asked, asked.query.how)
        if row["erased_at"] is not None:
            raise NotFoundError(f"recording {row['recording']} was erased")
        if not row["file"]:
            raise NotNow(f"of recording {row['recording']} nothing is kept yet, as long as `kept_at` is null")
        kept = await self._archive.open(row)
        self._archive.note_heard(row, asked.who.name, asked.query.how)
        name = f"{row['recording']}.{row['media']}"
        if not asked.query.mixed:
            return Sound(kept.size, MEDIA[row["media"]], name, partial(in_thread, kept))
        if row["media"] != "wav":
            raise NotNow(f"{name} is compressed, and not to be mixed here: take it as it is")
        together = Mixed(kept)
        return Sound(together.size, MEDIA["wav"], name, partial(in_thread, together))

    async def _erase(self, asked: Asked) -> None:
        row = await self._one(asked, "erased")
        if row["erased_at"] is None:
            await self._archive.erase(row, asked.who.name, "asked")

    async def _one(self, asked: Asked, how: str) -> dict[str, Any]:
        """Find a recording within reach; that somebody tried one beyond it goes into the trail.

        Who does not see everybody is not told whether there is one beyond it.
        """
        name = asked.path["recording"]
        rows = await self._archive.find(Wanted(recording=name)) if ID.fullmatch(name) else []
        beyond = f"recording {name[:40]!r} is not within reach of {asked.who.name}"
        if not rows and not asked.who.sees_everybody:
            raise ForbiddenError(beyond)
        if not rows:
            raise NotFoundError(f"there is no recording {name[:40]!r}")
        agents = [AgentId(agent) for agent in rows[0]["agents"]]
        who, team_of = asked.who, self._directory.team_of
        if not (who.sees_everybody or any(reaches(who, team=team_of(one), agent=one) for one in agents)):
            self._archive.note_heard(rows[0], who.name, f"refused, not {how}")
            raise ForbiddenError(beyond)
        return rows[0]


def digits_of(number: str) -> str:
    """Keep of a number what it is found by; raises QuestionError for one that would find everybody."""
    digits = re.sub(r"[^0-9]", "", number).removeprefix("00")
    if number and not digits:
        raise QuestionError(f"number: {number!r} has no digits by which a customer is known")
    return digits


async def in_thread(kept: Kept | Mixed, begin: int, end: int) -> bytes:
    """Read from one place up to another without keeping a call waiting."""
    return await asyncio.to_thread(kept.read, begin, end)


def view(row: dict[str, Any]) -> RecordingView:
    """Show a recording as people see it."""
    shown = {name: row[name] for name in RecordingView.model_fields if name != "encrypted"}
    return RecordingView(encrypted=bool(row["key"]), **shown)
