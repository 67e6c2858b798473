"""Calls are recorded as the rules say, each party on its own side, whatever becomes of the call."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import os
import resource
import wave
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ami_listeners.clock import utc_now
from ari_apps.commands.recordings import state
from ari_apps.configuration.recording import Compression
from ari_apps.console.recordings import RecordingView
from ari_apps.outside_world import OutsideCall
from ari_apps.outside_world.voices import RATE, TONES_HZ
from ari_apps.recording.keeping import KeepingFigures
from ari_apps.recording.vault import PIECE, Key, lock
from queue_strategies.facts import (
    Answered,
    QueueJoined,
    RecordingBegan,
    RecordingEnded,
    RecordingFailed,
    RecordingPassedOn,
    RecordingPaused,
    RecordingResumed,
)
from queue_strategies.model import ContactId
from tests.asterisk_lab import AsteriskLab
from tests.command_line import CommandLine
from tests.ears import Samples, analyse, gaps_ms, likeness, read
from tests.floor_lab import Floor, hears, until
from tests.opus_tools import decode, opus_tools, write_program
from tests.recordings_heard import (
    ANNA,
    BOB,
    CALLER,
    CARD,
    SUE,
    ask,
    both_sides,
    kept,
    recorded,
    said,
    story,
    tones,
)
from tests.small_disk import SmallDisk

SALES, SUPPORT, ABROAD, FRIEND = "+4930100", "+4930200", "+4930300", "+4411223344"
FLOOR = f"""
[site]
name = "recording"

[recordings]
folder = "kept"
disk_least_bytes = 0

[[queues]]
name = "sales"
recording = {{ percent = 100, keep_days = 7 }}

[[queues]]
name = "support"
join_when_empty = "never"
leave_when_empty = "never"
recording.announcement = ["sound:vm-goodbye"]

[[agents]]
id = "anna"
extension = "101"
queues = ["sales"]

[[agents]]
id = "bob"
extension = "102"
queues = ["support"]

[[phones]]
id = "sue"
extension = "200"

[[supervisors]]
id = "sue"
endpoint = "extension:200"
modes = {{ "*" = ["listen", "whisper", "barge", "take_over"] }}

[[routes]]
to = "{SALES}"
destination = "queue:sales"

[[routes]]
to = "{ABROAD}"
destination = "number:{FRIEND}"

[[routes]]
to = "{SUPPORT}"
destination = "queue:support"
"""
NUMBER = "+491701234567"
LONG = 400 * PIECE
"""More than waits in sockets when nobody reads on."""


async def talk(
    floor: Floor, agent: str = "anna", to: str = SALES, number: str = NUMBER
) -> tuple[OutsideCall, OutsideCall, str]:
    """Bring a caller and an agent together; returns both ends and the call's id."""
    voice = ANNA if agent == "anna" else BOB
    caller = await floor.world.call(to, from_number=number, speaks=CALLER)
    at_agent = await floor.world.phone(agent).rings()
    await at_agent.answer(speaks=voice)
    await floor.until_told(Answered)
    await hears(caller, voice)
    return caller, at_agent, (await floor.call_of(number))["id"]


async def test_each_party_is_on_its_own_side_and_found_by_whatever_is_known_of_the_call(floor: Floor) -> None:
    await floor.come_to_work("anna", "bob")
    caller, _, call = await talk(floor)
    (began,) = floor.told(RecordingBegan)
    assert (began.contact, began.queue, began.agent) == (call, "sales", "anna")
    await asyncio.sleep(0.5)
    await caller.hang_up()
    heard = await recorded(floor, call)
    assert (story(heard.left), story(heard.right)) == ([str(ANNA)], [str(CALLER)])
    for question in ("number=0049 170 1234567", "agent=anna", "queue=sales", "from=today", f"contact={call}"):
        assert [row["recording"] for row in await floor.get(f"recordings?{question}")] == [began.recording]
    for question in ("number=%2B491709999", "agent=bob", "queue=support", "to=yesterday"):
        assert await floor.get(f"recordings?{question}") == []


async def test_a_pause_leaves_no_trace_and_is_kept_as_a_fact(floor: Floor) -> None:
    await floor.come_to_work("anna", "bob")
    caller, at_anna, call = await talk(floor)
    await floor.post(f"calls/{call}/recording-pause")
    await caller.speak(CARD)
    await at_anna.speak(CARD)
    await hears(caller, CARD)
    await caller.speak(CALLER)
    await at_anna.speak(ANNA)
    await hears(caller, ANNA)
    await floor.post("agents/anna/recording-resume")
    await asyncio.sleep(0.5)
    await caller.hang_up()
    heard = await recorded(floor, call)
    for side in (heard.left, heard.right):
        assert CARD not in {tone for begin in range(0, len(side), 1600) for tone in tones(side, begin)}
    assert (story(heard.left)[0], story(heard.right)[-1]) == (str(ANNA), str(CALLER))
    (paused,), (resumed,) = floor.told(RecordingPaused), floor.told(RecordingResumed)
    assert (paused.because, paused.by) == ("asked", "the local token")
    assert resumed.paused_s > 1
    (row,) = await floor.rows("SELECT because, by, ended_at - began_at > '1 s' FROM recording_pauses")
    assert row == ("asked", "the local token", True)


async def test_a_pause_that_lasts_until_the_end_is_counted_and_without_sound_nothing_is_kept(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna")
    caller, _, call = await talk(floor)
    await floor.post(f"calls/{call}/recording-pause")
    await asyncio.sleep(1.2)
    await caller.hang_up()
    row = await kept(floor, call)
    assert 1.2 <= row["paused_s"] < 10
    assert row["paused_s"] + row["duration_s"] < 12
    await floor.come_to_work("bob")
    caller, _, call = await talk(floor, "bob", SUPPORT, "+491702")
    await floor.post(f"calls/{call}/recording-pause")
    await floor.post(f"calls/{call}/recording-start")
    await asyncio.sleep(1.2)
    await caller.hang_up()

    async def over() -> list[dict[str, Any]]:
        return [one for one in await floor.get(f"recordings?contact={call}") if one["ended_at"]]

    (silent,) = await until(over, "the recording is over")
    assert (silent["paused_s"] >= 1.2, silent["kept_at"], silent["failed"]) == (True, None, None)
    assert state(RecordingView.model_validate(silent)) == "nothing kept"


async def test_who_has_passed_a_customer_on_pauses_nothing_of_the_talk_that_follows(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller, _, call = await talk(floor)
    await floor.post(f"calls/{call}/transfer", {"to": "queue:support"})
    await floor.until_told(QueueJoined, 2)
    with pytest.raises(AssertionError, match=r"409 .*anna talks with nobody"):
        await floor.post("agents/anna/recording-pause")
    await floor.world.phone("bob").plug_in()
    await floor.post("agents/bob/log-in")
    at_bob = await floor.world.phone("bob").rings()
    await at_bob.answer(speaks=BOB)
    await hears(caller, BOB)
    await floor.post("agents/bob/recording-pause")
    await floor.post("agents/bob/recording-resume")
    await caller.hang_up()
    assert str(BOB) in story((await recorded(floor, call)).left)
    assert [one.by for one in floor.told(RecordingPaused)] == ["the local token"]


async def test_a_blind_and_an_attended_transfer_leave_one_whole_conversation(floor: Floor) -> None:
    await floor.come_to_work("anna", "bob")
    caller, _, call = await talk(floor)
    await floor.post(f"calls/{call}/transfer", {"to": "extension:102"})
    at_bob = await floor.world.phone("bob").rings()
    await at_bob.answer(speaks=BOB)
    await hears(caller, BOB)
    await floor.post(f"calls/{call}/consult", {"to": "agent:anna"})
    again_at_anna = await floor.world.phone("anna").rings()
    await again_at_anna.answer(speaks=ANNA)
    await hears(at_bob, ANNA)
    await floor.post(f"calls/{call}/complete-transfer")
    await hears(caller, ANNA)
    await again_at_anna.hang_up()
    heard = await recorded(floor, call)
    voices = [what for what in story(heard.left) if what not in ("music", "silence")]
    assert voices == [str(ANNA), str(BOB), str(ANNA)]
    assert story(heard.right) == [str(CALLER)]
    assert max(gaps_ms(heard.right[RATE // 2 : -RATE // 2]), default=0) <= 40
    (ended,) = floor.told(RecordingEnded)
    assert abs(heard.lasted_s - ended.recorded_s) < 0.1
    assert (heard.row["agents"], heard.row["queues"]) == (
        ["anna", "bob"],
        ["agent/anna", "agent/bob", "sales"],
    )
    parts = "SELECT array_agg(DISTINCT kind) FROM recorded_segments WHERE recording = %s"
    assert {"talk", "ivr"} <= set((await floor.rows(parts, heard.row["recording"]))[0][0])


async def test_a_supervisor_is_on_the_agents_side_while_the_customer_hears_the_supervisor(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna")
    caller, _, call = await talk(floor)
    await floor.world.phone("sue").plug_in()
    modes: tuple[tuple[str, set[int]], ...] = (
        ("listen", {ANNA}),
        ("barge", {ANNA, SUE}),
        ("whisper", {ANNA}),
        ("take_over", {SUE}),
        ("barge", {ANNA, SUE}),
    )
    for mode, told in modes:
        await floor.put("monitorings/sue", {"agent": "anna", "mode": mode})
        if mode == "listen":
            await (await floor.world.phone("sue").rings()).answer(speaks=SUE)
        await hears(caller, *told)
        await asyncio.sleep(0.6)
    await caller.hang_up()
    heard = await recorded(floor, call)
    assert said(heard.left) == [told for _, told in modes]
    assert said(heard.right) == [{CALLER}]
    assert heard.row["failed"] is None


async def test_what_asterisk_could_not_begin_is_recorded_as_soon_as_it_can(floor: Floor) -> None:
    await floor.come_to_work("anna")
    folder = floor.asterisk.rendered.directories.spool / "recording" / "callfloor"
    folder.mkdir(parents=True, exist_ok=True)
    away = folder.rename(folder.with_suffix(".away"))
    folder.touch()
    try:
        caller, _, call = await talk(floor)
        await floor.until_told(RecordingFailed)
    finally:
        folder.unlink()
        away.rename(folder)

    async def records() -> bool:
        return any(path.stat().st_size > RATE for path in folder.glob("*/*.wav"))

    await until(records, "Asterisk records")
    await asyncio.sleep(1)
    await caller.hang_up()
    heard = await recorded(floor, call)
    assert (story(heard.left), story(heard.right)) == ([str(ANNA)], [str(CALLER)])
    assert heard.row["failed"]
    assert list(folder.rglob("*.wav")) == []


async def test_what_no_rule_records_an_agent_may_by_a_key_and_its_caller_was_told(
    floor: Floor, shared_asterisk_lab: AsteriskLab
) -> None:
    await floor.come_to_work("bob")
    caller = await floor.world.call(SUPPORT, from_number=NUMBER, speaks=CALLER)
    await caller.answered()
    sounds = shared_asterisk_lab.installation.data_dir / "sounds/en"
    assert likeness(read(await caller.recorded(1.2)), sounds / "vm-goodbye.wav") > 0.8
    at_bob = await floor.world.phone("bob").rings()
    await at_bob.answer(speaks=BOB)
    await hears(caller, BOB)
    call = (await floor.call_of(NUMBER))["id"]
    assert floor.told(RecordingBegan) == []
    await at_bob.press("*21")
    (began,) = await floor.until_told(RecordingBegan)
    assert (began.because, began.agent) == ("asked", "bob")
    await asyncio.sleep(0.5)
    await at_bob.press("*22")
    (paused,) = await floor.until_told(RecordingPaused)
    assert paused.by == "agent bob"
    await caller.hang_up()
    heard = await recorded(floor, call)
    assert str(BOB) in story(heard.left)
    assert heard.lasted_s < 2


async def test_a_range_is_a_part_of_the_whole_and_nothing_else_can_be_read(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller, _, call = await talk(floor)
    await caller.hang_up()
    row = (await recorded(floor, call)).row
    place = f"recordings/{row['recording']}/sound"
    _, whole, _ = await ask(floor, place)
    for asked, part in (("0-43", slice(0, 44)), ("1000-", slice(1000, None)), ("-7", slice(-7, None))):
        status, content, headers = await ask(floor, place, Range=f"bytes={asked}")
        assert (status, content) == (206, whole[part])
        assert headers["Content-Range"].endswith(f"/{len(whole)}")
    assert (await ask(floor, place, Range=f"bytes={len(whole)}-"))[0] == 416
    for forged in ("..%2F..%2Fsecrets%2Fapi", "x" * 36, "0" * 36, "%00", row["recording"][:-1] + "%2A"):
        assert (await ask(floor, f"recordings/{forged}/sound"))[0] == 404
    trail = "SELECT who, how FROM recording_hearings WHERE recording = %s"
    assert set(await floor.rows(trail, row["recording"])) == {("the local token", "played")}
    file = (await floor.rows("SELECT file, sha256 FROM recordings WHERE recording = %s", row["recording"]))[0]
    kept = floor.asterisk.configuration.recordings_dir() / file[0]
    assert kept.stat().st_mode & 0o777 == 0o600
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == file[1]
    assert b"RIFF" not in kept.read_bytes()
    await floor.delete(f"recordings/{row['recording']}")
    assert not kept.exists()

    async def is_told() -> bool:
        status, said, _ = await ask(floor, place)
        return (status, b"was erased" in said) == (404, True)

    await until(is_told, "the recording is told to be erased")


async def test_a_recording_that_is_damaged_on_its_disk_breaks_off_and_is_never_filled_with_anything_else(
    floor: Floor, tmp_path: Path
) -> None:
    await floor.come_to_work("anna")
    caller, _, call = await talk(floor)
    status, said, _ = await ask(floor, f"recordings/{(await begun(floor, call))['recording']}/sound")
    assert (status, b"nothing is kept yet" in said) == (409, True)
    await caller.hang_up()
    row = await kept(floor, call)
    path = (
        floor.asterisk.configuration.recordings_dir()
        / (await floor.rows("SELECT file FROM recordings WHERE recording = %s", row["recording"]))[0][0]
    )
    (tmp_path / "long.wav").write_bytes(bytes(LONG))
    with path.open("wb") as file:
        lock(tmp_path / "long.wav", file, Key.of(floor.asterisk.secrets.get("recordings")))
    sound = f"/api/v1/recordings/{row['recording']}/sound"
    assert len(await raw(floor, sound, most=1000)) == 1000  # who has heard enough hangs up

    async def outcomes() -> list[tuple[str]]:
        trail = "SELECT outcome FROM audit WHERE what = %s AND operation LIKE '%%/sound' ORDER BY at"
        return (await floor.rows(trail, row["recording"]))[1:]

    assert await until(outcomes, "it is in the trail") == [("done",)]
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    answer = await raw(floor, sound)
    assert answer.count(b"HTTP/1.1 ") == 1
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"Content-Length: {LONG}".encode() in head
    assert 0 < len(body) < LONG
    assert not body.strip(b"\0")
    line = CommandLine(tmp_path)
    site = floor.data["site"] | {"secrets": str(floor.asterisk.secrets.directory)}
    line.configure(floor.data | {"site": site})
    for output, why in (("talk.wav", "broke off in the middle"), ("no/talk.wav", "No such file")):
        to = tmp_path / output
        done = await line.run("recordings", "export", row["recording"], "-o", str(to), "-c", str(line.config))
        assert (done.code, why in done.error, to.exists()) == (2, True, False), done
    assert not await asyncio.to_thread(lambda: list(tmp_path.glob(".*.part")))
    path.unlink()
    path.mkdir()  # as a disk that does not do it
    done = await line.run("recordings", "erase", row["recording"], "-c", str(line.config))
    assert (done.code, "the disk does not do it" in done.error) == (2, True), done


async def begun(floor: Floor, call: str) -> dict[str, Any]:
    """Find the recording of a call that goes on."""

    async def found() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = await floor.get(f"recordings?contact={call}")
        return rows

    return (await until(found, "the recording is there"))[0]


async def raw(floor: Floor, path: str, most: int = -1) -> bytes:
    """Ask for something, and return every byte that comes until the connection is closed, or so many."""
    listen = floor.asterisk.configuration.http.listen
    reader, writer = await asyncio.open_connection(listen.host, listen.port)
    token = floor.asterisk.secrets.get("api")
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    try:
        return await asyncio.wait_for(reader.read() if most < 0 else reader.readexactly(most), 10)
    finally:
        writer.transport.abort()


async def test_a_restart_in_a_pause_and_in_a_talk_goes_on_with_the_same_recording(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller, _, call = await talk(floor)
    await floor.restart(away_s=0.2)
    await hears(caller, ANNA)
    await floor.post(f"calls/{call}/recording-pause")
    await floor.restart(away_s=0.2)
    await caller.speak(CARD)
    await asyncio.sleep(0.4)
    await caller.speak(CALLER)
    await asyncio.sleep(0.2)
    await floor.post(f"calls/{call}/recording-resume")
    await asyncio.sleep(0.3)
    await caller.hang_up()
    heard = await recorded(floor, call)
    assert CARD not in {
        tone for begin in range(0, len(heard.right), 1600) for tone in tones(heard.right, begin)
    }
    assert set(story(heard.left)) == {str(ANNA), "silence"}
    assert heard.lasted_s > 2
    assert len(floor.told(RecordingBegan)) == 1


async def is_known(floor: Floor, call: str) -> bool:
    """Tell whether callfloor knows of a talk that may be recorded."""
    assert floor.callfloor.apps is not None
    return ContactId(call) in floor.callfloor.apps.recordings


async def is_with(floor: Floor, agent: str) -> bool:
    """Tell whether a recording was passed on to an agent."""
    return agent in [fact.agent for fact in floor.told(RecordingPassedOn)]


async def talk_by_app_queue(floor: Floor, queue: str, agent: str) -> tuple[OutsideCall, OutsideCall, str]:
    """Bring a caller and an agent together in a queue that callfloor does not lead."""
    await floor.asterisk.asterisk.cli(f"dialplan add extension 700,1,Queue({queue}) into from-trunk replace")
    caller = await floor.world.call("700", from_number=NUMBER, speaks=CALLER)
    at_agent = await floor.world.phone(agent).rings()
    await at_agent.answer(speaks=ANNA if agent == "anna" else BOB)
    (answered,) = await floor.until_told(Answered)
    await hears(caller, ANNA if agent == "anna" else BOB)
    return caller, at_agent, answered.contact


async def test_a_call_of_asterisks_own_queue_is_recorded_by_the_rules_of_the_queue_until_the_customer_leaves(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna", "bob")
    await floor.asterisk.asterisk.cli("dialplan add extension 701,1,Dial(PJSIP/bob) into from-agents")
    caller, at_anna, call = await talk_by_app_queue(floor, "sales", "anna")
    (began,) = floor.told(RecordingBegan)
    assert (began.contact, began.queue, began.agent, began.because) == (call, "sales", "anna", "queue: 100 %")
    await floor.restart(away_s=0.2)
    await until(partial(is_known, floor, call), "the recording goes on")
    await floor.post("agents/anna/recording-pause")
    await caller.speak(CARD)
    await hears(at_anna, CARD)
    await floor.restart(away_s=0.2)
    await caller.speak(CALLER)
    await hears(at_anna, CALLER)
    await until(partial(is_known, floor, call), "the recording goes on")
    await floor.post(f"calls/{call}/recording-resume")
    await asyncio.sleep(0.5)
    assert floor.callfloor.listener is not None
    (answered,) = floor.told(Answered)
    manager, by = floor.callfloor.listener.connection, answered.offer
    await manager.ask("BlindTransfer", Channel=by, Context="from-agents", Exten="701")
    await (await floor.world.phone("bob").rings()).answer(speaks=BOB)
    await hears(caller, BOB)
    await until(partial(is_with, floor, "bob"), "the recording is bob's")
    await asyncio.sleep(1)
    await caller.hang_up()
    heard = await recorded(floor, call)
    said_left = [one for one, _ in groupby(one for one in story(heard.left) if one != "silence")]
    assert said_left == [str(ANNA), str(BOB)]
    assert not any(CARD in tones(heard.right, begin) for begin in range(0, len(heard.right), 1600))
    assert set(story(heard.right)) == {str(CALLER), "silence"}
    assert (heard.row["agents"], heard.row["queues"], heard.row["pauses"]) == (["anna", "bob"], ["sales"], 1)
    talked = "SELECT queue FROM recorded_segments WHERE recording = %s AND kind = 'talk' ORDER BY began_at"
    assert await floor.rows(talked, began.recording) == [("sales",), (None,)]


async def test_a_call_of_asterisks_own_queue_is_recorded_when_somebody_asks(
    floor: Floor, tmp_path: Path
) -> None:
    await floor.come_to_work("bob")
    _, at_bob, call = await talk_by_app_queue(floor, "support", "bob")
    line = CommandLine(tmp_path)
    line.configure(
        floor.data | {"site": floor.data["site"] | {"secrets": str(floor.asterisk.secrets.directory)}}
    )
    done = await line.run("recordings", "start", call, "-c", str(line.config))
    assert done.code == 0, done
    await asyncio.sleep(0.5)
    await at_bob.hang_up()
    heard = await recorded(floor, call)
    assert (story(heard.left), story(heard.right)) == ([str(BOB)], [str(CALLER)])
    assert heard.row["because"] == "asked"


@pytest.fixture
async def hurried(floor: Floor) -> AsyncIterator[Floor]:
    """That floor, trying again soon what could not be kept."""
    assert floor.callfloor.apps is not None
    keeping = floor.callfloor.apps.keeping
    usual, keeping.again_s = keeping.again_s, 0.2
    yield floor
    keeping.again_s = usual


async def test_a_disk_that_is_full_in_the_middle_is_an_alarm_and_stops_no_call(hurried: Floor) -> None:
    floor = hurried
    await floor.come_to_work("anna")
    first, _, call = await talk(floor)
    await asyncio.sleep(1)
    before = await floor.metrics()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, limits[1]))  # what a disk does that is full by then
    try:
        await first.hang_up()
        (failed, *_) = await floor.until_told(RecordingFailed)
        assert "not kept yet" in failed.why
        caller, _, second = await talk(floor)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    await hears(caller, ANNA)
    await caller.hang_up()
    for heard in (await recorded(floor, call), await recorded(floor, second)):
        assert (story(heard.left), story(heard.right)) == ([str(ANNA)], [str(CALLER)])
    after = await floor.metrics()
    name = ("callfloor_recordings_failed_total",)
    assert after[name] > before[name]
    assert after["callfloor_recordings_waiting",] == 0
    kept = floor.asterisk.configuration.recordings_dir()
    assert list(kept.rglob(".new-*")) == []
    assert all(path.stat().st_size for path in kept.rglob("*") if path.is_file())


async def test_what_comes_from_an_asterisk_elsewhere_is_compressed_and_played(
    floor: Floor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert floor.callfloor.apps is not None
    programs = opus_tools(tmp_path)
    write_program(programs / "paplay", f'cp "$1" {tmp_path / "played"}')  # what a loudspeaker would be given
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    keeping = floor.callfloor.apps.keeping
    monkeypatch.setattr(keeping, "spool", None)
    monkeypatch.setattr(keeping, "compress", Compression.OPUS)
    await floor.come_to_work("anna")
    caller, _, call = await talk(floor)
    await asyncio.sleep(1)
    await caller.hang_up()
    row = await kept(floor, call)
    assert (row["media"], row["failed"]) == ("opus", None)
    line = CommandLine(tmp_path)
    line.configure(
        floor.data | {"site": floor.data["site"] | {"secrets": str(floor.asterisk.secrets.directory)}}
    )
    done = await line.run("recordings", "play", row["recording"], "-c", str(line.config))
    assert done.code == 0, done
    decode(programs, tmp_path / "played", tmp_path / "decoded.wav")
    left, right = both_sides((tmp_path / "decoded.wav").read_bytes())
    assert (analyse(left).tones, analyse(right).tones) == ({ANNA}, {CALLER})
    mixing = await ask(floor, f"recordings/{row['recording']}/sound?mixed=true")
    assert mixing[0] == 409
    assert list((floor.asterisk.rendered.directories.spool / "recording/callfloor").rglob("*.wav")) == []


async def test_asterisks_own_disk_is_told_of_before_it_is_full(floor: Floor, tmp_path: Path) -> None:
    assert floor.callfloor.apps is not None
    async with SmallDisk(tmp_path / "spool", 1_000_000) as disk:
        keeping = replace(
            floor.callfloor.apps.keeping,
            spool=disk.seen_from_outside,
            least_bytes=disk.least_bytes,
            figures=KeepingFigures(),
        )
        watching = asyncio.create_task(keeping.watch_disks(0.05))
        await asyncio.sleep(0.2)
        assert (keeping.spool in keeping.figures.low) == (disk.least_bytes > disk.size)
        (disk.seen_from_outside / "take.wav").write_bytes(bytes(disk.size // 2))

        async def told() -> bool:
            return keeping.spool in keeping.figures.low

        await until(told, "the disk is told of")
        watching.cancel()


async def test_one_customer_is_erased_and_what_is_old_is_forgotten(floor: Floor, tmp_path: Path) -> None:
    await floor.come_to_work("anna")
    rows = []
    for number in (NUMBER, "+491709999999"):
        caller, _, call = await talk(floor, number=number)
        await caller.hang_up()
        rows.append((await recorded(floor, call)).row["recording"])
        await floor.until_agent("anna", "ready")
    kept = floor.asterisk.configuration.recordings_dir()
    files = dict(await floor.rows("SELECT recording, file FROM recordings WHERE recording = ANY (%s)", rows))
    line = CommandLine(tmp_path)
    site = floor.data["site"] | {"secrets": str(floor.asterisk.secrets.directory)}
    line.configure(floor.data | {"site": site, "recordings": {"folder": str(kept)}})
    config = ("-c", str(line.config))
    found = await line.run("recordings", "find", "--agent", "anna", "--from", "today", *config)
    assert all(row in found.text for row in rows), found
    everybody = await line.run("recordings", "find", "--number", "anonymous", *config)
    assert (everybody.code, "has no digits" in everybody.error) == (2, True), everybody
    assert (
        await line.run("recordings", "export", rows[0], "--mixed", "-o", str(tmp_path / "talk.wav"), *config)
    ).code == 0
    with wave.open(str(tmp_path / "talk.wav")) as file:
        both = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32768.0
        assert (file.getnchannels(), analyse(both).tones) == (1, {CALLER, ANNA})
    done = await line.run("personal-data", "erase", NUMBER, "--recordings", *config)
    assert f"recording {rows[0]}: deleted" in done.text, done
    assert [(kept / files[row]).exists() for row in rows] == [False, True]
    assert await floor.get(f"recordings?number={NUMBER.removeprefix('+')}") == []
    floor.date = utc_now() + dt.timedelta(days=8)
    assert floor.callfloor.archive is not None
    assert await floor.callfloor.archive.forget() >= 1
    floor.date = None
    assert not (kept / files[rows[1]]).exists()
    gone = "SELECT recording, erased_by, erased_why FROM recordings WHERE recording = ANY (%s)"
    assert set(await floor.rows(gone, rows)) == {
        (rows[0], "personal-data", "personal data"),
        (rows[1], "callfloor", "retention"),
    }


async def test_many_calls_at_once_are_all_recorded(floor: Floor, long: bool) -> None:
    count = 100 if long else 10
    friend = floor.world.number(FRIEND)
    tones_of = {f"+4917{n:06}": TONES_HZ[n] for n in range(count)}
    await asyncio.gather(
        *(floor.world.call(ABROAD, from_number=one, speaks=hz) for one, hz in tones_of.items())
    )
    for _ in range(count):
        await (await friend.rings(30)).answer(speaks=3000)
    calls = {call["caller_number"]: call["id"] for call in await floor.get("calls")}

    async def started(call: str) -> None:
        await until(partial(is_known, floor, call), f"{call} talks")
        await floor.post(f"calls/{call}/recording-start")

    for number in tones_of:  # one after the other, as calls come
        await started(calls[number])
    assert (await floor.metrics())["callfloor_recordings_running",] == count
    await asyncio.sleep(2)
    for call in list(floor.world.calls):
        if call.record.dialled_by == "outside":
            await call.hang_up()
    for number, tone in tones_of.items():
        heard = await recorded(floor, calls[number])
        assert (mostly(heard.left), mostly(heard.right)) == (3000, tone), number
        assert heard.row["failed"] is None
        assert heard.lasted_s > 1.9


def mostly(side: Samples) -> int | None:
    """Tell which tone is the loudest in most seconds; one that a busy phone breaks is blurred as a whole."""
    heard = [analyse(side[begin : begin + RATE]) for begin in range(0, len(side) - RATE + 1, RATE)]
    loudest = [max(one.tones, key=one.levels_dbfs.__getitem__, default=None) for one in heard]
    found = max(loudest, key=loudest.count, default=None)
    return found if 2 * loudest.count(found) > len(loudest) else None
