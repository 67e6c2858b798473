"""The same menus walked twice: offline, and by a caller at a telephone on a real Asterisk."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import wave
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest

from ami_listeners.clock import Clock
from ari_apps.acting import AsteriskFolders, acting
from ari_apps.ivr.offline_walk import OfflineCall, walk_offline
from ari_apps.local_asterisk.free_ports import free_port
from ari_apps.local_asterisk.running import RunningAsterisk
from queue_strategies.facts import ContactEnded, Fact, IvrStep, VisitEnded, VoicemailLeft
from tests.asterisk_lab import AsteriskLab, FloorAsterisk, on_free_ports

MONDAY = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
FLOOR = """
[calendars.office]
hours = { mon-sun = "09:00-17:00" }
[[queues]]
name = "sales"
[[queues]]
name = "support"
[[trunks]]
name = "carrier"
address = "sip:127.0.0.2:5060"
[voicemail.sales]
greeting = []
silence_s = 0
[[routes]]
to = "100"
destination = "menu:main"
[[routes.routes]]
calendar = "office"
when = "closed"
destination = "menu:closed"
[[routes]]
to = "200"
destination = "voicemail:sales"
[[routes]]
to = "300"
destination = "menu:account"
[menus.main]
prompt = ["sound:no-such-welcome", "say:For sales press one."]
keys = { 1 = "queue:sales", 2 = "queue:support", 9 = "menu:hours" }
timeout_s = 1
invalid_prompt = "sound:beeperr"
on_failure = "queue:support"
[menus.hours]
prompt = "sound:beep"
then = "menu:main"
[menus.closed]
prompt = "sound:beep"
[menus.account]
prompt = "sound:beep"
digits = { min = 4, max = 10 }
timeout_s = 1
between_s = 1
lookup = { url = "http://127.0.0.1:9/{digits}", value = "tier", otherwise = "menu:main" }
"""
WORLD = """
[world]
exten => press,1,Wait(1)
 same => n,GotoIf($["${KEYS}" = "_"]?quiet)
 same => n,SendDTMF(${KEYS},120,120)
 same => n(quiet),Wait(60)
exten => speak,1,Wait(1.5)
 same => n,Playtones(1000)
 same => n,Wait(3)
 same => n,StopPlaytones()
 same => n,SendDTMF(#)
 same => n,Wait(60)
exten => leave,1,Wait(0.5)
 same => n,Hangup()
"""


@dataclass
class Site:
    """A floor that runs, and the world that calls it."""

    floor: FloorAsterisk
    world: RunningAsterisk
    at: dt.datetime = MONDAY
    facts: list[Fact] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def call(self, number: str, behaviour: str = "press", keys: str = "") -> list[Fact]:
        """Let a caller call, and return all that became true of it."""
        self.facts.clear()
        self.over.clear()
        await self.world.cli(f"dialplan set global KEYS {keys or '_'}")
        await self.world.cli(f"channel originate PJSIP/{number}@floor extension {behaviour}@world")
        async with asyncio.timeout(60):
            await self.over.wait()
        return list(self.facts)

    def remember(self, fact: Fact) -> None:
        self.facts.append(fact)
        if isinstance(fact, ContactEnded):
            self.over.set()


@pytest.fixture(scope="module")
async def site(shared_asterisk_lab: AsteriskLab) -> AsyncIterator[Site]:
    async with running_site(shared_asterisk_lab) as site:
        yield site


@asynccontextmanager
async def running_site(lab: AsteriskLab) -> AsyncIterator[Site]:
    data, port = on_free_ports(FLOOR), free_port()
    data["trunks"][0]["address"] = f"sip:127.0.0.2:{port}"
    floor = await lab.run_floor(data)
    pjsip = f"""
[udp]
type=transport
protocol=udp
bind=127.0.0.2:{port}
[floor]
type=endpoint
context=world
aors=floor
disallow=all
allow=alaw
from_user=+49301111
[floor]
type=aor
contact=sip:{floor.configuration.asterisk.sip_bind}
"""
    indications = "[general]\ncountry=us\n[us]\ndescription=US\n"
    files = {"pjsip.conf": pjsip, "extensions.conf": WORLD, "indications.conf": indications}
    site = Site(floor, await lab.run(files, modules=["res_clioriginate", "res_pjsip_pubsub"]))
    folders = AsteriskFolders(
        sounds=lab.installation.data_dir / "sounds", recordings=floor.rendered.directories.spool / "recording"
    )
    clock = Clock(wall=lambda: site.at)
    async with acting(
        floor.configuration, floor.secrets, folders, clock=clock, remember=site.remember
    ) as apps:
        await apps.ari.ready(30)
        yield site


def steps(facts: list[Fact]) -> list[tuple[str, str, str]]:
    return [(fact.menu, fact.step, fact.choice) for fact in facts if isinstance(fact, IvrStep)]


def end_of(facts: list[Fact]) -> str:
    queues = [fact.queue for fact in facts if isinstance(fact, VisitEnded)]
    return f"queue:{queues[0]}" if queues else "hangup"


@pytest.mark.parametrize(
    ("number", "keys"),
    [
        ("100", "2"),
        ("100", "71"),
        ("100", "9#*2"),
        ("100", "991"),
        ("100", ""),
        ("300", "12#4711#2"),
        ("300", "123"),
    ],
)
async def test_a_caller_goes_the_way_that_was_walked_offline(site: Site, number: str, keys: str) -> None:
    live = await site.call(number, keys=keys)
    offline = await walk_offline(
        site.floor.configuration,
        OfflineCall(to=number, caller="+49301111", at=MONDAY, keys=keys),
        timezone="UTC",
        language="en",
    )
    assert steps(live) == steps(list(offline.facts))
    assert end_of(live) == str(offline.end)


async def test_a_caller_who_hangs_up_in_a_menu_is_gone(site: Site) -> None:
    assert steps(await site.call("100", "leave")) == [("main", "entered", "")]


async def test_closed_hours_are_heard_and_the_call_ends(site: Site) -> None:
    site.at = MONDAY.replace(hour=18)
    try:
        assert steps(await site.call("100")) == [("closed", "entered", "")]
    finally:
        site.at = MONDAY


async def test_a_message_is_kept_as_it_was_spoken(site: Site) -> None:
    facts = await site.call("200", "speak")
    (left,) = [fact for fact in facts if isinstance(fact, VoicemailLeft)]
    recording = site.floor.rendered.directories.spool / "recording" / f"{left.recording}.wav"
    with wave.open(str(recording)) as file:
        samples, rate_hz = array("h", file.readframes(file.getnframes())), file.getframerate()
    spectrum = np.abs(np.fft.rfft(np.array(samples, float)))
    assert np.argmax(spectrum) * rate_hz / len(samples) == pytest.approx(1000, abs=5)
    assert len(samples) / rate_hz > 2.5
    note = json.loads(recording.with_suffix(".json").read_text())
    assert (note["caller_number"], note["called_number"], note["box"]) == ("+49301111", "200", "sales")
