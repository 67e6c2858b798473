"""The trail by REST: who changed or heard what, or wanted to."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from ami_listeners.database import Database
from ami_listeners.queries import queries
from ami_listeners.reports import asked as times
from ari_apps.console.operation import Asked, Operation
from ari_apps.console.person_views import AuditAsked, AuditView
from queue_strategies.rights import Scope


class Audit:
    """Answer what is asked about the trail."""

    def __init__(self, database: Database, timezone: Callable[[], str]) -> None:
        self._database, self._timezone = database, timezone

    def operations(self) -> tuple[Operation, ...]:
        """List what can be asked."""
        return (
            Operation(
                method="GET",
                path="/api/v1/audit",
                summary="List who changed or heard what, or wanted to; the latest first",
                needs=Scope.AUDIT,
                hears=True,
                answer=self.audit,
                asks=AuditAsked,
                gives=AuditView,
                many=True,
            ),
        )

    async def audit(self, asked: Asked) -> list[AuditView]:
        """List what was done, the latest first; raises QuestionError, DatabaseUnreachable."""
        wanted: AuditAsked = asked.query
        zone, now = ZoneInfo(self._timezone()), self._database.clock.wall()
        between = {
            "since": times.beginning(wanted.since, zone, now, "from"),
            "until": times.end(wanted.until, zone, now, "to"),
        }
        more = {"who": wanted.who, "outcome": wanted.outcome, "limit": wanted.limit}
        async with self._database.connection() as connection:
            rows = await (await connection.execute(queries("rights")["audit"], between | more)).fetchall()
        return [AuditView.model_validate(dict(zip(AuditView.model_fields, row, strict=True))) for row in rows]
