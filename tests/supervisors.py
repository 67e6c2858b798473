"""Supervisors on the calls of a floor under test: who is there, how they come, and who hears whom."""

from __future__ import annotations

import asyncio

import aiohttp

from ari_apps.outside_world import OutsideCall
from tests.ears import AUDIBLE_DBFS, Heard
from tests.floor_lab import Floor, hears

SALES = "+4930100"
CALLER, SECOND, ANNA, BOB, SUE, SAM = 440, 620, 1000, 1400, 1800, 2200

MODES = {
    "listen": ("4", {ANNA}, {CALLER}, {ANNA, CALLER}),
    "whisper": ("5", {ANNA}, {CALLER, SUE}, {ANNA, CALLER}),
    "barge": ("6", {ANNA, SUE}, {CALLER, SUE}, {ANNA, CALLER}),
    "take_over": ("7", {SUE}, set(), {CALLER}),
}
"""The key, and what caller, agent and supervisor hear."""
GAP_MS = 40
"""A packet that a busy machine loses is 20 ms."""

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
modes = {{ "*" = ["listen"], north = ["whisper", "barge", "take_over"] }}

[outbound]
caller_id = "{SALES}"

[[routes]]
to = "{SALES}"
destination = "queue:sales"
"""


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


async def everybody(*who: tuple[OutsideCall | int, ...]) -> None:
    """Wait until each party hears these tones and no other."""
    await asyncio.gather(*(hears(party, *tones) for party, *tones in who))  # type: ignore[arg-type]


def voices(heard: Heard) -> set[int]:
    """Say whom somebody heard; the seam of a tone, every 2 s, is faintly heard as the tones beside it."""
    return {voice for voice in (CALLER, ANNA, SUE) if heard.levels_dbfs[voice] > AUDIBLE_DBFS}
