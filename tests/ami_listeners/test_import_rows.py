"""Whatever stands in a file of records: what can be read is, and of the rest it is said where and why."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from click import Command
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from ami_listeners.fold.directions import Directions
from ami_listeners.imports.cdr import cdr_calls
from ami_listeners.imports.errors import HistoryError, Unreadable
from ami_listeners.imports.history import Place, Summary, facts_of
from ami_listeners.imports.problems import Problems
from ami_listeners.imports.readers import QueueLogReader
from ami_listeners.imports.recorded_call import RecordedCall
from ami_listeners.imports.source import Source
from ami_listeners.imports.wall_time import WallTime
from ami_listeners.reconciling.sources import first_after
from callfloor import command_line
from queue_strategies.facts import AgentStateChanged, Answered, Fact, Handled, QueueJoined, VisitEnded
from queue_strategies.figures import Figures
from queue_strategies.model import AgentId, ContactId, OfferId, QueueName, VisitId, VisitOutcome

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
TIMES = WallTime(ZoneInfo("Europe/Berlin"), datetime(2026, 12, 1, tzinfo=UTC).timestamp)
GOOD = f"""\
{NOON:.0f}|{NOON:.0f}.1|sales|NONE|ENTERQUEUE||4930555|1
{NOON + 4:.0f}|{NOON:.0f}.1|sales|PJSIP/anna|CONNECT|4|{NOON + 3:.0f}.2|1
{NOON + 64:.0f}|{NOON:.0f}.1|sales|PJSIP/anna|COMPLETECALLER|4|60|1
"""


def read(path: Path, rejected: list[str] | None = None) -> tuple[list[Fact], Summary, list[str]]:
    told = list[str]()
    kept = list[str]() if rejected is None else rejected
    summary = Summary(Problems(tell=told.append, keep=kept.append))
    facts = list(facts_of([path], QueueLogReader(Place(times=TIMES)), summary, "utf-8"))
    return [fact for fact in facts if type(fact) is not AgentStateChanged], summary, told


def test_rows_that_cannot_be_read_are_told_by_line_and_kept(tmp_path: Path) -> None:
    file, rejected = tmp_path / "queue_log", list[str]()
    at = f"{NOON + 70:.0f}|{NOON:.0f}"
    bad = [f"{at}.3|sal", f"soon|{NOON:.0f}.3|sales|NONE|ENTERQUEUE||1|1", f"{at}.4|sales|NONE|ABANDON|1|1|",
           f"99{at}.5|sales|NONE|ENTERQUEUE||1|1"]  # fmt: skip
    unknown = f"{at}.5|sales|NONE|OURS|1"
    file.write_bytes(
        "\n".join([bad[0], *GOOD.splitlines(), unknown, *bad[1:], "\0"]).encode()
        + b"\xff\n\n" + b"x" * 3_000_000 + b"\r\n" + GOOD.replace(".1|", ".9|").encode() + b"179"
    )  # fmt: skip
    facts, summary, told = read(file, rejected)
    assert [type(fact).__name__ for fact in facts] == [
        "ContactStarted", "QueueJoined", "OfferMade", "OfferEnded", "Answered", "Handled"
    ] * 2  # fmt: skip
    assert [(sentence.partition(":")[0], sentence.count(": ")) for sentence in told] == [
        (f"queue_log, line {number}", 2) for number in (1, 6, 7, 8, 9, 9, 11, 15)
    ]  # fmt: skip
    assert "write it as" in told[1]
    assert rejected[:4] == bad
    assert summary.passed_over == {"OURS": 1}
    assert summary.problems.total == 7


def test_a_packed_file_that_is_cut_off_gives_what_there_is(tmp_path: Path) -> None:
    file = tmp_path / "queue_log.1.gz"
    file.write_bytes(gzip.compress(GOOD.encode() * 2000)[:-20])
    facts, _, told = read(file)
    assert len(facts) > 4
    assert len(told) == 1
    assert "the file is damaged from here on" in told[0]


OF_MEMBERS = (
    "ADDMEMBER||", "REMOVEMEMBER||", "PAUSE|lunch|", "UNPAUSE||", "PAUSEALL|meeting|", "UNPAUSEALL||",
    "RINGNOANSWER|1000|", "RINGNOANSWER|2500|", "CONNECT|1|", "COMPLETECALLER|1|",
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(("anna", "bob")), st.sampled_from(OF_MEMBERS))))
def test_whatever_members_do_within_a_second_their_states_follow_each_other(
    tmp_path_factory: pytest.TempPathFactory, done: list[tuple[int, str, str]]
) -> None:
    """Each state begins where the one before ended, and no two changes of an agent are of one microsecond."""
    at, lines = NOON, [GOOD.splitlines()[0]]
    for later, agent, event in done:
        at += later
        lines.append(f"{at:.0f}|{NOON:.0f}.1|sales|PJSIP/{agent}|{event}")
    file = tmp_path_factory.mktemp("members") / "queue_log"
    file.write_text("\n".join([*lines, ""]))
    summary = Summary(Problems(tell=pytest.fail, keep=pytest.fail))
    before: dict[AgentId, AgentStateChanged] = {}
    for fact in facts_of([file], QueueLogReader(Place(times=TIMES)), summary, "utf-8"):
        if isinstance(fact, AgentStateChanged):
            if last := before.get(fact.agent):
                assert f"{fact.moment:.6f}" > f"{last.moment:.6f}"
                assert fact.was is last.state
                assert fact.moment - fact.lasted_s == pytest.approx(last.moment, abs=1e-6)
            before[fact.agent] = fact


def test_no_file_and_no_records_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "cdr").write_text("a,b\n1,2\n")
    for name, code in (("nowhere", 1), ("", 1), ("cdr", 1)):
        said = import_files("queue-log", str(tmp_path / name))
        assert said.exit_code == code
        assert "Traceback" not in said.output


def test_only_records_of_other_systems_take_a_mapping(tmp_path: Path) -> None:
    for words in (["records"], ["cdr", "--mapping", "map.toml"]):
        said = import_files(*words, str(tmp_path / "any"))
        assert isinstance(said.exception, HistoryError)
        assert "--mapping" in str(said.exception)


def import_files(*words: str) -> Result:
    return CliRunner().invoke(cast(Command, command_line()), ["import", *words, "--dry-run"])


def test_a_dry_run_says_what_there_is_and_needs_no_database(tmp_path: Path) -> None:
    file = tmp_path / "queue_log"
    file.write_text(GOOD)
    said = import_files("queue-log", str(file))
    assert said.exit_code == 0, said.output
    assert "3 rows read, 2026-11-20 12:00:00 to 2026-11-20 12:01:04 UTC" in said.output


# -- clocks -------------------------------------------------------------------------------------------------


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_the_hour_that_comes_twice_is_the_first_unless_the_call_had_not_begun() -> None:
    """On 25 October 2026 the clocks of Berlin go from 3:00 back to 2:00, at 1:00 UTC."""
    first, second = at("2026-10-25T00:30:00+00:00"), at("2026-10-25T01:30:00+00:00")
    assert TIMES.read("2026-10-25 02:30:00") == first
    assert TIMES.read("2026-10-25 02:30:00", f"{first - 60:.0f}.7") == first
    assert TIMES.read("2026-10-25 02:30:00", f"{second - 60:.0f}.7") == second
    assert TIMES.read("2026-10-25 02:30:00+0100") == second
    assert TIMES.read(f"{second:.6f}") == second
    assert TIMES.read("2026-03-29 02:30:00") == at("2026-03-29T01:30:00+00:00"), "an hour that never was"
    with pytest.raises(Unreadable, match="to come"):
        TIMES.read("2027-01-01 00:00:00")


def test_of_a_large_file_only_what_is_late_enough_is_read(tmp_path: Path) -> None:
    """Ten days of events, of which the last hour is asked for, and a day before it for long calls."""
    file = tmp_path / "cel.csv"
    began, days = 1_700_000_000, 10
    line = '"CHAN_START","{at}.5",,,,,,"s","c","PJSIP/a-{at:08x}",,,"3",,"{at}.1","{at}.1",,,,\n'
    times = range(began, began + days * 86_400, 20)
    file.write_text("".join(line.format(at=at) for at in times))
    size = file.stat().st_size
    with file.open("rb") as opened:
        offset = first_after(opened, times[-1] - 3600)
        opened.seek(offset)
        first = opened.readline().decode()
    assert 0.85 < offset / size < 0.9 - 0.004
    assert first.startswith('"CHAN_START"')
    with file.open("rb") as opened:
        assert first_after(opened, began) == 0


@pytest.mark.parametrize(
    ("channel", "number", "parties", "called", "way"),
    [
        ("PJSIP/carrier-00000001", "+4930555", ["anna"], "100", "inbound"),
        ("PJSIP/anna-00000001", "anna", ["bob"], "102", "internal"),
        ("PJSIP/anna-00000001", "101", ["carrier"], "0049301234567", "outbound"),
        ("PJSIP/anna-00000001", "101", [], "0049301234567", "outbound"),
        ("PJSIP/anna-00000001", "101", [], "*97", "internal"),
    ],
)
def test_a_recorded_call_goes_the_way_it_would_have_been_heard_to_go(
    channel: str, number: str, parties: list[str], called: str, way: str
) -> None:
    call = RecordedCall(
        call="1.1", began=NOON, ended=NOON + 60, answered=True, channel_name=channel, caller_number=number,
        called_number=called, parties=frozenset(parties),
    )  # fmt: skip
    assert call.direction(Directions(lambda _: False, lambda _: False)) == way


@pytest.mark.parametrize(
    ("disposition", "billsec", "answered", "is_sure"),
    [("ANSWERED", 0, True, True), ("NO ANSWER", 7, True, True), ("NO ANSWER", 0, False, False)],
)
def test_a_table_without_the_time_of_the_answer_may_leave_it_open(
    disposition: str, billsec: int, answered: bool, is_sure: bool, tmp_path: Path
) -> None:
    """A caller whom a queue answered, and for whom no member picked up, is NO ANSWER there."""
    file = tmp_path / "cdr.csv"
    file.write_text(
        "calldate,src,dst,channel,dstchannel,duration,billsec,disposition,uniqueid\n"
        f"2026-11-20 12:00:00,1,2,PJSIP/a-00000001,PJSIP/b-00000002,9,{billsec},{disposition},{NOON:.0f}.1\n"
    )
    (call,) = cdr_calls(Source(file, Problems()), TIMES)
    assert (call.answered, call.answered_is_sure) == (answered, is_sure)


# -- any day ------------------------------------------------------------------------------------------------

QUEUES = ("sales", "support")
LEFT = {
    VisitOutcome.ABANDONED: "ABANDON|{position}|1|{wait}",
    VisitOutcome.TIMED_OUT: "EXITWITHTIMEOUT|{position}|1|{wait}",
    VisitOutcome.LEFT_EMPTY: "EXITEMPTY|{position}|1|{wait}",
    VisitOutcome.EXITED_BY_KEY: "EXITWITHKEY|5|{position}|1|{wait}",
    VisitOutcome.WITHDRAWN: "WITHDRAW|{position}|1|{wait}|",
}
stays = st.fixed_dictionaries(
    {
        "queue": st.sampled_from(QUEUES),
        "after": st.integers(0, 300),
        "wait": st.integers(0, 90),
        "outcome": st.sampled_from([VisitOutcome.ANSWERED, *LEFT]),
        "talk": st.integers(0, 500),
        "agent": st.sampled_from(["anna", "bob"]),
    }
)
calls = st.lists(st.tuples(st.integers(0, 3600), st.lists(stays, min_size=1, max_size=3)), max_size=12)


class Written:
    """What happened on a day: as facts, and as queue_log has it."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.lines: list[tuple[float, str]] = []

    def call(self, number: int, began: float, stays: Iterable[dict[str, object]]) -> None:
        name, now = f"{began:.0f}.{number}", began
        for turn, stay in enumerate(stays, start=1):
            now = self.stay(name, turn, now, **stay)  # type: ignore[arg-type]

    def stay(
        self, name: str, turn: int, now: float, *, queue: str, after: int, wait: int, outcome: VisitOutcome,
        talk: int, agent: str,
    ) -> float:  # fmt: skip
        ids = {"contact": ContactId(name), "visit": VisitId(f"{name}/{turn}"), "queue": QueueName(queue)}
        joined, decided = now + after, now + after + wait
        self.facts.append(QueueJoined(moment=joined, priority=0, position=1, **ids))  # type: ignore[arg-type]
        self.line(joined, name, queue, "NONE", "ENTERQUEUE||4930|1")
        if outcome is not VisitOutcome.ANSWERED:
            self.line(decided, name, queue, "NONE", LEFT[outcome].format(position=1, wait=wait))
            self.facts.append(
                VisitEnded(
                    moment=decided, outcome=outcome, wait_s=wait, within_service_level=wait <= 20, position=1,
                    short=outcome is VisitOutcome.ABANDONED and wait <= 5, **ids,  # type: ignore[arg-type]
                )
            )  # fmt: skip
            return decided
        ids["agent"] = AgentId(agent)
        offer = OfferId(f"{decided:.0f}.99")
        self.line(decided, name, queue, f"PJSIP/{agent}", f"CONNECT|{wait}|{offer}|0")
        self.line(decided + talk, name, queue, f"PJSIP/{agent}", f"COMPLETEAGENT|{wait}|{talk}|1")
        self.facts += [
            Answered(moment=decided, offer=offer, wait_s=wait, within_service_level=wait <= 20, **ids),  # type: ignore[arg-type]
            Handled(moment=decided + talk, talk_s=talk, hold_s=0.0, ended_by="agent", **ids),  # type: ignore[arg-type]
        ]
        return decided + talk

    def line(self, at: float, *parts: str) -> None:
        self.lines.append((at, "|".join((f"{at:.0f}", *parts))))


@given(calls)
def test_any_day_gives_the_same_figures_by_way_of_queue_log(
    tmp_path_factory: pytest.TempPathFactory, day: Sequence[tuple[int, list[dict[str, object]]]]
) -> None:
    written = Written()
    for number, (began, stays_of) in enumerate(day):
        written.call(number, NOON + began, stays_of)
    file = tmp_path_factory.mktemp("day") / "queue_log"
    ordered = [line for _, line in sorted(written.lines, key=lambda each: each[0])]
    file.write_text("".join(f"{line}\n" for line in ordered))
    facts, _, told = read(file)
    assert told == []
    assert figures(facts) == figures(written.facts)
    assert joined(facts) == joined(written.facts)


def joined(facts: Iterable[Fact]) -> list[tuple[str, str]]:
    """Name the visits, as they are named when they are heard."""
    return sorted((fact.visit, fact.queue) for fact in facts if isinstance(fact, QueueJoined))


def figures(facts: Iterable[Fact]) -> dict[str, object]:
    """Count what was told of visits; offers that are only written down when they failed are left out."""
    counted = Figures()
    for fact in sorted(facts, key=lambda fact: fact.moment):
        if isinstance(fact, QueueJoined | Answered | VisitEnded | Handled):
            counted.add(replace(fact))
    return {name: counted.queue(QueueName(name)) for name in QUEUES}
