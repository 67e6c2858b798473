"""Supervisors on calls, by ear: who hears whom in every mode, and that nobody's call suffers by it."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path

import psycopg
import pytest
import typer
from typer.testing import CliRunner

from ari_apps.commands.monitor import monitor
from ari_apps.configuration.settings import MonitoringSettings
from ari_apps.ivr.settings import PromptSettings
from ari_apps.outside_world import OutsideCall
from queue_strategies.facts import MonitoringBegan, MonitoringEnded, MonitoringRefused
from tests.command_line import CommandLine
from tests.ears import gaps_ms
from tests.floor_lab import Floor, hears, until
from tests.open_ears import SETTLED_S, SETTLES_S, Ear, beside, heard_well, quiet_moment
from tests.supervisors import (
    ANNA,
    CALLER,
    FLOOR,
    GAP_MS,
    MODES,
    SAM,
    SUE,
    asked,
    everybody,
    join,
    talk,
    voices,
)

__all__ = ["FLOOR"]

SWITCHES = ("whisper", "listen", "barge", "whisper", "barge", "listen")
LEAVING_OUT = ("take_over", "whisper", "take_over", "barge", "take_over", "listen")
"""Together every switch from one mode to another; in the first part the agent is never left out."""
DIP_DB, JUMP_DB = 12.0, 0.5
"""A packet that a busy machine loses is a dip of 9 dB."""
LISTENS_S = 30
"""Longer than all switches take."""


async def typed(floor: Floor, folder: Path, *words: str) -> str:
    """Type `callfloor monitor`; return what it says."""
    (line := CommandLine(folder)).serve_floor(floor)
    app = typer.Typer()
    app.command()(monitor)
    words = (*words, "-c", str(line.config))
    done = await asyncio.to_thread(CliRunner().invoke, app, words, env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.output


async def test_each_mode_lets_those_hear_who_shall_and_no_switch_is_heard_by_caller_or_agent(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna")
    caller, at_anna = await talk(floor)
    await heard_well(partial(through_all_switches, floor, caller, at_anna))


async def through_all_switches(floor: Floor, caller: OutsideCall, at_anna: OutsideCall) -> list[str]:
    """Let sue come, be on the call in every mode after every other, and go; say what was amiss."""
    slots = (*SWITCHES, *LEAVING_OUT)
    begun, over = len(floor.told(MonitoringBegan)), len(floor.told(MonitoringEnded))
    at_caller, at_agent = Ear(caller, LISTENS_S), Ear(at_anna, LISTENS_S)
    await asyncio.sleep(SETTLED_S + SETTLES_S)
    came = time.monotonic() - SETTLED_S / 2
    at_sue = await join(floor, "sue", "anna", "listen", SUE)
    at_supervisor = Ear(at_sue, LISTENS_S)
    moments = {}
    for number, mode in enumerate(("listen", *slots)):
        if number:
            await switch(floor, at_sue, mode, by_key=number <= len(SWITCHES))
        await floor.until_told(MonitoringBegan, begun + number + 1)
        moments[number, mode] = await quiet_moment()
    await at_sue.press("*")
    await at_sue.ended()
    left = await quiet_moment()
    await asyncio.gather(at_caller.hear_out(), at_agent.hear_out(), at_supervisor.hear_out())
    ended = (await floor.until_told(MonitoringEnded, over + len(slots) + 1))[over:]
    assert [fact.mode for fact in ended] == ["listen", *slots]
    assert [fact.ended_by for fact in ended] == ["switched"] * len(slots) + ["supervisor"]
    faults = []
    for (_, mode), moment in moments.items():
        told = [ear.heard(moment) for ear in (at_caller, at_agent, at_supervisor)]
        print(f"{mode:10}", *told, sep="\n    ")
        if [voices(heard) for heard in told] != [*MODES[mode][1:]]:
            faults.append(f"{mode}: {', '.join(map(str, told))}")
    if (voices(at_caller.heard(left)), voices(at_agent.heard(left))) != ({ANNA}, {CALLER}):
        faults.append(f"afterwards: {at_caller.heard(left)}, {at_agent.heard(left)}")
    until = moments[len(SWITCHES), SWITCHES[-1]]  # what follows takes the agent's voice away on purpose
    for ear, tone in ((at_caller, ANNA), (at_agent, CALLER)):
        heard = ear.steady(tone, came, until)
        print(f"{tone} Hz: {heard}, {ear.lost_s:.2f} s lost")
        if heard.gap_ms > GAP_MS or heard.dip_db > DIP_DB or heard.jump_db > JUMP_DB:
            faults.append(f"{tone} Hz: {heard}")
    if (gap_ms := max(gaps_ms(at_caller.samples), default=0)) > GAP_MS:
        faults.append(f"a gap of {gap_ms} ms at the caller")
    return faults


async def test_two_supervisors_are_on_one_call_at_once(floor: Floor, tmp_path: Path) -> None:
    await floor.come_to_work("anna")
    caller, at_anna = await talk(floor)
    at_sue = await join(floor, "sue", "anna", "barge", SUE)
    await floor.world.phone("sam").plug_in()
    await typed(floor, tmp_path, "anna", "--as", "sam")
    await (at_sam := await floor.world.phone("sam").rings()).answer(speaks=SAM)
    await everybody(
        (caller, ANNA, SUE), (at_anna, CALLER, SUE), (at_sue, ANNA, CALLER), (at_sam, ANNA, CALLER, SUE)
    )
    await at_sam.press("5")
    await everybody((caller, ANNA, SUE), (at_anna, CALLER, SUE, SAM), (at_sam, ANNA, CALLER, SUE))
    await at_sam.press("6")
    await everybody(
        (caller, ANNA, SUE, SAM),
        (at_anna, CALLER, SUE, SAM),
        (at_sue, ANNA, CALLER, SAM),
        (at_sam, ANNA, CALLER, SUE),
    )
    await at_sam.press("5")
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


async def test_who_may_not_hears_nothing_and_the_trail_says_who_tried(floor: Floor) -> None:
    await floor.come_to_work("anna", "carl")
    await floor.world.phone("sue").plug_in()
    _, at_anna = await talk(floor)
    status, told = await asked(floor, "sue", "carl", "listen")
    assert (status, told) == (403, "sue may not be on calls of carl to listen")
    assert (await asked(floor, "sam", "carl", "barge"))[0] == 403
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


async def test_who_asks_for_a_supervisor_whose_phone_does_not_ring_is_told_why(floor: Floor) -> None:
    phone = floor.world.phone("sam")
    await phone.plug_in()
    await phone.sign_off()
    told = await asked(floor, "sam", "anna", "listen")
    assert told == (409, "the phone of sam cannot be reached")
    assert await floor.get("monitorings") == []
    await phone.plug_in()
    assert (await asked(floor, "sam", "anna", "listen"))[0] == 200
    await (await phone.rings()).decline()

    async def is_let_go() -> bool:
        return not await floor.get("monitorings")

    await until(is_let_go, "sam is let go")


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


async def switch(floor: Floor, at_sue: OutsideCall, mode: str, *, by_key: bool) -> None:
    """Change sue's mode; a phone that presses a key sends nothing of what is said meanwhile."""
    if by_key:
        await at_sue.press(MODES[mode][0])
    else:
        await floor.put("monitorings/sue", {"agent": "anna", "mode": mode})
