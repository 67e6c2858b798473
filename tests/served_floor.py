"""A floor whose callfloor is a process of its own, to be stopped, killed and started anew under everybody."""

from __future__ import annotations

import asyncio
import datetime as dt
from asyncio.subprocess import Process
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import psycopg

from ami_listeners.clock import utc_now
from ami_listeners.local_postgres import LocalPostgres
from ari_apps.outside_world import OutsideCall
from tests.command_line import CommandLine, Serving
from tests.floor_lab import Floor, until

Row = dict[str, Any]


class ServedFloor:
    """One or two `callfloor serve` on a floor that runs; `world`, `get` and `post` are the floor's.

    It remembers in the floor's database; at another `url`; or in one that it runs itself, in the folder
    `embedded`.
    """

    def __init__(
        self, floor: Floor, folder: Path, *, url: str | None = None, embedded: Path | None = None
    ) -> None:
        self.floor = floor
        self.world = floor.world
        self.get, self.post = floor.get, floor.post
        self.line = CommandLine(folder)
        self.line.serve_floor(floor)
        database = floor.data["database"] | {"spool_dir": str(self.line.spool)}
        self.database_url = database["url"] = url or floor.database_url
        if embedded is not None:
            del database["url"]
            database["data_dir"] = str(embedded)
            self.database_url = LocalPostgres(embedded).url
        where = {"site": floor.data["site"] | {"secrets": str(self.line.secrets)}, "database": database}
        self.line.configure(floor.data | where)
        site = floor.asterisk.configuration.site.name
        home = folder / "state" / "callfloor" / site / "asterisk"
        home.mkdir(parents=True)
        (home / "state").symlink_to(floor.asterisk.rendered.directories.spool.parent)
        self._stack = AsyncExitStack()
        self.processes: dict[str, Serving] = {}
        """By the half they run: all, apps, listeners."""
        self.began: dict[str, dt.datetime] = {}
        """When each was started."""

    # -- processes ------------------------------------------------------------------------------------------

    async def start(self, *halves: str, ready: bool = True) -> None:
        """Start callfloor, or its halves; returns when they are ready."""
        for half in halves or ("all",):
            http = self.floor.asterisk.configuration.http
            at = http.listeners_listen if half == "listeners" else http.listen
            self.began[half] = utc_now()
            arguments = () if half == "all" else ("--only", half)
            serving = await self._stack.enter_async_context(self.line.serving(*arguments, http=at))
            self.processes[half] = serving
        for half in halves or ("all",):
            if ready:
                await self.processes[half].until(ready=True)

    async def terminate(self, *halves: str) -> None:
        """Send SIGTERM to these halves, or all, and wait for the orderly end."""
        await self._end(halves, Process.terminate)

    async def kill(self, *halves: str) -> None:
        """Send SIGKILL."""
        await self._end(halves, Process.kill)

    async def _end(self, halves: Sequence[str], by: Callable[[Process], None]) -> None:
        ending = [self.processes.pop(half) for half in halves or tuple(self.processes)]
        for serving in ending:
            by(serving.process)
        for serving in ending:
            await serving.ended()

    async def close(self) -> None:
        """End what runs."""
        await self._stack.aclose()
        self.processes.clear()

    # -- what is remembered ---------------------------------------------------------------------------------

    async def rows(self, sql: str, *parameters: Any) -> list[Row]:
        """Ask PostgreSQL; each row by the names of its columns."""
        async with await psycopg.AsyncConnection.connect(self.database_url) as connection:
            answer = await connection.execute(f"SELECT to_jsonb(t) FROM ({sql}) t", parameters)
            return [row for (row,) in await answer.fetchall()]

    async def contacts(self, caller: OutsideCall) -> list[Row]:
        """Return the contacts that are kept of a caller's number."""
        return await self.rows(
            "SELECT * FROM contacts WHERE caller_number = %s ORDER BY started_at", caller.record.from_number
        )

    async def visits(self, caller: OutsideCall) -> list[Row]:
        """Return what is kept of a caller's visits to queues."""
        return await self.rows(
            "SELECT v.* FROM visits v JOIN contacts c USING (contact) WHERE caller_number = %s"
            " ORDER BY joined_at",
            caller.record.from_number,
        )

    async def told(self, kind: str, caller: OutsideCall) -> list[Row]:
        """Return the facts of a kind about a caller."""
        return await self.rows(
            "SELECT f.* FROM facts f JOIN contacts c USING (contact)"
            " WHERE f.kind = %s AND caller_number = %s ORDER BY f.id",
            kind,
            caller.record.from_number,
        )

    async def until_told(self, kind: str, caller: OutsideCall) -> list[Row]:
        """Wait until a fact of a kind was told about a caller."""

        async def there() -> list[Row]:
            return await self.told(kind, caller)

        return await until(there, f"{kind} of {caller}")

    async def check_figures(self, half: str = "all") -> dict[str, Row]:
        """See that /metrics of a process and PostgreSQL count alike; return each queue's figures."""
        since = self.began[half]
        counted = await self.floor.metrics(self.processes[half].http)
        rows = await self.rows("SELECT * FROM queue_figures_between(since => %s)", since)
        for row in rows:
            queue = row["queue"]
            for name in ("offered", "answered", "abandoned", "short_abandoned"):
                told = counted[f"callfloor_queue_{name}_total", queue]
                assert told == row[name], f"{name} of {queue}: {told} told, {row[name]} kept"
            for name in ("lost", "timed_out", "withdrawn"):
                told = counted["callfloor_queue_released_total", name, queue]
                assert told == row[name], f"{name} of {queue}: {told} told, {row[name]} kept"
        handled = await self.rows(
            "SELECT queue, count(*) FROM facts WHERE kind = 'handled' AND at >= %s GROUP BY queue", since
        )
        for row in handled:  # whoever answered, and when
            assert counted["callfloor_queue_handled_total", row["queue"]] == row["count"], row
        return {row["queue"]: row for row in rows}

    # -- people ---------------------------------------------------------------------------------------------

    async def id_of(self, caller: OutsideCall) -> str:
        """Return what callfloor calls a caller's call."""
        return str((await self.floor.call_of(caller.record.from_number))["id"])

    async def line_up(self, queue: str) -> list[str]:
        """Return the numbers of those who wait in a queue, in the order of service."""
        numbers = {call["id"]: call["caller_number"] for call in await self.get("calls")}
        return [numbers[caller["call"]] for caller in (await self.get(f"queues/{queue}"))["callers"]]

    async def states(self, agents: Sequence[str]) -> dict[str, tuple[str, bool, str | None]]:
        """Return what each agent is seen doing: state, logged in, why paused."""
        shown = {agent["id"]: agent for agent in await self.get("agents")}
        return {
            agent: (shown[agent]["state"], shown[agent]["logged_in"], shown[agent]["pause_reason"])
            for agent in agents
        }

    async def everybody_goes(self) -> None:
        """End every call and send everybody home, so that another scene may begin."""
        if not self.processes:
            await self.start()
        await asyncio.gather(*(call.hang_up() for call in self.world.calls), return_exceptions=True)
        await self.floor.go_home()
