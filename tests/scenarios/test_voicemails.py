"""Messages are told of, found, heard and deleted: to and by those whose box it is, and nobody else."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import psycopg
import pytest

from ami_listeners.local_postgres import LocalPostgres
from ari_apps.local_asterisk.free_ports import free_port
from ari_apps.outside_world import OutsideCall
from queue_strategies.facts import (
    VoicemailCalledBack,
    VoicemailDeleted,
    VoicemailGreetingKept,
    VoicemailHeard,
    VoicemailLeft,
)
from tests.ari_apps.console.house import House
from tests.asterisk_lab import AsteriskLab
from tests.command_line import CommandLine
from tests.ears import analyse, listen, read
from tests.floor_lab import Floor, FloorLab, hears, until
from tests.post_office import Hook, PostOffice, open_at, write_certificate

OF_SALES, OF_BOB = "+4930300", "+4930400"
EVA = "+491701"
MAIL, HOOK = free_port(), free_port()
PASSWORD = "letters only"
SPOKEN_BYTES = 24_000
"""A second and a half."""

FLOOR = f"""
[site]
name = "boxes"

[recordings]
folder = "kept"

[feature_codes]
said_greeting = "sound:beep"
said_greeting_choice = "sound:beep"
said_greeting_kept = "sound:beep"
said_no_greeting = "sound:beep"

[mail]
server = "127.0.0.1:{MAIL}"
from = "floor@example.com"
security = "starttls"
user = "callfloor"
ca = "mail.pem"

[[queues]]
name = "sales"

[[agents]]
id = "anna"
extension = "101"
team = "north"
queues = ["sales"]

[[agents]]
id = "bob"
team = "south"

[voicemail.sales]
of = "queue:sales"
greeting_code = "2"
call_back_numbers = "{EVA}"
greeting = "sound:beep"
thanks = "sound:beep"

[voicemail.sales.notify]
mail = ["north@example.com", "sales@example.com"]
attach = true
webhook = "http://127.0.0.1:{HOOK}/sales"

[voicemail.bob]
of = "agent:bob"
call_back_numbers = ["+491702*"]
greeting = "sound:beep"
thanks = "sound:beep"
notify = {{ webhook = "http://127.0.0.1:{HOOK}/bob", signed_by = "hook-of-bob" }}

[[routes]]
to = "{OF_SALES}"
destination = "voicemail:sales"

[[routes]]
to = "{OF_BOB}"
destination = "voicemail:bob"
"""


@pytest.fixture(scope="module")
async def floor_of_file(shared_asterisk_lab: AsteriskLab, postgres: LocalPostgres) -> AsyncIterator[Floor]:
    async with FloorLab(shared_asterisk_lab, postgres) as lab:
        floor = await lab.start(FLOOR, started=False)
        password = floor.asterisk.secrets.directory / "mail"
        password.touch(mode=0o600)
        password.write_text(f"{PASSWORD}\n")
        await floor.start()
        yield floor


@pytest.fixture(scope="module")
async def house_of_file(floor_of_file: Floor) -> AsyncIterator[House]:
    async with aiohttp.ClientSession() as session:
        house = House(floor_of_file, session)
        await house.open()
        yield house


@pytest.fixture
async def house(house_of_file: House, floor: Floor) -> House:
    """Give the people of that floor, with nobody on it."""
    assert house_of_file.floor is floor
    return house_of_file


async def leave_message(floor: Floor, number: str, name: str = "") -> None:
    before = len(floor.told(VoicemailLeft))
    caller = await floor.world.call(number, from_number=EVA, from_name=name, speaks=440)
    await listen(caller, 3.0)
    await caller.press("#")
    await floor.until_told(VoicemailLeft, before + 1)
    await caller.ended()
    await floor.rows("SELECT 1")  # the database knows it


async def is_called_back(house: House, line: CommandLine, sales: str, bobs: str) -> None:
    """Let anna call back who left the message of sales, and nobody else that of another box."""
    floor = house.floor
    for who, message, agent in (("agent", bobs, ""), ("agent", sales, "bob"), ("lead.north", sales, "bob")):
        assert (await house.ask(who, "POST", f"{message}/call-back?agent={agent}")).is_refusal
    unplugged = await house.ask("agent", "POST", f"{sales}/call-back")
    assert (unplugged.status, unplugged.body) == (409, {"error": "the phone of anna cannot be rung"})
    nobody = await house.ask("admin", "POST", f"{sales}/call-back")
    assert (nobody.status, nobody.body["error"][:17]) == (409, "admin is no agent")
    hostile = await house.ask("admin", "POST", f"{bobs}/call-back?agent=bob")
    assert (hostile.status, hostile.body) == (
        409,
        {
            "error": f"{EVA} is no number that this box calls back: "
            "those it does are named in voicemail.bob.call_back_numbers"
        },
    )
    await floor.come_to_work("anna")
    eva = floor.world.number(EVA)
    said = await line.run(
        "voicemail", "call-back", sales.rpartition("/")[2], "--as", "anna", "-c", str(line.config)
    )
    assert said.code == 0, said
    phone = await floor.world.phone("anna").rings()
    await floor.until_agent("anna", "busy")
    busy = await house.ask("agent", "POST", f"{sales}/call-back")
    assert (busy.status, busy.body) == (409, {"error": "anna is busy"})
    assert phone.record.from_number == EVA
    assert floor.told(VoicemailCalledBack) == []
    await phone.answer(speaks=1000)
    outside = await eva.rings()
    await outside.answer(speaks=1400)
    await asyncio.gather(hears(phone, 1400), hears(outside, 1000))
    assert (await floor.get("agents/anna"))["state"] == "busy"
    await floor.restart()
    await hears(outside, 1000)
    assert (await floor.get("agents/anna"))["state"] == "busy"
    await outside.hang_up()
    await phone.ended()
    await floor.until_agent("anna", "ready")
    contacts = "SELECT direction, caller_number, called_number FROM contacts WHERE direction = 'internal'"
    assert await floor.rows(contacts) == [("internal", "101", EVA)]
    (shown,) = (await house.ask("agent", "GET", "/api/v1/voicemails")).body
    assert (shown["called_back_by"], shown["called_back_at"] is None) == ("anna", False)


def is_signed(body: bytes, headers: dict[str, str], secret: str) -> bool:
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.digest(secret.encode(), signed, hashlib.sha256)
    return headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


async def test_people_are_told_of_messages_after_a_restart_too_until_it_is_too_late(
    floor: Floor, tmp_path: Path
) -> None:
    certificate = write_certificate(floor.asterisk.configuration.path.parent / "mail.pem")
    post_office, hook = PostOffice(PASSWORD, certificate), Hook()
    post_office.closed, hook.broken = True, {"/sales"}
    async with open_at(post_office, MAIL, hook, HOOK):
        await leave_message(floor, OF_BOB)
        await leave_message(floor, OF_SALES, "Zo\u00eb <b>")

        async def tried() -> bool:
            return bool(post_office.turned_away and hook.told_at("/sales") and hook.told_at("/bob"))

        await until(tried, "everybody was tried once")
        ((body, headers),) = hook.told_at("/bob")
        assert is_signed(body, headers, floor.asterisk.secrets.get("hook-of-bob"))
        assert not is_signed(body, headers, floor.asterisk.secrets.get("webhook"))
        told = json.loads(body)
        assert (told["type"], told["data"]["box"], told["data"]["number"]) == ("voicemail.left", "bob", EVA)
        assert told["data"]["voicemail"] == headers["webhook-id"]
        await floor.stop()
        post_office.closed = False
        await a_day_later(floor)
        await floor.start()

        async def settled() -> bool:
            states = await floor.rows("SELECT told_at IS NULL AND given_up_at IS NULL FROM voicemail_notices")
            return not any(waiting for (waiting,) in states)

        await until(settled, "nothing is left to be told")
    (mail,) = post_office.mails
    assert post_office.recipients == [["north@example.com", "sales@example.com"]]
    assert mail["Subject"] == f"New message in sales from Zo\u00eb <b> ({EVA})"
    (sound,) = mail.iter_attachments()
    file = tmp_path / "attached.wav"
    file.write_bytes(sound.get_content())
    assert analyse(read(file)).tones == {440}
    tries = [headers["webhook-id"] for _, headers in hook.told_at("/sales")]
    assert tries == [mail["Message-ID"][1:-1].partition("@")[0]] * 2
    told_of = await floor.rows(
        "SELECT box, way, tries, told_at IS NOT NULL, failure FROM voicemail_notices"
        " JOIN voicemails ON fact = voicemail ORDER BY box, way"
    )
    assert told_of == [
        ("bob", "webhook", 1, True, None),
        ("sales", "mail", 2, True, None),
        ("sales", "webhook", 2, False, "status 500"),
    ]
    counted = await floor.metrics()
    assert counted["callfloor_voicemail_notices_given_up_total", "webhook"] == 1
    assert counted["callfloor_voicemail_notices_told_total", "mail"] == 1
    for message in await floor.get("voicemails"):
        await floor.delete(f"voicemails/{message['voicemail']}")
    await floor.rows("SELECT 1")


async def a_day_later(floor: Floor) -> None:
    """Let a day and an hour be over since the messages of sales."""
    async with await psycopg.AsyncConnection.connect(floor.database_url) as connection:
        await connection.execute(
            "UPDATE voicemails SET left_at = left_at - interval '25 h' WHERE box = 'sales'"
        )
        await connection.execute("UPDATE voicemail_notices SET due_at = now()")


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
    await is_called_back(house, line, sales, bobs)
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
    did = [(row["operation"], row["what"]) for row in await house.trail("agent") if row["outcome"] == "done"]
    assert did[:2] == [
        ("GET /api/v1/voicemails", ""),
        ("GET /api/v1/voicemails/{voicemail}/sound", name),
    ]
    assert did[-1] == ("DELETE /api/v1/voicemails/{voicemail}", name)


async def speak_greeting(floor: Floor, agent: str, code: str, tone: int) -> OutsideCall:
    """Let an agent speak for a while, and hear it again."""
    folder = floor.asterisk.rendered.directories.spool / "recording" / "greetings"
    before = set(folder.rglob("*.wav"))
    phone = await floor.world.phone(agent).dial(code, speaks=tone)

    async def spoken() -> bool:
        return any(file.stat().st_size > SPOKEN_BYTES for file in set(folder.rglob("*.wav")) - before)

    await until(spoken, f"{agent} has spoken")
    await phone.press("#")
    await hears(phone, tone)
    return phone


async def test_callers_hear_the_greeting_that_an_agent_has_spoken_and_kept_until_it_is_removed(
    house: House, tmp_path: Path
) -> None:
    floor, line = house.floor, CommandLine(tmp_path)
    folder = floor.asterisk.rendered.directories.spool / "recording" / "greetings"
    await floor.come_to_work("anna", "bob")
    at_bob = await speak_greeting(floor, "bob", "*17", 1400)
    assert (await floor.get("agents/bob"))["state"] == "busy"
    await at_bob.press("1")
    await at_bob.ended()
    await (await speak_greeting(floor, "anna", "*172", 1800)).hang_up()
    await floor.until_agent("anna", "ready")

    async def only_bobs() -> bool:
        return len(list(folder.rglob("*.wav"))) == 1

    await until(only_bobs, "what anna has not kept is deleted")
    await (await floor.world.phone("bob").dial("*172", speaks=1800)).ended()  # sales are not bob's
    await floor.restart(0.0)
    caller = await floor.world.call(OF_BOB, from_number=EVA)
    await hears(caller, 1400)
    await caller.hang_up()
    (sound,) = folder.rglob("*.wav")
    assert sound.stat().st_mode & 0o777 == 0o600
    assert [fact.who for fact in floor.told(VoicemailGreetingKept)] == ["bob"]
    one = "/api/v1/voicemail-greetings"
    assert [shown["box"] for shown in (await house.ask("admin", "GET", one)).body] == ["bob"]
    assert (await house.ask("lead.north", "GET", one)).body == []
    assert (await house.ask("lead.north", "DELETE", f"{one}/bob")).is_refusal
    assert (await house.ask("admin", "DELETE", f"{one}/sales")).status == 404
    line.serve_floor(floor)
    line.configure(floor.data | {"site": floor.data["site"] | {"secrets": str(line.secrets)}})
    said = await line.run("voicemail", "remove-greeting", "bob", "-c", str(line.config))
    assert said.code == 0, said
    assert not list(folder.rglob("*.wav"))
    caller = await floor.world.call(OF_BOB, from_number=EVA)
    heard = await listen(caller, 1.0)
    assert not heard.silent
    assert 1400 not in heard.tones
