"""Calls that come while callfloor is away, on a real Asterisk with real SIP."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ari_apps.away import away_queues
from ari_apps.configuration.floor_toml import load_text
from ari_apps.local_asterisk.free_ports import free_port
from tests.asterisk_lab import AsteriskLab, FloorAsterisk, on_free_ports

FLOOR = """
[asterisk]
qualify_s = 0
[[queues]]
name = "sales"
strategy = "ring_all"
[[queues]]
name = "support"
[[agents]]
id = "anna"
extension = "101"
queues = ["sales"]
[[agents]]
id = "bob"
extension = "102"
[[trunks]]
name = "carrier"
address = "sip:127.0.0.2:5060"
[[routes]]
to = "+4930123*"
destination = "menu:main"
[[routes.routes]]
to = ["+4930123555", "+493012366*"]
destination = "queue:support"
[menus.main]
keys = { 1 = "menu:main", 2 = "queue:sales" }
"""


def test_each_number_waits_in_the_first_queue_that_its_menus_lead_to() -> None:
    waits = {number.pattern: number.queue for number in away_queues(load_text(FLOOR))}
    assert waits == {"_+4930123!": "sales", "+4930123555": "support", "_+493012366!": "support"}
    everything = away_queues(load_text('[[queues]]\nname = "q"\n[[routes]]\ndestination = "queue:q"\n'))
    assert [number.pattern for number in everything] == ["_[0-9+*#]!"]


async def test_a_caller_reaches_an_agent_through_asterisk_alone(asterisk_lab: AsteriskLab) -> None:
    data = on_free_ports(FLOOR)
    phone = free_port()
    data["asterisk"]["events"] = "inbound"
    data["agents"][0]["phone"] = f"sip:anna@127.0.0.3:{phone}"
    floor = await asterisk_lab.run_floor(data)
    async with (
        sipp(asterisk_lab, "-sn", "uas", "-i", "127.0.0.3", "-p", str(phone), "-m", "1") as agent,
        call(asterisk_lab, floor, "+493012399") as caller,
    ):
        assert await asyncio.wait_for(agent.wait(), 20) == 0
        assert await asyncio.wait_for(caller.wait(), 20) == 0


async def test_calls_wait_for_a_callfloor_that_restarts_but_not_for_one_that_is_gone(
    asterisk_lab: AsteriskLab,
) -> None:
    data = on_free_ports(FLOOR)
    data["agents"][0]["phone"] = f"sip:anna@127.0.0.3:{free_port()}"
    floor = await asterisk_lab.run_floor(data)
    assert floor.rendered.events == "outbound"
    for seen, application in (
        ("", "Stasis"),
        (str(int(time.time())), "Stasis"),
        ("1", "Queue"),
        ("1", "sorry"),
    ):
        if seen:
            await floor.asterisk.cli(f"dialplan set global CALLFLOOR_SEEN {seen}")
        number = "0800" if application == "sorry" else "+493012399"
        async with call(asterisk_lab, floor, number):
            await shown(floor, application)
        await floor.asterisk.cli("channel request hangup all")
        await shown(floor, "")


async def shown(floor: FloorAsterisk, what: str) -> None:
    """Wait until the list of channels shows a text; no text: until it is empty."""
    async with asyncio.timeout(10):
        while True:
            channels = await floor.asterisk.cli("core show channels concise")
            if (what in channels) if what else not re.search(r"PJSIP/", channels):
                return
            await asyncio.sleep(0.05)


@asynccontextmanager
async def sipp(lab: AsteriskLab, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run SIPp until the context ends."""
    assert lab.installation.sipp is not None
    folder: Path = lab.folder()
    process = await asyncio.create_subprocess_exec(
        *lab.installation.sipp,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=folder,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def call(
    lab: AsteriskLab, floor: FloorAsterisk, number: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Call a number from the carrier's address."""
    where = str(floor.configuration.asterisk.sip_bind)
    arguments = (
        "-sn",
        "uac",
        "-i",
        "127.0.0.2",
        "-p",
        str(free_port()),
        "-s",
        number,
        "-m",
        "1",
        "-d",
        "3000",
    )
    async with sipp(lab, *arguments, where) as process:
        yield process
