"""An Asterisk with queues of its own is listened to by one command, which changes nothing there."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
from pathlib import Path
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from ami_listeners.clock import utc_now
from ami_listeners.database import Database
from ami_listeners.reports import as_json
from ami_listeners.reports.ask import contacts
from ami_listeners.reports.question import ContactsQuestion, Question, Subject
from ari_apps.commands.listen import configured
from ari_apps.configuration.floor_toml import ConfigurationError, load_data
from ari_apps.local_asterisk.free_ports import free_port
from queue_strategies.definitions.service_levels import USUAL_SERVICE_LEVEL
from tests.accounts import SHORT_ABANDON_S, Log, account_for
from tests.ami_listeners.native_floor import SECRET
from tests.ami_listeners.waiting import until
from tests.asterisk_lab import AsteriskLab
from tests.command_line import CommandLine
from tests.crowd import SERVICE_LEVEL_S, WRAP_UP_S, Crowd, Plain, run_plain
from tests.floor_lab import scraped
from tests.floor_lab import until as eventually

HOUR = dt.timedelta(hours=1)
TOLD_LATE_S = 0.5
"""What SIPp notes and what Asterisk tells of the same may lie so far apart on a busy machine."""


def checksums(folder: Path) -> dict[str, str]:
    """Sum up Asterisk's configuration; the files of SIPp's that tests put beside it are none of it."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*.conf")
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


async def report(line: CommandLine, subject: str, url: str) -> dict[str, dict[str, Any]]:
    """Ask by the command line what the last hour was like; each row by its queue or agent."""
    span = [(utc_now() + ahead).replace(tzinfo=None).isoformat(timespec="minutes") for ahead in (-HOUR, HOUR)]
    file = line.folder / f"{subject}.json"
    words = ("report", subject, "--from", span[0], "--to", span[1], "--tz", "UTC", "--database", url)
    said = await line.run(*words, "--format", "json", "-o", str(file))
    assert said.code == 0, said.text
    return {row[subject]: row for row in json.loads(file.read_text())["rows"]}


@pytest.fixture(scope="module")
async def plain(shared_asterisk_lab: AsteriskLab) -> Plain:
    """An Asterisk with queues of its own, which knows nothing of callfloor."""
    return await run_plain(shared_asterisk_lab)


async def test_an_asterisk_with_its_own_queues_is_heard_call_by_call(
    plain: Plain, database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty calls, of which SIPp keeps a log of its own; every call and every figure is as in there."""
    monkeypatch.setenv("CALLFLOOR_SECRET_AMI", SECRET)
    before = checksums(plain.asterisk.config_dir), await plain.asterisk.cli("database show")
    http = f"127.0.0.1:{free_port()}"
    line = CommandLine(tmp_path)
    words = ["listen", "--ami", f"127.0.0.1:{plain.ami_port}", "--listen", http, "--name", "alone"]
    (tmp_path / "sip").mkdir()
    async with line.running(*words, "--database", database_url, http=http) as listening:
        assert await until(lambda: "scrape_configs" in listening.text, 60), listening.text
        assert "nobody, sales" in listening.text
        async with Crowd(plain, tmp_path / "sip") as crowd:
            await asyncio.gather(
                crowd.call("sales", calls=28, rate=5), crowd.call("nobody", calls=12, rate=2, stay_s=(0.3, 7))
            )

        async def all_told() -> bool:
            shown = await scraped(listening.http)
            return shown["callfloor_asterisk_calls",] == shown["callfloor_journal_lag_seconds",] == 0

        await eventually(all_told, "every call is over and kept")
        seen = crowd.seen()
        account = await account_for(seen, database_url, tolerance_s=TOLD_LATE_S)
        assert (account.whole, account.touched, account.unheard) == (40, 0, 0)
        shown, asked = await scraped(listening.http), await report(line, "queue", database_url)
        for queue, calls in seen.items():
            check_queue(Log(calls), shown, queue, asked[queue])
        check_agents(Log(seen["sales"]), shown, await report(line, "agent", database_url))

        token = (tmp_path / "data/callfloor/alone/secrets/api").read_text().strip()
        assert await offered(http, token) == {"sales": 28, "nobody": 12}
        numbers = {queue: sorted(call.number for call in calls) for queue, calls in seen.items()}
        answered = await listed(database, Subject.QUEUE, "answered", "sales")
        assert sorted(row["number"] for row in answered) == numbers["sales"]
        abandoned = await listed(database, Subject.ABANDONED, "abandoned")
        assert sorted(row["number"] for row in abandoned) == numbers["nobody"]
        called = await listed(database, Subject.CALLS, "calls")
        assert sorted(row["number"] for row in called) == sorted(numbers["sales"] + numbers["nobody"])
        assert listening.faults == []
    assert (checksums(plain.asterisk.config_dir), await plain.asterisk.cli("database show")) == before


def check_queue(log: Log, shown: dict[tuple[str, ...], float], queue: str, asked: dict[str, Any]) -> None:
    """See that /metrics and the report have of a queue what its calls come to."""
    counted = {"offered": len(log.calls), "answered": len(log.waits), "abandoned": len(log.vain)}
    for name, count in counted.items():
        assert shown[f"callfloor_queue_{name}_total", queue] == asked[name] == count, name
    short = asked["short_abandoned"]
    assert shown["callfloor_queue_short_abandoned_total", queue] == short
    least, most = (
        sum(wait <= SHORT_ABANDON_S + late_s for wait in log.vain) for late_s in (-TOLD_LATE_S, TOLD_LATE_S)
    )
    assert least <= short <= most
    assert asked["longest_wait_s"] == pytest.approx(max(log.waits + log.vain), abs=TOLD_LATE_S)
    assert asked["abandonment_rate"] == len(log.vain) / len(log.calls)
    if log.waits:
        means = {
            "average_speed_of_answer_s": fmean(log.waits),
            "average_handle_time_s": fmean(log.talks) + WRAP_UP_S,
        }
        for name, mean_s in means.items():
            assert asked[name] == pytest.approx(mean_s, abs=0.2), name
        assert shown["callfloor_queue_asa_seconds", queue] == pytest.approx(fmean(log.waits), abs=0.2)
    if len(log.vain) > short or log.waits:
        by = (USUAL_SERVICE_LEVEL, queue, f"{SERVICE_LEVEL_S:.1f}")
        level = shown["callfloor_queue_service_level_ratio", *by]
        assert asked["service_level"] == pytest.approx(level)
        assert log.level(SERVICE_LEVEL_S - 0.2) <= level <= log.level(SERVICE_LEVEL_S + 0.2)


def check_agents(log: Log, shown: dict[tuple[str, ...], float], asked: dict[str, dict[str, Any]]) -> None:
    """See that together the agents did what the callers saw them do."""
    assert {"offers", "handled"} <= set(next(iter(asked.values()))), asked
    for name, count in (("handled", len(log.talks)), ("offers", sum(call.offers for call in log.calls))):
        assert sum(row[name] for row in asked.values()) == count, name
    talk_s = sum(row["talk_s"] for row in asked.values())
    assert talk_s == pytest.approx(sum(log.talks), abs=0.1 * len(log.talks))


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


def test_a_queue_s_wrap_up_is_said_on_the_command_line_or_in_the_file() -> None:
    where = {
        "ami": "h:1",
        "user": "u",
        "name": "a",
        "system": "",
        "tz": "UTC",
        "database": "",
        "http": "127.0.0.1:2",
    }
    asked = configured(**where, wrap_ups=["sales=10", "5"])
    assert asked.ami_settings("x").wrap_up_s == {"sales": 10, "*": 5}
    written = load_data({"listen": {"wrap_up_s": {"sales": 10, "*": 5}}}, Path("floor.toml"))
    assert written.ami_settings("x").wrap_up_s == asked.ami_settings("x").wrap_up_s
    for wrong in ("sales=soon", "sales=-1", ""):
        with pytest.raises(ConfigurationError, match=r"listen\.wrap_up_s"):
            configured(**where, wrap_ups=[wrong])
