"""A floor with two teams and people of every role, and what each of them asks by REST."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote

import aiohttp
from yarl import URL

from queue_strategies.rights import Role
from tests.floor_lab import Floor

SALES, SUPPORT = "+4930100", "+4930200"
FLOOR = f"""
[site]
name = "rights"

[http]
log_ins_a_minute = 4
proxies = ["127.0.0.1/32"]

[[queues]]
name = "sales"
join_when_empty = "never"
leave_when_empty = "never"

[[queues]]
name = "support"
join_when_empty = "never"
leave_when_empty = "never"

[[agents]]
id = "anna"
extension = "101"
team = "north"
queues = ["sales"]

[[agents]]
id = "bob"
extension = "102"
team = "south"
queues = ["support"]

[[agents]]
id = "carlos"
extension = "103"

[[routes]]
to = "{SALES}"
destination = "queue:sales"

[[routes]]
to = "{SUPPORT}"
destination = "queue:support"
"""
PASSWORD = "correct horse battery"
PEOPLE: Mapping[str, dict[str, Any]] = {
    "agent": {"role": "agent", "agent": "anna"},
    "lead.north": {"role": "team_lead", "teams": ["north"]},
    "lead.all": {"role": "team_lead", "teams": ["*"]},
    "super.north": {"role": "supervisor", "teams": ["north"]},
    "super.all": {"role": "supervisor", "teams": ["*"]},
    "admin": {"role": "administrator"},
}


class Answer(NamedTuple):
    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def is_refusal(self) -> bool:
        """Whether it says no, and nothing else."""
        return self.status == 403 and set(self.body) == {"error"}


class Described(NamedTuple):
    """One operation, as the API describes it."""

    method: str
    path: str
    needs: str | None

    def on(self, **names: str) -> str:
        """Fill in its path; what is not given is `nobody`."""
        parts = self.path.split("/")
        filled = [names.get(part[1:-1], "nobody") if part.startswith("{") else part for part in parts]
        return "/".join(quote(part, safe="") for part in filled)


@dataclass
class House:
    """A floor that runs, and everybody's tokens."""

    floor: Floor
    session: aiohttp.ClientSession
    tokens: dict[str, str] = field(default_factory=dict)
    operations: list[Described] = field(default_factory=list)

    async def open(self) -> None:
        """Make everybody known."""
        self.tokens["root"] = self.floor.asterisk.secrets.get("api")
        for name, user in PEOPLE.items():
            made = await self.ask(
                "root", "POST", "/api/v1/users", {"name": name, "password": PASSWORD} | user
            )
            assert made.status == 204, made
            self.tokens[name] = await self.token(name)
        paths = (await self.ask("root", "GET", "/api/openapi.json")).body["paths"]
        self.operations = [
            Described(method.upper(), path, one.get("x-needs"))
            for path, methods in paths.items()
            for method, one in methods.items()
        ]

    async def token(self, owner: str, **more: Any) -> str:
        """Make a token of somebody's."""
        made = await self.ask("root", "POST", "/api/v1/tokens", {"owner": owner} | more)
        assert made.status == 200, made
        return str(made.body["token"])

    async def ask(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Ask as somebody known, or with another token."""
        shown = {"Authorization": f"Bearer {self.tokens.get(who, who)}"} if who else {}
        url = URL(f"http://{self.floor.asterisk.configuration.http.listen}{path}", encoded=True)
        async with self.session.request(method, url, json=body, headers=shown | headers) as answer:
            told = await answer.json() if answer.content_type == "application/json" else await answer.text()
            return Answer(answer.status, told, answer.headers)

    async def log_in(self, name: str, password: str = PASSWORD, address: str = "127.0.0.1") -> Answer:
        """Log in by name and password, from anywhere, through a proxy."""
        given = {"name": name, "password": password}
        return await self.ask("", "POST", "/api/v1/sessions", given, **{"X-Forwarded-For": address})

    async def trail(self, who: str) -> list[dict[str, Any]]:
        """Read from PostgreSQL what somebody did, the first thing first."""
        columns = "role, address, operation, what, outcome, status, detail"
        rows = await self.floor.rows(f"SELECT {columns} FROM audit WHERE who = %s ORDER BY at, fact", who)
        return [dict(zip(columns.split(", "), row, strict=True)) for row in rows]

    async def talk(self, number: str, agent: str) -> str:
        """Let a customer talk with an agent; give the call."""
        caller = await self.floor.world.call(number)
        await (await self.floor.world.phone(agent).rings()).answer(speaks=1000)
        await caller.answered()
        await self.floor.until_agent(agent, "talking")
        return str((await self.floor.get(f"agents/{agent}"))["call"])


def role_of(name: str) -> Role:
    """Say what somebody is."""
    return Role(PEOPLE[name]["role"])


async def answers(house: House, who: str, asked: list[tuple[str, str]]) -> list[Answer]:
    """Ask several things at once."""
    return list(await asyncio.gather(*(house.ask(who, method, path) for method, path in asked)))
