"""Supervisors on calls, by ear: who hears whom in every mode, and that nobody's call suffers by it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import numpy as np
import psycopg
import pytest
import typer
from numpy.typing import NDArray
from typer.testing import CliRunner

from ari_apps.commands.monitor import monitor
from ari_apps.configuration.settings import MonitoringSettings
from ari_apps.ivr.settings import PromptSettings
from ari_apps.mailbox import Mailbox
from ari_apps.monitoring.leaving_out import leave_out
from ari_apps.outside_world import OutsideCall
from ari_apps.outside_world.voices import RATE
from queue_strategies.facts import MonitoringBegan, MonitoringEnded, MonitoringRefused
from queue_strategies.model import AgentId
from tests.command_line import CommandLine
from tests.ears import AUDIBLE_DBFS, Heard, analyse, decibels, gaps_ms, read
from tests.floor_lab import Floor, hears, hears_music, until

SALES = "+4930100"
CALLER, SECOND, ANNA, BOB, SUE, SAM = 440, 620, 1000, 1400, 1800, 2200

FLOOR = f"""
[site]
name = "monitoring"

[[queues]]
name = "sales"

[[agents]]
id = "anna"
extension = "101"
team = "north"
queues = ["sales"]

[[agents]]
id = "bob"
extension = "102"
team = "north"

[[agents]]
id = "carl"
extension = "103"
team = "south"

[[phones]]
id = "sue"
extension = "200"

[[phones]]
id = "sam"
extension = "201"

[[supervisors]]
id = "sue"
endpoint = "extension:200"
modes = {{ north = ["listen", "whisper", "barge", "take_over"] }}

[[supervisors]]
id = "sam"
endpoint = "extension:201"
modes = {{ "*" = ["listen"], north = ["whisper", "take_over"] }}

[[routes]]
to = "{SALES}"
destination = "queue:sales"
"""


MODES = {
    "listen": ("4", {ANNA}, {CALLER}, {ANNA, CALLER}),
    "whisper": ("5", {ANNA}, {CALLER, SUE}, {ANNA, CALLER}),
    "barge": ("6", {ANNA, SUE}, {CALLER, SUE}, {ANNA, CALLER}),
    "take_over": ("7", {SUE}, set(), {CALLER}),
}
"""The key, and what caller, agent and supervisor hear."""
SWITCHES = ("whisper", "listen", "barge", "whisper", "barge", "listen")
LEAVING_OUT = ("take_over", "whisper", "take_over", "barge", "take_over", "listen")
"""Together every switch from one mode to another; in the first part the agent is never left out."""
SETTLES_S, SETTLED_S = 0.2, 0.5
"""So long after a switch is told, sound that was under way has come; so long is then listened."""
LISTENS_S = 22
"""Longer than all switches take."""
GAP_MS, DIP_DB, JUMP_DB = 40, 12.0, 0.5
"""A packet that a busy machine loses is 20 ms, and a dip of 9 dB."""
WINDOW = RATE // 20


def voices(heard: Heard) -> set[int]:
    """Say whom somebody heard; the seam of a tone, every 2 s, is faintly heard as the tones beside it."""
    return {voice for voice in (CALLER, ANNA, SUE) if heard.levels_dbfs[voice] > AUDIBLE_DBFS}


async def talk(floor: Floor, number: str = "+491701") -> tuple[OutsideCall, OutsideCall]:
    """Bring a caller and anna together."""
    caller = await floor.world.call(SALES, from_number=number, speaks=CALLER)
    at_anna = await floor.world.phone("anna").rings()
    await at_anna.answer(speaks=ANNA)
    await hears(caller, ANNA)
    return caller, at_anna


async def join(floor: Floor, supervisor: str, agent: str, mode: str, speaks: int) -> OutsideCall:
    """Let a supervisor's phone ring for an agent, and pick it up."""
    await floor.world.phone(supervisor).plug_in()
    await floor.put(f"monitorings/{supervisor}", {"agent": agent, "mode": mode})
    call = await floor.world.phone(supervisor).rings()
    await call.answer(speaks=speaks)
    return call


async def asked(floor: Floor, supervisor: str, agent: str, mode: str, token: str = "") -> tuple[int, str]:
    """Ask for a supervisor by REST; return the status and the sentence."""
    url = f"http://{floor.asterisk.configuration.http.listen}/api/v1/monitorings/{supervisor}"
    headers = {"Authorization": f"Bearer {token or floor.asterisk.secrets.get('api')}"}
    async with (
        aiohttp.ClientSession() as session,
        session.put(url, json={"agent": agent, "mode": mode}, headers=headers) as answer,
    ):
        return answer.status, (await answer.json()).get("error", "")


async def typed(floor: Floor, folder: Path, *words: str) -> str:
    """Type `callfloor monitor`; return what it says."""
    (line := CommandLine(folder)).serve_floor(floor)
    app = typer.Typer()
    app.command()(monitor)
    words = (*words, "-c", str(line.config))
    done = await asyncio.to_thread(CliRunner().invoke, app, words, env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.output


class Ear:
    """One party's ear, open all the time; what was heard at a moment is asked afterwards."""

    def __init__(self, party: OutsideCall, seconds: float) -> None:
        self._task = asyncio.create_task(party.recorded(seconds))
        self._began = time.monotonic()
        self.samples = np.zeros(0)

    async def hear_out(self) -> None:
        """Wait for the end."""
        self.samples = read(await self._task)

    def heard(self, until: float) -> Heard:
        """Say what was heard in the half second before a moment."""
        end = round((until - self._began) * RATE)
        return analyse(self.samples[end - round(SETTLED_S * RATE) : end])

    def steady(self, tone_hz: int, since: float, until: float) -> Steadiness:
        """Say how steadily a tone was heard between two moments."""
        piece = self.samples[round((since - self._began) * RATE) : round((until - self._began) * RATE)]
        levels = [
            level(piece[at : at + WINDOW], tone_hz) for at in range(0, len(piece) - WINDOW, WINDOW // 2)
        ]
        usual = float(np.median(levels))
        smooth = [float(np.median(levels[at : at + 9])) for at in range(len(levels) - 8)]
        return Steadiness(
            gap_ms=max(gaps_ms(piece), default=0),
            dip_db=usual - min(levels),
            jump_db=max(abs(one - usual) for one in smooth),
        )


@dataclass(frozen=True)
class Steadiness:
    """How steadily a tone was heard."""

    gap_ms: int
    """The longest stretch without any sound."""
    dip_db: float
    """How much softer the softest 50 ms were than usual; the seam of the tone itself, every 2 s, is 2.5."""
    jump_db: float
    """By how much a quarter of a second was softer or louder than usual."""


def level(samples: NDArray[np.float64], tone_hz: int) -> float:
    """Measure a tone in a moment's sound."""
    window = np.hanning(len(samples))
    turn = np.exp(-2j * np.pi * tone_hz / RATE * np.arange(len(samples)))
    return decibels(float(2 * abs(np.sum(samples * window * turn)) / np.sum(window) / np.sqrt(2)))


async def test_each_mode_lets_those_hear_who_shall_and_no_switch_is_heard_by_caller_or_agent(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna")
    caller, at_anna = await talk(floor)
    slots = (*SWITCHES, *LEAVING_OUT)
    at_caller, at_agent = Ear(caller, LISTENS_S), Ear(at_anna, LISTENS_S)
    await asyncio.sleep(SETTLED_S + SETTLES_S)
    came = time.monotonic() - SETTLED_S / 2
    at_sue = await join(floor, "sue", "anna", "listen", SUE)
    at_supervisor = Ear(at_sue, LISTENS_S)
    ends = {}
    for number, mode in enumerate(("listen", *slots)):
        if number:
            await switch(floor, at_sue, mode, by_key=number <= len(SWITCHES))
        await floor.until_told(MonitoringBegan, number + 1)
        await asyncio.sleep(SETTLES_S + SETTLED_S)
        ends[number, mode] = time.monotonic()
    await at_sue.press("*")
    await at_sue.ended()
    await asyncio.sleep(SETTLED_S + SETTLES_S)
    left = time.monotonic()
    await asyncio.gather(at_caller.hear_out(), at_agent.hear_out(), at_supervisor.hear_out())
    for (_, mode), end in ends.items():
        told = [ear.heard(end) for ear in (at_caller, at_agent, at_supervisor)]
        print(f"{mode:10}", *told, sep="\n    ")
        assert [voices(heard) for heard in told] == [*MODES[mode][1:]], mode
    assert (voices(at_caller.heard(left)), voices(at_agent.heard(left))) == ({ANNA}, {CALLER})
    until = ends[len(SWITCHES), SWITCHES[-1]]  # what follows takes the agent's voice away on purpose
    for ear, tone in ((at_caller, ANNA), (at_agent, CALLER)):
        heard = ear.steady(tone, came, until)
        print(f"{tone} Hz: {heard}")
        assert heard.gap_ms <= GAP_MS
        assert heard.dip_db <= DIP_DB
        assert heard.jump_db <= JUMP_DB
    assert max(gaps_ms(at_caller.samples), default=0) <= GAP_MS
    ended = await floor.until_told(MonitoringEnded, len(slots) + 1)
    assert [fact.mode for fact in ended] == ["listen", *slots]
    assert [fact.ended_by for fact in ended] == ["switched"] * len(slots) + ["supervisor"]


async def test_two_supervisors_are_on_one_call_at_once(floor: Floor, tmp_path: Path) -> None:
    await floor.come_to_work("anna")
    caller, at_anna = await talk(floor)
    at_sue = await join(floor, "sue", "anna", "barge", SUE)
    await floor.world.phone("sam").plug_in()
    await typed(floor, tmp_path, "anna", "--as", "sam")
    await (at_sam := await floor.world.phone("sam").rings()).answer(speaks=SAM)
    await everybody(
        (caller, ANNA, SUE), (at_anna, CALLER, SUE), (at_sue, ANNA, CALLER), (at_sam, ANNA, CALLER)
    )
    await at_sam.press("5")
    await everybody((caller, ANNA, SUE), (at_anna, CALLER, SUE, SAM), (at_sam, ANNA, CALLER))
    await at_sue.press("7")
    await everybody((caller, SUE), (at_anna,), (at_sue, CALLER))
    assert (await asked(floor, "sam", "anna", "take_over"))[0] == 409
    listed = (await typed(floor, tmp_path)).splitlines()
    assert [line.split()[:4] for line in listed[1:]] == [
        ["sue", "anna", "take_over", "hearing"],
        ["sam", "anna", "whisper", "hearing"],
    ]
    await at_sue.hang_up()
    await everybody((caller, ANNA), (at_anna, CALLER, SAM), (at_sam, ANNA, CALLER))
    await typed(floor, tmp_path, "--as", "sam", "--end")
    await at_sam.ended()


async def test_a_supervisor_follows_the_agent_through_hold_and_transfer_to_the_next_call(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna", "bob")
    at_sue = await join(floor, "sue", "anna", "whisper", SUE)
    at_sam = await join(floor, "sam", "bob", "listen", SAM)
    caller, at_anna = await talk(floor)
    await everybody((at_sue, ANNA, CALLER), (at_anna, CALLER, SUE))
    call = (await floor.call_of("+491701"))["id"]
    await floor.post(f"calls/{call}/hold")
    await everybody((at_sue, ANNA), (at_sam,))
    assert not {ANNA, SUE} & (await hears_music(caller)).tones
    await floor.post(f"calls/{call}/resume")
    await everybody((at_sue, ANNA, CALLER), (caller, ANNA))
    await floor.post(f"calls/{call}/transfer", {"to": "extension:102"})
    await (at_bob := await floor.world.phone("bob").rings()).answer(speaks=BOB)
    await everybody((at_sam, BOB, CALLER), (at_sue,), (at_bob, CALLER), (caller, BOB))
    second = await floor.world.call(SALES, from_number="+491702", speaks=SECOND)
    await (at_anna := await floor.world.phone("anna").rings()).answer(speaks=ANNA)
    await everybody((at_sue, ANNA, SECOND), (at_anna, SECOND, SUE), (second, ANNA))
    contacts = [(fact.supervisor, fact.agent) for fact in floor.told(MonitoringBegan) if fact.contact == call]
    assert contacts == [("sue", "anna"), ("sam", "bob")]


async def test_who_may_not_hears_nothing_and_the_trail_says_who_tried(floor: Floor) -> None:
    await floor.come_to_work("anna", "carl")
    await floor.world.phone("sue").plug_in()
    _, at_anna = await talk(floor)
    status, told = await asked(floor, "sue", "carl", "listen")
    assert (status, told) == (403, "sue may not be on calls of carl to listen")
    assert (await asked(floor, "sam", "anna", "barge"))[0] == 403
    assert (await asked(floor, "eve", "anna", "listen"))[0] == 404
    assert (await asked(floor, "sue", "ann", "listen"))[0] == 404
    assert not floor.world.phone("sue").is_called
    await hears(at_anna, CALLER)
    rows = await floor.rows(
        "SELECT supervisor, agent, mode, asked_by, refused_at IS NULL, began_at, why FROM monitorings "
        "WHERE refused_at > now() - interval '1 minute' ORDER BY refused_at DESC LIMIT 2"
    )
    assert rows[1] == ("sue", "carl", "listen", "the local token", False, None, told)
    with pytest.raises(psycopg.errors.RaiseException, match="trail"):
        await floor.rows("DELETE FROM monitorings")
    with pytest.raises(psycopg.errors.RaiseException, match="trail"):
        await floor.rows("UPDATE monitorings SET supervisor = 'nobody'")


async def test_a_supervisor_asks_in_the_own_name_alone_and_for_the_own_teams(floor: Floor) -> None:
    sam = {"name": "sam", "password": "correct horse battery", "role": "supervisor", "teams": ["north"]}
    await floor.post("users", sam)
    token = (await floor.post("tokens", {"owner": "sam"}))["token"]
    other = (403, "sam may not put sue on calls of anna")
    assert await asked(floor, "sue", "anna", "listen", token) == other
    assert (await asked(floor, "sam", "carl", "listen", token))[0] == 403
    told = {(one.supervisor, one.agent, one.asked_by) for one in await floor.until_told(MonitoringRefused, 2)}
    assert told == {("sue", "anna", "sam"), ("sam", "carl", "sam")}
    await floor.world.phone("sam").plug_in()
    assert (await asked(floor, "sam", "anna", "listen", token))[0] == 200
    await floor.world.phone("sam").rings()


async def test_nobody_hears_card_data(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller, at_anna = await talk(floor)
    at_sue = await join(floor, "sue", "anna", "barge", SUE)
    await hears(at_anna, CALLER, SUE)
    call = (await floor.call_of("+491701"))["id"]
    assert floor.callfloor.apps is not None
    floor.callfloor.apps.monitoring.pause_began(call)
    await at_sue.ended()
    status, told = await asked(floor, "sue", "anna", "listen")
    assert (status, told) == (409, "nobody may hear anna while card data are read out")
    await everybody((caller, ANNA), (at_anna, CALLER))
    floor.callfloor.apps.monitoring.pause_ended(call)
    assert (await asked(floor, "sue", "anna", "listen"))[0] == 200


async def test_a_call_of_asterisks_own_queue_is_heard_too_and_is_not_taken_over(floor: Floor) -> None:
    await floor.come_to_work("anna")
    await floor.asterisk.asterisk.cli("dialplan add extension 700,1,Queue(sales) into from-trunk")
    at_sue = await join(floor, "sue", "anna", "listen", SUE)
    caller = await floor.world.call("700", speaks=CALLER)
    await (at_anna := await floor.world.phone("anna").rings()).answer(speaks=ANNA)
    await everybody((at_sue, ANNA, CALLER), (caller, ANNA), (at_anna, CALLER))
    await at_sue.press("5")
    await everybody((at_sue, ANNA, CALLER), (caller, ANNA), (at_anna, CALLER, SUE))
    await at_sue.press("6")
    await everybody((at_sue, ANNA, CALLER), (caller, ANNA, SUE), (at_anna, CALLER, SUE))
    status, told = await asked(floor, "sue", "anna", "take_over")
    assert (status, told) == (409, "the call anna is on is not led by callfloor: no take over")
    await caller.hang_up()
    await hears(at_sue)
    (ended,) = [fact for fact in await floor.until_told(MonitoringEnded, 3) if fact.mode == "barge"]
    assert await floor.rows("SELECT direction FROM calls WHERE call = %s", ended.contact) == [("inbound",)]


async def test_the_agent_alone_is_told_that_somebody_has_come(floor: Floor) -> None:
    await floor.come_to_work("anna")
    apps, configuration = floor.callfloor.apps, floor.asterisk.configuration
    assert apps is not None
    told = MonitoringSettings(announcement=PromptSettings.of("sound:tt-monkeys"))
    apps.reconfigure(configuration.model_copy(update={"monitoring": told}))
    try:
        caller, at_anna = await talk(floor)
        at_caller, at_agent = Ear(caller, 3), Ear(at_anna, 3)
        await join(floor, "sue", "anna", "listen", SUE)
        await asyncio.gather(at_caller.hear_out(), at_agent.hear_out())
    finally:
        apps.reconfigure(configuration)
    assert beside(at_agent.samples, CALLER) > -35
    assert beside(at_caller.samples, ANNA) < -35
    assert max(gaps_ms(at_agent.samples), default=0) <= GAP_MS


async def test_what_a_callfloor_that_died_has_left_is_cleared_away_and_a_left_out_agent_is_heard_again(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna")
    await floor.world.phone("sue").plug_in()
    caller, at_anna = await talk(floor)
    apps = floor.callfloor.apps
    assert apps is not None
    (desk,) = [one for one in await apps.ari.list_bridges() if one.id == "desk-anna"]
    customer, agent = sorted(desk.channels, key=lambda channel: channel.startswith("agent-"))
    ear, phone = f"ear-left~{agent}", "monitor-left"
    for channel in (ear, phone):  # what this one does not know, the next one will not either
        apps.dispatcher.own(channel, Mailbox())
    await apps.ari.originate(endpoint="PJSIP/sue", id=phone, app_args="leg")
    await (at_sue := await floor.world.phone("sue").rings()).answer(speaks=SUE)
    await apps.ari.channel(customer).snoop(ear, spy="in", whisper="out")
    await leave_out(apps.ari, agent)
    await (await apps.ari.bridge(phone).create()).add(phone, ear)
    stretch = MonitoringBegan(
        moment=floor.callfloor.clock.moment(), ear="left", supervisor="sue", agent=AgentId("anna"),
        contact="c", channel=agent, mode="take_over", asked_by="sue",
    )  # fmt: skip
    floor.callfloor.remember(stretch)
    await everybody((caller, SUE), (at_anna,), (at_sue, CALLER))
    await floor.restart()
    await at_sue.ended()
    await everybody((caller, ANNA), (at_anna, CALLER))

    async def ended() -> list[tuple[object, ...]]:
        return await floor.rows("SELECT ended_by, heard_s > 1 FROM monitorings WHERE ended_by = 'lost'")

    assert await until(ended, "the trail says that it ended") == [("lost", True)]
    assert floor.callfloor.apps is not None
    ari = floor.callfloor.apps.ari
    there = [*(one.id for one in await ari.list_channels()), *(one.id for one in await ari.list_bridges())]
    assert not [one for one in there if one.startswith(("ear-", "monitor-"))]


def beside(samples: NDArray[np.float64], tone_hz: int) -> float:
    """Measure how loud is what is heard beside a tone, in the loudest tenth of a second."""
    spectrum, hz = np.fft.rfft(samples), np.fft.rfftfreq(len(samples), 1 / RATE)
    spectrum[abs(hz - tone_hz) < 60] = 0
    rest = np.fft.irfft(spectrum)
    tenths = rest[: len(rest) // 800 * 800].reshape(-1, 800)
    return decibels(float(np.sqrt(np.max(np.median(tenths**2, axis=1)))))


async def switch(floor: Floor, at_sue: OutsideCall, mode: str, *, by_key: bool) -> None:
    """Change sue's mode; a phone that presses a key sends nothing of what is said meanwhile."""
    if by_key:
        await at_sue.press(MODES[mode][0])
    else:
        await floor.put("monitorings/sue", {"agent": "anna", "mode": mode})


async def everybody(*who: tuple[OutsideCall | int, ...]) -> None:
    """Wait until each party hears these tones and no other."""
    await asyncio.gather(*(hears(party, *tones) for party, *tones in who))  # type: ignore[arg-type]
