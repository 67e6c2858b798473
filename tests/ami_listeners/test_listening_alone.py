"""An Asterisk with queues of its own is listened to by one command, which changes nothing there."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from ami_listeners.clock import utc_now
from ami_listeners.database import Database
from ami_listeners.reports import as_json
from ami_listeners.reports.ask import ask, contacts
from ami_listeners.reports.question import ContactsQuestion, Question, Subject
from ari_apps.local_asterisk.free_ports import free_port
from tests.ami_listeners.native_floor import SECRET, Caller, NativeFloor, Phone, successful
from tests.ami_listeners.waiting import until
from tests.command_line import CommandLine
from tests.floor_lab import until as eventually

HOUR = dt.timedelta(hours=1)
ANSWERED = [f"49301{number}" for number in range(4)]
GAVE_UP = {f"49302{number}": 0.5 + number / 2 for number in range(3)}


def checksums(folder: Path) -> dict[str, str]:
    """Sum up Asterisk's configuration; the files of SIPp's that tests put beside it are none of it."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*.conf")
    }


async def figures(http: str) -> dict[tuple[str, str], float]:
    async with aiohttp.ClientSession() as session, session.get(f"http://{http}/metrics") as answer:
        text = await answer.text()
    return {
        (sample.name, sample.labels.get("queue", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def offered(http: str, token: str) -> dict[str, int]:
    """Ask the REST API of the process that listens."""
    url, shown = f"http://{http}/api/v1/reports/queue", {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=shown) as answer:
        return {row["queue"]: row["offered"] for row in (await answer.json())["rows"]}


def lately(subject: Subject) -> Question:
    zone, now = ZoneInfo("UTC"), utc_now()
    return Question(subject=subject, since=now - HOUR, until=now + HOUR, zone=zone)


async def listed(database: Database, subject: Subject, measure: str, *queue: str) -> list[dict[str, Any]]:
    asked = lately(subject)
    answer = await contacts(
        database,
        ContactsQuestion(
            subject=subject,
            measure=measure,
            since=asked.since,
            until=asked.until,
            zone=asked.zone,
            names=queue,
        ),
    )
    rows: list[dict[str, Any]] = as_json.data(answer)["rows"]
    return rows


async def test_an_asterisk_with_its_own_queues_is_heard_call_by_call(
    native_floor: NativeFloor,
    database: Database,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CALLFLOOR_SECRET_AMI", SECRET)
    before = checksums(native_floor.asterisk.config_dir)
    http = f"127.0.0.1:{free_port()}"
    line = CommandLine(tmp_path)
    words = ["listen", "--ami", f"127.0.0.1:{native_floor.ami_port}", "--listen", http, "--name", "alone"]
    async with line.running(*words, "--database", database_url, http=http) as listening:
        assert await until(lambda: "scrape_configs" in listening.text, 60), listening.text
        assert "everybody" in listening.text
        async with (
            native_floor.phone("anna", Phone(ring_s=0.05, talk_s=0.3)),
            native_floor.phone("bob", Phone(ring_s=0.05, talk_s=0.3)),
        ):
            said = await asyncio.gather(
                *(native_floor.call("everybody", Caller(number=number)) for number in ANSWERED),
                *(native_floor.call("nobody", Caller(wait_s=wait, number=n)) for n, wait in GAVE_UP.items()),
            )
        assert [successful(each) for each in said] == [1] * 7

        async def all_told() -> bool:
            shown = await figures(http)
            return shown.get(("callfloor_queue_abandoned_total", "nobody")) == 3

        await eventually(all_told, "figures of three who gave up")
        assert (await figures(http))["callfloor_queue_answered_total", "everybody"] == 4

        async def all_kept() -> bool:
            answer = await ask(database, lately(Subject.QUEUE))
            by_queue = {row["queue"]: row for row in as_json.data(answer)["rows"]}
            return {name: (row["answered"], row["abandoned"]) for name, row in by_queue.items()} == {
                "everybody": (4, 0),
                "nobody": (0, 3),
            }

        await eventually(all_kept, "seven calls in the report")
        token = (tmp_path / "data/callfloor/alone/secrets/api").read_text().strip()
        assert await offered(http, token) == {"everybody": 4, "nobody": 3}
        answered = await listed(database, Subject.QUEUE, "answered", "everybody")
        assert sorted(row["number"] for row in answered) == sorted(ANSWERED)
        abandoned = {row["number"]: row for row in await listed(database, Subject.ABANDONED, "abandoned")}
        assert set(abandoned) == set(GAVE_UP)
        for number, row in abandoned.items():
            assert row["wait_s"] == pytest.approx(GAVE_UP[number], abs=0.5)
        calls = await listed(database, Subject.CALLS, "calls")
        assert sorted(row["number"] for row in calls) == sorted([*ANSWERED, *GAVE_UP])
        assert "Traceback" not in listening.text
    assert checksums(native_floor.asterisk.config_dir) == before


async def test_who_has_no_password_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CALLFLOOR_SECRET_AMI", raising=False)
    said = await CommandLine(tmp_path).run("listen", "--user", "admin", "--name", "alone")
    assert said.code == 2
    assert "'admin' is not known: set CALLFLOOR_SECRET_AMI" in said.error
    wrong = await CommandLine(tmp_path).run("listen", "--ami", "nowhere")
    assert wrong.code == 2
    assert "ami_connect" in wrong.error
    assert "write host:port" in wrong.error
