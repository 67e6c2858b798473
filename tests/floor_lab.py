"""A whole floor for scenarios: Asterisk, PostgreSQL, callfloor, and the outside world around it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, Self, TypeVar

import aiohttp
import psycopg
from prometheus_client.parser import text_string_to_metric_families

from ami_listeners.clock import Clock, utc_now
from ami_listeners.local_postgres import LocalPostgres
from ari_apps.acting import AsteriskFolders
from ari_apps.outside_world import OutsideCall
from ari_apps.outside_world.settings import Account, OutsideAddresses
from ari_apps.outside_world.world import OutsideWorld
from ari_apps.running import RunningFloor, running
from queue_strategies.facts import Fact
from tests.ami_listeners.conftest import make_database
from tests.asterisk_lab import AsteriskLab, FloorAsterisk, on_free_ports
from tests.ears import Heard, listen

F = TypeVar("F", bound=Fact)

PATIENCE_S = 15.0


class Floor:
    """A floor under test, and everybody around it."""

    def __init__(self, asterisk: FloorAsterisk, world: OutsideWorld, database_url: str) -> None:
        self.asterisk = asterisk
        self.world = world
        self.database_url = database_url
        self.data: dict[str, Any] = {}
        """What its floor.toml says."""
        self.facts: list[Fact] = []
        self.date: dt.datetime | None = None
        """What callfloor's calendar shows; None: today."""
        self._stack = AsyncExitStack()
        self._running: RunningFloor | None = None

    # -- callfloor itself -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start callfloor."""
        folders = AsteriskFolders(
            sounds=self.asterisk.rendered.directories.data / "sounds",
            recordings=self.asterisk.rendered.directories.spool / "recording",
        )
        self._running = await self._stack.enter_async_context(
            running(self.asterisk.configuration, folders=folders, clock=Clock(wall=self._wall))
        )
        self._running.watchers.append(self.facts.append)
        assert self._running.apps is not None
        await self._running.apps.ari.ready(PATIENCE_S)
        await until(self._settled, "callfloor knows who is on the line")

    async def _settled(self) -> bool:
        apps = self.callfloor.apps
        return apps is not None and apps.adoption.settled

    def _wall(self) -> dt.datetime:
        return self.date or utc_now()

    async def stop(self) -> None:
        """Stop callfloor, as SIGTERM does; Asterisk and everybody's calls go on."""
        self._running = None
        await self._stack.aclose()

    async def restart(self, away_s: float = 1.0) -> None:
        """Stop callfloor and start it anew."""
        await self.stop()
        await asyncio.sleep(away_s)
        await self.start()

    @property
    def callfloor(self) -> RunningFloor:
        """The running callfloor."""
        assert self._running is not None
        return self._running

    # -- people ---------------------------------------------------------------------------------------------

    async def come_to_work(self, *agents: str) -> None:
        """Plug in these agents' phones and log them in; returns when all are ready."""
        for agent in agents:
            await self.world.phone(agent).plug_in()
        for agent in agents:
            await self.post(f"agents/{agent}/log-in")
        for agent in agents:
            await self.until_agent(agent, "ready")

    async def go_home(self) -> None:
        """End every call, log everybody out and unplug their phones, so that another scenario may begin."""
        for monitoring in await self.get("monitorings"):
            await self.delete(f"monitorings/{monitoring['supervisor']}")
        for record in list(self.world.calls):
            await record.hang_up()
        for callback in await self.get("callbacks"):
            await self.delete(f"callbacks/{callback['call']}")
        for agent in await self.get("agents"):
            await self.post(f"agents/{agent['id']}/log-out")
            await self.world.phone(agent["id"]).plug_in()
            await self.world.phone(agent["id"]).sign_off()
        await until(self._quiet, "no call is left")
        self.facts.clear()
        self.world.forget_calls()

    async def _quiet(self) -> bool:
        return not await self.get("calls")

    async def until_agent(self, agent: str, state: str) -> None:
        """Wait until an agent is in a state."""

        async def there() -> bool:
            shown = await self.get(f"agents/{agent}")
            return bool(shown["state"] == state)

        await until(there, f"{agent} is {state}")

    async def until_waiting(self, queue: str, count: int) -> None:
        """Wait until so many callers wait in a queue."""

        async def there() -> bool:
            return bool((await self.get(f"queues/{queue}"))["waiting"] == count)

        await until(there, f"{count} wait in {queue}")

    async def call_of(self, caller_number: str) -> dict[str, Any]:
        """Return callfloor's view of the call from this number."""

        async def found() -> dict[str, Any] | None:
            calls = await self.get("calls")
            return next((call for call in calls if call["caller_number"] == caller_number), None)

        return await until(found, f"a call from {caller_number}")

    # -- REST -----------------------------------------------------------------------------------------------

    async def get(self, path: str) -> Any:
        """Ask the REST API."""
        return await self._ask("GET", path)

    async def delete(self, path: str) -> None:
        """Have something removed by the REST API."""
        await self._ask("DELETE", path)

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Have something done by the REST API."""
        return await self._ask("POST", path, body)

    async def put(self, path: str, body: dict[str, Any]) -> Any:
        """Set something by the REST API."""
        return await self._ask("PUT", path, body)

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.asterisk.secrets.get('api')}"}
        url = f"http://{self.asterisk.configuration.http.listen}/api/v1/{path}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, json=body, headers=headers) as answer,
        ):
            text = await answer.text()
            assert answer.status < 300, f"{method} {path}: {answer.status} {text}"
            return await answer.json() if answer.status == 200 else None

    # -- what is remembered ---------------------------------------------------------------------------------

    def told(self, kind: type[F]) -> list[F]:
        """Return the facts of a kind, in their order, over all restarts."""
        return [fact for fact in self.facts if isinstance(fact, kind)]

    async def until_told(self, kind: type[F], count: int = 1) -> list[F]:
        """Wait until so many facts of a kind were told."""

        async def there() -> list[F] | None:
            found = self.told(kind)
            return found if len(found) >= count else None

        return await until(there, f"{count} {kind.__name__}")

    async def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask PostgreSQL, once every fact told so far is in it."""
        assert await self.callfloor.journal.drained(PATIENCE_S)
        async with await psycopg.AsyncConnection.connect(self.database_url) as connection:
            return await (await connection.execute(sql, parameters)).fetchall()

    async def metrics(self, at: str = "") -> dict[tuple[str, ...], float]:
        """Scrape /metrics of the floor, or of another process of it."""
        return await scraped(at or f"http://{self.asterisk.configuration.http.listen}")


async def scraped(at: str) -> dict[tuple[str, ...], float]:
    """Scrape /metrics: (name, label values in the order of their names) to value."""
    async with aiohttp.ClientSession() as session, session.get(f"{at}/metrics") as answer:
        text = await answer.text()
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def hears(party: OutsideCall, *tones: int, patience_s: float = 5.0) -> Heard:
    """Listen until this party hears these tones and no other; fails with what was heard last."""
    deadline = asyncio.get_running_loop().time() + patience_s
    while (heard := await listen(party, 0.6)).tones != set(tones):
        assert asyncio.get_running_loop().time() < deadline, f"{party} hears {heard}"
    return heard


async def hears_music(party: OutsideCall, patience_s: float = 6.0) -> Heard:
    """Listen until this party hears something; music begins softly."""
    deadline = asyncio.get_running_loop().time() + patience_s
    while (heard := await listen(party, 1.0)).silent:
        assert asyncio.get_running_loop().time() < deadline, f"{party} hears nothing"
    return heard


T = TypeVar("T")


async def until(found: Callable[[], Awaitable[T | None]], what: str, patience_s: float = PATIENCE_S) -> T:
    """Ask again and again until the answer is something; fails with `what` was waited for."""
    deadline = asyncio.get_running_loop().time() + patience_s
    while not (answer := await found()):
        assert asyncio.get_running_loop().time() < deadline, f"waited {patience_s} s in vain until {what}"
        await asyncio.sleep(0.05)
    return answer


class FloorLab:
    """Starts whole floors, and stops everything at the end."""

    def __init__(self, asterisk_lab: AsteriskLab, postgres: LocalPostgres) -> None:
        self._asterisk_lab = asterisk_lab
        self._postgres = postgres
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def start(self, floor_toml: str, *, started: bool = True) -> Floor:
        """Run a floor.toml; the outside world is its only trunk, `carrier`; no phone is plugged in."""
        addresses = OutsideAddresses.free()
        url = await make_database(self._postgres)
        data = on_free_ports(floor_toml)
        data["trunks"] = [
            {"name": "carrier", "address": f"sip:{addresses.carrier}", "match": [addresses.carrier.host]}
        ]
        data.setdefault("outbound", {})["trunk"] = "carrier"
        data["database"] = {"url": url, "batch_s": 0.02, "spool_dir": str(self._asterisk_lab.folder())}
        data.setdefault("site", {})["secrets"] = "secrets"
        asterisk = await self._asterisk_lab.run_floor(data)
        world = await self._enter_world(asterisk, addresses)
        floor = Floor(asterisk, world, url)
        floor.data = data
        if started:
            await floor.start()
        self._stack.push_async_callback(floor.stop)
        return floor

    async def _enter_world(self, asterisk: FloorAsterisk, addresses: OutsideAddresses) -> OutsideWorld:
        configuration, secrets = asterisk.configuration, asterisk.secrets
        accounts = [Account(one.id, secrets.get(f"agent-{one.id}")) for one in configuration.agents]
        accounts += [Account(one.id, secrets.get(f"phone-{one.id}")) for one in configuration.phones]
        world = OutsideWorld(
            self._asterisk_lab.installation,
            self._asterisk_lab.folder(),
            floor=configuration.asterisk.sip_bind,
            accounts=accounts,
            addresses=addresses,
        )
        return await self._stack.enter_async_context(world)
