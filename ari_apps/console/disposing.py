"""What calls were about, over REST: asked of whoever talked, while it goes on or afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from ami_listeners.errors import DatabaseUnreachable
from ami_listeners.journal import Journal
from ari_apps.console.desk import NotFoundError
from ari_apps.console.offers_recollected import CONTACT
from ari_apps.console.operation import Asked, Operation
from ari_apps.console.operations import ROOT
from ari_apps.console.views import View
from ari_apps.dispositions import Dispositions, Served, UnknownDispositionError
from ari_apps.requests import NotNow
from queue_strategies.dispositions import NOTE_MAX
from queue_strategies.model import AgentId, ContactId, QueueName, VisitId
from queue_strategies.rights import Person, Scope, demand


class Disposition(View):
    """What a call was about."""

    disposition: Annotated[str, Field(pattern=r"^[\w.-]{1,64}$")]
    """One of its queue's, as floor.toml has them."""
    note: Annotated[str, Field(max_length=NOTE_MAX)] = ""


class Disposing:
    """Find who talked, see that it is for them to say, and take note."""

    def __init__(
        self, dispositions: Dispositions, journal: Journal, team_of: Callable[[str], str | None]
    ) -> None:
        self._dispositions = dispositions
        self._journal = journal
        self._team_of = team_of

    def operations(self) -> tuple[Operation, ...]:
        """List what can be done."""

        async def say(asked: Asked) -> None:
            await self.note(asked.who, asked.path["call"], asked.body)

        return (
            Operation(
                method="PUT",
                path=f"{ROOT}/calls/{{call}}/disposition",
                summary="Say what a call is or was about, with a note; of several the last one holds",
                needs=Scope.WORK,
                answer=say,
                takes=Disposition,
            ),
        )

    async def note(self, who: Person, call: str, said: Disposition) -> None:
        """Take note for the agent's own talk within a call; for the last one, if somebody else says it.

        Raises NotFoundError, NotNow, ForbiddenError.
        """
        talks = self._dispositions.of_call(call) or await self._before(call)
        served = next(
            (one for one in reversed(talks) if one.agent == who.agent), talks[-1] if talks else None
        )
        if served is None:
            raise NotFoundError(f"no agent of ours talked in a call {call!r}")
        demand(who, Scope.WORK, team=self._team_of(served.agent), agent=served.agent, what=f"call {call!r}")
        given_by = "" if who.agent == served.agent else who.name
        try:
            self._dispositions.note(served, said.disposition, said.note, given_by)
        except UnknownDispositionError as unknown:
            raise NotFoundError(str(unknown)) from None

    async def _before(self, call: str) -> list[Served]:
        if not CONTACT.fullmatch(call):
            return []
        try:
            rows = await self._journal.rows("served_in", contact=call)
        except DatabaseUnreachable as away:
            raise NotNow(f"call {call!r} is over, and {away}") from None
        return [
            Served(ContactId(call), VisitId(visit), QueueName(queue), AgentId(agent))
            for visit, queue, agent in rows
        ]
