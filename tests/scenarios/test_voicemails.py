"""Messages are found, heard and deleted by those whose box it is, and by nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from queue_strategies.facts import VoicemailDeleted, VoicemailHeard, VoicemailLeft
from tests.ari_apps.console.house import House
from tests.command_line import CommandLine
from tests.ears import analyse, listen, read
from tests.floor_lab import Floor, until

OF_SALES, OF_BOB = "+4930300", "+4930400"
EVA = "+491701"

FLOOR = f"""
[site]
name = "boxes"

[[queues]]
name = "sales"

[[agents]]
id = "anna"
team = "north"
queues = ["sales"]

[[agents]]
id = "bob"
team = "south"

[voicemail.sales]
of = "queue:sales"
greeting = "sound:beep"
thanks = "sound:beep"

[voicemail.bob]
of = "agent:bob"
greeting = "sound:beep"
thanks = "sound:beep"

[[routes]]
to = "{OF_SALES}"
destination = "voicemail:sales"

[[routes]]
to = "{OF_BOB}"
destination = "voicemail:bob"
"""


@pytest.fixture
async def house(floor: Floor) -> AsyncIterator[House]:
    async with aiohttp.ClientSession() as session:
        house = House(floor, session)
        await house.open()
        yield house


async def leave_message(floor: Floor, number: str) -> None:
    before = len(floor.told(VoicemailLeft))
    caller = await floor.world.call(number, from_number=EVA, speaks=440)
    await listen(caller, 3.0)
    await caller.press("#")
    await floor.until_told(VoicemailLeft, before + 1)
    await caller.ended()
    await floor.rows("SELECT 1")  # the database knows it


async def test_a_message_is_new_until_heard_and_gone_once_deleted_for_those_whose_box_it_is(
    house: House, tmp_path: Path
) -> None:
    floor, line = house.floor, CommandLine(tmp_path)
    await leave_message(floor, OF_BOB)
    await leave_message(floor, OF_SALES)
    everything = (await house.ask("super.all", "GET", "/api/v1/voicemails")).body
    assert [(one["box"], one["number"], one["heard_at"]) for one in everything] == [
        ("sales", EVA, None),
        ("bob", EVA, None),
    ]
    sales, bobs = (f"/api/v1/voicemails/{one['voicemail']}" for one in everything)
    for who in ("agent", "lead.north"):  # anna serves sales; bob is of another team
        mine = (await house.ask(who, "GET", "/api/v1/voicemails")).body
        assert [one["box"] for one in mine] == ["sales"]
        for method, path in (
            ("GET", f"{bobs}/sound"),
            ("DELETE", bobs),
            ("GET", "/api/v1/voicemails?box=bob"),
            ("GET", "/api/v1/voicemails/..%2F..%2Fbob/sound"),
            ("DELETE", "/api/v1/voicemails/nobody"),
        ):
            assert (await house.ask(who, method, path)).is_refusal, (who, method, path)
    file = tmp_path / "message.wav"
    assert floor.told(VoicemailHeard) == []
    name = sales.rpartition("/")[2]
    line.serve_floor(floor)
    line.configure(floor.data | {"site": floor.data["site"] | {"secrets": str(line.secrets)}})
    said = await line.run("voicemail", "play", name, "-o", str(file), "-c", str(line.config))
    assert said.code == 0, said
    assert analyse(read(file)).tones == {440}
    headers = {"Range": "bytes=0-3"}
    async with aiohttp.ClientSession() as session:
        shown = {"Authorization": f"Bearer {house.tokens['agent']}"} | headers
        at = f"http://{floor.asterisk.configuration.http.listen}{sales}/sound"
        async with session.get(at, headers=shown) as answer:
            assert (answer.status, await answer.read()) == (206, b"RIFF")
    await floor.rows("SELECT 1")
    new = (await house.ask("admin", "GET", "/api/v1/voicemails?new=true")).body
    assert [one["box"] for one in new] == ["bob"]
    (left_by_eva,) = (one.recording for one in floor.told(VoicemailLeft) if one.box == "sales")
    folder = floor.asterisk.rendered.directories.spool / "recording"
    assert (folder / f"{left_by_eva}.wav").is_file()
    assert (await house.ask("agent", "DELETE", sales)).status == 204
    assert [one.who for one in floor.told(VoicemailDeleted)] == ["agent"]
    assert not list(folder.glob(f"{left_by_eva}*"))

    async def gone() -> bool:
        return (await house.ask("admin", "DELETE", sales)).status == 404

    await until(gone, "the message is gone")
    assert [row["operation"] for row in await house.trail("agent") if row["status"] == 204] == [
        "DELETE /api/v1/voicemails/{voicemail}"
    ]
