"""callfloor comes back with another floor.toml: who is on the line goes on where there is still a place."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from ami_listeners.local_postgres import LocalPostgres
from ari_apps.outside_world import OutsideCall
from tests.asterisk_lab import AsteriskLab
from tests.floor_lab import FloorLab, hears_music, until
from tests.scenarios.busy_moment import FLOOR, MENU, SALES, SUPPORT, call, queue_up
from tests.served_floor import ServedFloor

SUPPORT_QUEUE = """
name = "support"
join_when_empty = "never"
leave_when_empty = "never"
callback.key = "2"
callback.numbers = ["*"]
callback.said_number = "sound:beep"
callback.said_choice = "sound:beep"
callback.said_taken = "sound:beep"
"""


@pytest.fixture
async def served(shared_asterisk_lab: AsteriskLab, postgres: LocalPostgres) -> AsyncIterator[ServedFloor]:
    """A floor whose callfloor runs."""
    async with FloorLab(shared_asterisk_lab, postgres) as lab:
        toml = FLOOR.replace("EVENTS", "auto").replace('name = "support"', SUPPORT_QUEUE)
        floor = await lab.start(toml, started=False)
        served = ServedFloor(floor, shared_asterisk_lab.folder())
        await served.start()
        yield served
        await served.everybody_goes()
        await served.close()


async def test_a_deploy_of_another_floor_drops_nobody(served: ServedFloor) -> None:
    await served.floor.come_to_work("carl")
    ringing = await call(served, SALES)
    at_carl = await served.world.phone("carl").rings()
    promised = await queue_up(served, SUPPORT)
    await hears_music(promised)
    await promised.press("21")
    await promised.ended()
    supported = await queue_up(served, SUPPORT)
    choosing, garbled = await call(served, MENU), await call(served, MENU)
    for caller in (choosing, garbled):
        await served.until_told("ivr_step", caller)
    # callfloor comes back without the menu, without support and without carl, and one call tells nonsense
    await served.terminate()
    await garble(served, garbled)
    served.line.configure(without_carl(tomllib.loads(served.line.config.read_text())))
    await served.start()
    # carl's phone is silent, and his caller keeps the place before the one who came from support
    await at_carl.ended()
    await served.until_told("offer_ended", ringing)
    await waits_in(served, "sales", ringing, supported)
    await until(
        partial(has_visits, served, supported, ["withdrawn", None]), "both visits are in the database"
    )
    # who was promised a call for support is named
    (warning,) = served.processes["all"].logged("adoption.callback_withdrawn")
    assert (warning["number"], warning["level"]) == (promised.record.from_number, "warning")
    (visit,) = await served.visits(promised)
    assert visit["outcome"] == "withdrawn"
    # those who were in the menu are in the one that is there now, even who carries nonsense
    for caller in (choosing, garbled):
        await until(partial(is_greeted_by, served, "other", caller), "the new menu greets")
    await choosing.press("3")
    await waits_in(served, "sales", ringing, supported, choosing)
    assert not [one for one in (ringing, supported, choosing, garbled) if one.is_over]
    changes = await served.rows(
        "SELECT body FROM facts WHERE agent = 'carl' AND kind = 'agent_state_changed' AND source = 'floor'"
        " ORDER BY id"
    )
    assert changes[-1]["body"]["state"] == "logged_out"


def without_carl(data: dict[str, Any]) -> dict[str, Any]:
    """Return another floor: one queue, another menu, and agents for both."""
    kept = [agent for agent in data["agents"] if agent["id"] != "carl"]
    moved = {"queue:support": "queue:sales", "menu:main": "menu:other"}
    return data | {
        "queues": [queue for queue in data["queues"] if queue["name"] == "sales"],
        "agents": [agent | {"queues": ["sales"]} for agent in kept],
        "menus": {"other": data["menus"]["main"] | {"keys": {"3": "queue:sales"}}},
        "routes": [
            route | {"destination": moved.get(route["destination"], route["destination"])}
            for route in data["routes"]
        ],
    }


async def garble(served: ServedFloor, caller: OutsideCall) -> None:
    """Have a caller's channel carry a destination that is none."""
    asterisk = served.floor.asterisk.asterisk
    for line in (await asterisk.cli("core show channels concise")).splitlines():
        name, *rest = line.split("!")
        if caller.record.from_number in rest:
            trace = r"{\"contact\":\"nobody\",\"to\":\"nowhere\",\"started_at\":1.5}"
            await asterisk.cli(f'dialplan set chanvar {name} CALLFLOOR "{trace}"')
            assert "nowhere" in await asterisk.cli(f"core show channel {name}")
            return
    raise AssertionError(f"{caller} has no channel")


async def waits_in(served: ServedFloor, queue: str, *callers: OutsideCall) -> None:
    """Wait until exactly these wait there, in this order."""
    numbers = [caller.record.from_number for caller in callers]

    async def there() -> bool:
        return await served.line_up(queue) == numbers

    await until(there, f"{callers} wait in {queue}")


async def has_visits(served: ServedFloor, caller: OutsideCall, outcomes: list[str | None]) -> bool:
    """Tell whether a caller's stays in queues have come to this."""
    return [visit["outcome"] for visit in await served.visits(caller)] == outcomes


async def is_greeted_by(served: ServedFloor, menu: str, caller: OutsideCall) -> bool:
    """Tell whether a caller has been in a menu."""
    return any(step["body"]["menu"] == menu for step in await served.told("ivr_step", caller))
