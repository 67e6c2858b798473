"""Reports of real calls: they say what the telephones saw, by REST as on the command line."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import aiohttp
import openpyxl
import pytest

from ari_apps.outside_world.records import CallRecord
from queue_strategies.facts import AgentStateChanged, Answered, ContactEnded, Handled
from tests.asterisk_lab import AsteriskLab
from tests.command_line import CommandLine
from tests.floor_lab import Floor

SALES = "+4930100"
HOSTILE = "</td><script>=1+1"
FLOOR = f"""
[site]
name = "reports"
timezone = "Asia/Kathmandu"

[[queues]]
name = "sales"
rest_s = 0
service_level_s = 20
short_abandon_s = 1
join_when_empty = "never"
leave_when_empty = "never"

[[agents]]
id = "anna"
extension = "101"
queues = ["sales"]

[[agents]]
id = "bob"
extension = "102"
queues = ["sales"]

[[routes]]
to = "{SALES}"
destination = "queue:sales"
"""


async def ask(floor: Floor, path: str) -> tuple[int, str, bytes]:
    headers = {"Authorization": f"Bearer {floor.asterisk.secrets.get('api')}"}
    url = f"http://{floor.asterisk.configuration.http.listen}/api/v1/{path}"
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status, answer.content_type, await answer.read()


async def report(floor: Floor, path: str) -> Any:
    status, media, body = await ask(floor, path)
    assert (status, media) == (200, "application/json"), body
    return json.loads(body)


def seen_by_the_telephones(floor: Floor, numbers: list[str]) -> tuple[dict[str, CallRecord], set[str]]:
    """Tell who talked, with the agent's end of the call, and who did not."""
    talks = {
        record.from_number: record
        for record in floor.world.log.begun_by("floor")
        if record.from_number in numbers and record.answered_at is not None
    }
    return talks, set(numbers) - set(talks)


async def five_callers(floor: Floor) -> list[str]:
    """Let three callers talk, two at a time, and two give up."""
    await floor.come_to_work("anna", "bob")
    numbers = [f"+49170{number}" for number in range(5)]
    await floor.post("agents/bob/pause", {"reason": "lunch"})
    for number, agent, name in zip(numbers[:3], ["anna", "anna", "bob"], ["Zoë", HOSTILE, ""], strict=True):
        if agent == "bob":
            await floor.post("agents/anna/pause", {"reason": "lunch"})
            await floor.post("agents/bob/unpause")
        await floor.until_agent(agent, "ready")
        told = len(floor.told(Answered))
        caller = await floor.world.call(SALES, from_number=number, from_name=name)
        await (await floor.world.phone(agent).rings()).answer()
        await floor.until_told(Answered, told + 1)
        await caller.stays(1.2)
        await caller.hang_up()
        await floor.until_told(Handled, told + 1)
    await floor.post("agents/bob/pause", {"reason": "lunch"})
    for number in numbers[3:]:
        caller = await floor.world.call(SALES, from_number=number)
        await floor.until_waiting("sales", 1)
        await caller.stays(0.2 if number == numbers[3] else 1.5)
        await caller.hang_up()
        await floor.until_waiting("sales", 0)
    await floor.until_told(ContactEnded, 5)
    return numbers


async def test_a_report_says_what_the_telephones_saw(floor: Floor, shared_asterisk_lab: AsteriskLab) -> None:
    numbers = await five_callers(floor)
    talks, in_vain = seen_by_the_telephones(floor, numbers)
    assert (len(talks), len(in_vain)) == (3, 2)
    assert await floor.callfloor.journal.drained(15)

    told = await report(floor, "reports/queue?by=hour")
    (row,) = told["rows"]
    assert told["timezone"] == "Asia/Kathmandu"
    assert row["from"].endswith(":00:00+05:45")
    assert (row["queue"], row["offered"], row["answered"], row["abandoned"]) == ("sales", 5, 3, 2)
    assert (row["short_abandoned"], row["handled"], told["quality"]["badge"]) == (1, 3, "good")

    answered = await report(floor, f"{row['contacts'].removeprefix('/api/v1/')}&measure=answered")
    assert {line["number"] for line in answered["rows"]} == set(talks)
    for line in answered["rows"]:
        assert line["talk_s"] == pytest.approx(talks[line["number"]].talked_s, abs=0.5)
        assert line["agent"] == talks[line["number"]].party
    abandoned = await report(floor, f"{row['contacts'].removeprefix('/api/v1/')}&measure=abandoned")
    assert {line["number"] for line in abandoned["rows"]} == in_vain
    calls = await report(floor, "reports/calls/contacts?measure=calls")
    assert {line["number"] for line in calls["rows"]} == set(numbers)
    agents = {line["agent"]: line for line in (await report(floor, "reports/agent"))["rows"]}
    assert (agents["anna"]["handled"], agents["bob"]["handled"]) == (2, 1)

    line = CommandLine(shared_asterisk_lab.folder())
    line.serve_floor(floor)
    said = await line.run("report", "queue", "--by", "hour", "-c", str(line.config), "--format", "json")
    assert json.loads(said.text) in (
        told,
        await report(floor, "reports/queue?by=hour"),
    )  # clocks compared between
    shown = await line.run("report", "queue", "-c", str(line.config))
    assert "heard without a gap" in shown.text
    assert ["sales", "5", "3"] in [words.split()[:3] for words in shown.text.splitlines()]
    wrong = await line.run("report", "queue", "-c", str(line.config), "--from", "tomorow")
    assert (wrong.code, "--from: 'tomorow' is no day" in wrong.error) == (2, True)


async def test_a_report_is_a_file_by_rest(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller = await floor.world.call(SALES, from_number="+491701", from_name=HOSTILE)
    await (await floor.world.phone("anna").rings()).answer()
    await floor.until_told(Answered)
    await caller.hang_up()
    await floor.until_told(Handled)
    await floor.until_told(AgentStateChanged, 4)
    assert await floor.callfloor.journal.drained(15)

    status, media, body = await ask(floor, "reports/queue?format=html&by=15m")
    assert (status, media) == (200, "text/html")
    assert b"<script" not in body
    assert b"&lt;/td&gt;&lt;script&gt;=1+1" in body
    status, media, body = await ask(floor, "reports/calls/contacts?measure=calls&number=%2B491701&format=csv")
    assert (status, media) == (200, "text/csv")
    (line,) = list(csv.DictReader(io.StringIO(body.decode())))[-1:]
    assert (line["number"], line["name"]) == ("+491701", HOSTILE)
    status, media, body = await ask(floor, "reports/calls/contacts?measure=calls&format=xlsx")
    assert openpyxl.load_workbook(io.BytesIO(body)).sheetnames == ["Report", "About"]


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("reports/queus", 404, "there is no report 'queus'"),
        ("reports/queue?from=yesterdy", 400, "from: 'yesterdy' is no day"),
        ("reports/queue?tz=Mars", 400, "tz: 'Mars' is no time zone"),
        ("reports/queue?by=year", 400, "by: "),
        ("reports/queue?from=today&from=today", 400, "from: is given 2 times"),
        ("reports/queue?since=today", 400, "since: Extra inputs"),
        ("reports/queue?from=today&to=yesterday", 400, "no time lies between"),
        ("reports/queue?by=15m&from=1990-01-01", 400, "ask for longer ones"),
        ("reports/queue?from=0001-01-01", 400, "from 1970 to 2199"),
        ("reports/queue?to=9999-12-31&by=day", 400, "from 1970 to 2199"),
        ("reports/queue?formula=answered", 400, "did you mean 'answered_within/"),
        ("reports/queue/contacts", 400, "measure: Field required"),
        ("reports/queue/contacts?measure=abandonned", 400, "did you mean 'abandoned'"),
        ("reports/queue/contacts?measure=abandoned&key=%00", 400, "cannot be written"),
        ("reports/queue?name=%00", 400, "cannot be written"),
        ("reports/queue/contacts?measure=abandoned&key=a&key=b&key=c", 400, "queue"),
    ],
)
async def test_a_question_that_makes_no_sense_is_answered_in_a_sentence(
    floor: Floor, path: str, status: int, sentence: str
) -> None:
    answered, media, body = await ask(floor, path)
    assert (answered, media) == (status, "application/json"), body
    assert sentence in json.loads(body)["error"]
