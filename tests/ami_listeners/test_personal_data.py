"""One customer can be forgotten everywhere, and every figure stays as it is."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.journal import Journal
from ami_listeners.personal_data import (
    NAMES,
    NUMBERS,
    OF_NOBODY,
    NoNumberError,
    StillCalledBackError,
    digits_of,
    erase,
    show,
)
from ami_listeners.personal_lines import Forgetting, forget_in
from ami_listeners.queries import literal
from ami_listeners.retention import Retention
from ami_listeners.settings import RetentionSettings
from queue_strategies import facts
from queue_strategies.facts import (
    Audited,
    CallbackTaken,
    CalledBack,
    CallForwarded,
    CallStarted,
    ContactStarted,
    Fact,
    LegQuality,
    QueueJoined,
    RawEvent,
    RegistrationChanged,
    SegmentEnded,
    SegmentKind,
    Transferred,
    VoicemailLeft,
)
from queue_strategies.model import AgentId, ContactId, QueueName, VisitId
from tests.ami_listeners.test_journal import rows
from tests.ami_listeners.test_retention import FIGURES, some_hours
from tests.command_line import CommandLine

NUMBER, NAME, ANOTHER = "+49 30 5551234", "Zoë Łuk", "493055512345"
DIGITS = "49305551234"
BEGAN = datetime(2026, 3, 20, 9, tzinfo=UTC)
NOW = BEGAN + timedelta(hours=5)
CUSTOMERS = """
    SELECT array_agg(contact ORDER BY contact) FROM contacts WHERE caller_number <> ''
    GROUP BY caller_number ORDER BY 1
"""


def who(number: str = f"+{DIGITS}", name: str = NAME) -> dict[str, Any]:
    return {"caller_number": number, "caller_name": name, "called_number": "100"}


def of_a_customer(call: str) -> Iterator[Fact]:
    """Tell of one customer in all the places there are."""
    contact, visit, sales = ContactId(call), VisitId(f"{call}/1"), QueueName("sales")
    of: dict[str, Any] = {"moment": 10.0, "contact": contact, "visit": visit, "queue": sales}
    yield ContactStarted(moment=9.0, contact=contact, channel=call, **who())
    yield CallStarted(
        moment=9.0, call=call, channel_name=f"Local/{DIGITS}@in-1;1", **who(DIGITS), context="in"
    )
    yield QueueJoined(**of, priority=0, position=1)
    yield CallbackTaken(**of, number=f"00{DIGITS}", language="de", position=1, wait_s=1.0)
    yield CalledBack(**of, number=f"00{DIGITS}", channel=f"{call}1", attempt=1, callback_s=3.0)
    yield Transferred(**of, agent=AgentId("anna"), kind="blind", to="+49 (30) 555-1234")
    yield CallForwarded(moment=11.0, call=call, channel=call, by="PJSIP/anna", to=f"sip:+{DIGITS}@192.0.2.1")
    yield SegmentEnded(
        moment=12.0, call=call, segment=f"{call}/talk/1", segment_kind=SegmentKind.TALK, channel=call,
        party=f"+{DIGITS}", lasted_s=1.0, ended_by="hangup",
    )  # fmt: skip
    yield LegQuality(
        moment=12.0, call=call, channel=call, party=DIGITS, direction="heard", mos=4.0, worst_mos=4.0, r=90.0,
        loss=0.0, jitter_ms=1.0, codec="ulaw", reports=3,
    )  # fmt: skip
    yield RegistrationChanged(
        moment=12.0, endpoint=DIGITS, contact_uri=f"sip:{DIGITS}@192.0.2.1:5060", status="Created"
    )
    yield Audited(
        moment=12.0, who="anna", role="agent", address="192.0.2.1", operation="POST", what=call,
        outcome="done", status=204, detail=f'{{"to":"number:+{DIGITS}"}}',
    )  # fmt: skip
    yield VoicemailLeft(moment=12.0, contact=contact, box="sales", recording=f"left-{DIGITS}", duration_s=3.0)
    yield RawEvent(moment=12.0, name="Newexten", text=f"Channel: PJSIP/a-1\r\nCallerIDNum: {DIGITS}\r\n")
    yield RawEvent(moment=12.0, name="Rename", text=f"ConnectedLineName: {NAME}\r\nLinkedid: {call}\r\n")


def of_others() -> Iterator[Fact]:
    """Tell of calls of which some are that customer's."""
    for number, fact in enumerate(some_hours(3)):
        if isinstance(fact, ContactStarted | CallStarted) and number % 3:
            fact = dataclasses.replace(fact, **(who(DIGITS) if number % 3 == 1 else who(ANOTHER, "Max")))
        yield fact


async def tell(
    database: Database, folder: Path, *told: Fact, at: datetime = BEGAN, source: str = "native"
) -> None:
    journal = Journal(database, folder, Clock(moment=lambda: 0.0, wall=lambda: at))
    await journal.start()
    journal.write_all(told, source)
    assert await journal.drained(20)
    await journal.stop()


def differ(url: str, *kinds: str) -> None:
    """Let Asterisk's own records say something else of the customer's call."""
    told = json.dumps({"parties": ["anna", f"00{DIGITS}"], "talk_s": 12.5})
    with psycopg.connect(url) as connection:
        for kind in kinds:
            connection.execute(
                "INSERT INTO mismatches (system, source, call, kind, at, ours, theirs)"
                " VALUES ('', 'cdr', '1772438400.7', %s, %s, '{}', %s)"
                " ON CONFLICT (system, source, call, kind) DO UPDATE SET theirs = excluded.theirs",
                [kind, BEGAN, told],
            )


def dump(url: str) -> str:
    """Give all that is in the database."""
    everything = bytearray()
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT oid::regclass::text FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in tables.fetchall():
            with connection.cursor().copy(literal(f"COPY {table} TO STDOUT")) as copying:
                for part in copying:
                    everything += part
    return everything.decode()


async def figures(url: str) -> list[Any]:
    """Give every figure, and which contacts are of one customer."""
    asked = [FIGURES.format(subject=subject) for subject in ("queue", "agent")]
    return [await rows(url, question) for question in (*asked, CUSTOMERS)]


async def test_a_customer_is_forgotten_everywhere_and_figures_stay(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await tell(database, tmp_path / "spool", *of_others(), *of_a_customer("1772438400.7"))
    before, kept = await figures(database_url), await show(database, NUMBER)
    assert {place: bool(found) for place, found in kept["kept"].items()} == dict.fromkeys(
        ("contacts", "calls", "visits", "offers", "segments", "leg_quality", "voicemails", "registrations",
         "raw_events", "facts"), True,
    )  # fmt: skip
    assert NAME in json.dumps(kept, ensure_ascii=False)
    differ(database_url, "parties", "missing_here")
    erased = await erase(database, NUMBER, NOW)
    assert erased.recordings == [f"left-{DIGITS}"]
    assert erased.raw_events == 2
    everything = dump(database_url)
    assert DIGITS not in everything.replace(ANOTHER, "")
    assert NAME not in everything
    assert ANOTHER in everything, "another's number, which begins alike"
    assert await figures(database_url) == before
    written = await rows(
        database_url, "SELECT DISTINCT callback_number FROM visits WHERE callback_number <> ''"
    )
    assert (f"00{erased.pseudonym}",) in written
    assert list((await show(database, NUMBER))["kept"]) == ["erasures"]

    late = [*of_a_customer("1772438400.8"), *of_a_customer("1772438400.7")]
    for source in ("native", "import"):
        await tell(database, tmp_path / "spool", *late, source=source)
    differ(database_url, "parties", "transfers", "missing_here")
    kinds = await rows(database_url, "SELECT kind FROM mismatches ORDER BY kind")
    assert kinds == [("missing_here",), ("parties",), ("transfers",)], "the first two are of before"
    everything = dump(database_url)
    assert "1772438400.8" in everything
    assert DIGITS not in everything.replace(ANOTHER, ""), "a late fact does not bring it back"
    assert NAME not in everything
    await tell(database, tmp_path / "spool", *of_a_customer("1775000000.9"), at=NOW + timedelta(days=2))
    assert DIGITS in dump(database_url), "who calls again is known again"
    again = await erase(database, DIGITS, NOW + timedelta(days=3))
    assert again.pseudonym == erased.pseudonym, "as the same customer"


async def test_a_mask_leaves_the_ends_of_a_number_and_gives_way_to_its_erasure(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await tell(database, tmp_path, *of_a_customer("1772438400.7"))
    masked = await erase(database, NUMBER, NOW, mask=True)
    assert masked.pseudonym.startswith("4930•••34")
    told = await rows(database_url, "SELECT caller_number, caller_name FROM contacts")
    assert told == [(f"+{masked.pseudonym}", "")]
    erased = await erase(database, NUMBER, NOW)
    assert erased.pseudonym.startswith("erased-")
    everything = dump(database_url)
    assert "•" not in everything
    assert f"+{erased.pseudonym}" in everything


def texts_in(folder: Path) -> dict[Path, str]:
    return {path: path.read_text() for path in folder.rglob("*.jsonl")}


async def test_who_is_still_to_be_called_back_is_not_erased(database: Database, tmp_path: Path) -> None:
    *story, called_back = [fact for fact in of_a_customer("1772438400.7") if hasattr(fact, "visit")][:3]
    await tell(database, tmp_path, *story)
    with pytest.raises(StillCalledBackError, match=r"calls withdraw 1772438400\.7"):
        await erase(database, NUMBER, NOW)
    await tell(database, tmp_path, called_back)
    await erase(database, NUMBER, NOW)


async def test_after_a_time_everybody_is_masked_and_figures_stay(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await tell(database, tmp_path, *of_others(), *of_a_customer("1772438400.7"))
    before = await figures(database_url)
    retention = Retention(database, RetentionSettings(personal_days=5))
    assert (await retention.forget(NOW + timedelta(days=7))).masked > 30
    assert await figures(database_url) == before
    assert NAME not in dump(database_url)
    await tell(database, tmp_path, *of_a_customer("1774000000.9"), at=NOW + timedelta(days=6))
    assert not (await retention.forget(NOW + timedelta(days=7))).masked, "these are younger"
    known = "SELECT count(*) FROM {} WHERE caller_number ~ '[0-9]{{5}}' AND started_at < '2026-03-22'"
    for table in ("contacts", "calls"):
        assert await rows(database_url, known.format(table)) == [(0,)]
    young = dump(database_url)
    assert ANOTHER not in young
    assert "4930•••34" in young
    assert young.count(NAME) == 6, "of the younger: contact, call and raw event, each as row and as fact"
    await tell(database, tmp_path, *of_a_customer("1772438400.8"))
    assert dump(database_url).count(NAME) == 6, "what is told late is masked at once"
    assert not (await retention.forget(NOW + timedelta(days=7))).masked


async def test_what_waits_on_disk_is_forgotten_too(database: Database, tmp_path: Path) -> None:
    """Of one callfloor that was stopped while the database was away, and one that runs."""
    for name in ("stopped", "running"):
        away = Database("postgresql://nobody@127.0.0.1:1/none", database.settings, Clock())
        journal = Journal(away, tmp_path / name, Clock())
        await journal.start()
        journal.write_all(of_a_customer("1772438400.7"), "native")
        (tmp_path / name / "rejected.jsonl").write_text(f'{{"torn": "{DIGITS}"\n')
        if name == "stopped":
            await journal.stop(timeout_s=0.1)
    forgetting = Forgetting(DIGITS, "nobody", NUMBERS)
    left = forget_in(tmp_path, forgetting)
    texts, held = texts_in(tmp_path), tmp_path / "running/00000001.jsonl"
    assert left == sum(map(forgetting.is_in, texts[held].splitlines())) > 5
    assert [path for path, text in texts.items() if DIGITS in text] == [held]
    await journal.stop(timeout_s=0.1)
    await tell(database, tmp_path / "stopped")
    assert await rows(database.conninfo, "SELECT caller_number, caller_name FROM calls") == [("nobody", "")]


async def test_the_database_and_the_disk_know_a_number_by_the_same_rule(database: Database) -> None:
    piece = st.sampled_from(
        ["49", "30", "5551234", "00", "+", " ", "-", "/", "(", ")", ".", "x7", DIGITS, "•"]
    )
    text = st.lists(piece, max_size=8).map("".join)

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(text, text)
    def agree(number: str, to: str) -> None:
        body = {
            "caller_number": number,
            "caller_name": NAME,
            "to": to,
            "contact": to,
            "number": 7,
            "by": None,
        }
        (told,) = connection.execute(
            "SELECT body_without_number(%s::jsonb, %s, 'nobody')", [json.dumps(body), DIGITS]
        ).fetchone() or (None,)
        assert told == Forgetting(DIGITS, "nobody", NUMBERS).body(body)

    with psycopg.connect(database.conninfo) as connection:
        agree()
        keys = connection.execute("SELECT personal_keys()").fetchone()
        assert keys is not None
        assert set(keys[0]) == NUMBERS


def texts_of(kind: type[Fact]) -> Iterator[str]:
    """Yield the fields of a fact that hold a text of any kind."""
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        among = typing.get_args(hints[field.name]) or (hints[field.name],)
        if isinstance(hints[field.name], types.UnionType) or len(among) == 1:
            for one in among:
                one = getattr(one, "__supertype__", one)
                if isinstance(one, type) and issubclass(one, str):
                    yield field.name


def test_of_every_text_in_every_fact_it_is_known_whether_it_is_personal() -> None:
    kinds = [kind for kind in vars(facts).values() if isinstance(kind, type) and issubclass(kind, Fact)]
    told = {(name, kind.__name__) for kind in kinds for name in texts_of(kind)}
    assert len(told) > 100
    unknown = {each for each in told if each[0] not in NUMBERS | NAMES | OF_NOBODY}
    assert not unknown, "say in ami_listeners/personal_data.py, and in sql/keeping, what these hold"
    assert len(NUMBERS) + len(NAMES) + len(OF_NOBODY) == len(NUMBERS | NAMES | OF_NOBODY)


@pytest.mark.parametrize("given_", ["110", "", "anna", "00 49"])
def test_what_is_no_number_of_one_customer_is_refused(given_: str) -> None:
    with pytest.raises(NoNumberError, match="fewer than 5 digits"):
        digits_of(given_)


async def test_people_forget_a_customer_by_one_command(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await tell(database, tmp_path / "spool", *of_a_customer("1772438400.7"))
    line = CommandLine(tmp_path)
    where = ("--database", database_url)
    shown = await line.run("personal-data", "show", NUMBER, *where)
    assert json.loads(shown.text)["kept"]["contacts"][0]["caller_name"] == NAME
    national = await line.run("personal-data", "erase", "030 5551234", *where)
    assert f"kept still, and like it: +{DIGITS}" in national.text, "whoever is known by the whole number"
    said = await line.run("personal-data", "erase", NUMBER, "--spool", str(tmp_path / "spool"), *where)
    assert said.code == 0, said.text
    assert "kept still" not in said.text
    assert "is erased-" in said.text
    assert f"message left-{DIGITS}: kept; --recordings deletes it" in said.text
    assert DIGITS not in dump(database_url)
