"""Whoever asks comes through here: who it is, whether they may, and what is written down about it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import hdrs, web
from pydantic import BaseModel

from ari_apps.console.operation import Operation
from ari_apps.console.reach import Reach
from ari_apps.rights.gate import Gate, UnauthorizedError
from ari_apps.rights.trail import Trail
from queue_strategies.rights import ForbiddenError, Person, Role

STRANGER = Person(name="", role=Role.AGENT)
"""Whom we do not know, and who may do nothing."""


@dataclass(slots=True)
class Visit:
    """One request, and what is known so far of who makes it."""

    operation: Operation
    path: dict[str, str]
    address: str
    who: Person = STRANGER
    tried: str = ""
    """Who they say they are, or whose token they show that is worth nothing any more."""
    token: str = ""
    """The id of the token that was shown; empty: the local one."""
    body: BaseModel | None = None
    query: dict[str, Any] = field(default_factory=dict)


class Door:
    """Let people in, and remember that they came."""

    def __init__(self, gate: Gate, reach: Reach, trail: Trail) -> None:
        self._gate, self._reach, self._trail = gate, reach, trail

    def meet(self, operation: Operation, request: web.Request) -> Visit:
        """See who is there, without knowing them yet."""
        forwarded = ",".join(request.headers.getall(hdrs.X_FORWARDED_FOR, []))
        address = self._gate.address_of(request.remote, forwarded)
        return Visit(operation, dict(request.match_info), address, query=dict(request.query))

    async def admit(self, visit: Visit, authorization: str) -> None:
        """Let somebody do this; raises UnauthorizedError, TooOftenError, ForbiddenError."""
        needs = visit.operation.needs
        if needs is None:
            return
        try:
            admitted = await self._gate.admit(authorization, visit.address)
        except UnauthorizedError as error:
            visit.tried = error.tried
            raise
        visit.who, visit.token = admitted.who, admitted.token.id if admitted.token else ""
        if needs not in visit.who.scopes:
            raise ForbiddenError(f"{visit.who.name} has no right to {needs}, an administrator can give it")
        self._reach.check(visit.who, visit.path)

    async def note(self, visit: Visit, status: int) -> None:
        """Write down a change, a listening, and whatever was refused."""
        if not visit.operation.noted and status not in (401, 403):
            return
        await self._trail.note(
            visit.who,
            name=visit.who.name or visit.tried or str(getattr(visit.body, "name", "")),
            address=visit.address,
            operation=f"{visit.operation.method} {visit.operation.path}",
            what=", ".join(visit.path.values()),
            status=status,
            detail=detail_of(visit),
        )


def detail_of(visit: Visit) -> str:
    """Write what somebody sent; secrets are stars."""
    if visit.body is not None:
        return visit.body.model_dump_json(exclude_unset=True)
    return json.dumps(visit.query, ensure_ascii=False) if visit.query else ""
