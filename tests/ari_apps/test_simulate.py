"""`callfloor simulate` as people ask it: the answer, the same from one process or two, and plain refusals."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ari_apps.configuration.floor_toml import ConfigurationError
from callfloor import command_line
from queue_strategies.errors import CallfloorError
from tests.command_line import PATIENCE_S, CommandLine

T = TypeVar("T")

FLOOR = """
[rules]
soon = [{ after_s = 30, skills = { spanish = 0 } }]
[[queues]]
name = "sales"
wrap_up_s = 10
max_wait_s = 120
overflow = { timed_out = "queue:support" }
[[queues]]
name = "support"
strategy = "round-robin"
[[agents]]
id = "anna"
queues = ["sales", { queue = "support", penalty = 1 }]
skills = { spanish = 2 }
[[agents]]
id = "bob"
queues = ["sales"]
[[agents]]
id = "carla"
queues = ["support"]
"""
CALLS = """\
arrived,queue,outcome,wait_s,talk_s
2026-03-02T09:00:00,sales,answered,5,200
2026-03-02T09:01:00,sales,answered,0,300
2026-03-02T09:02:00,sales,abandoned,30,
2026-03-02T09:03:00,sales,answered,40,100
2026-03-02T09:04:00,support,answered,0,100
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line, in a folder with a floor and a file of calls."""
    asked = CommandLine(tmp_path)
    asked.configure(FLOOR)
    (tmp_path / "calls.csv").write_text(CALLS)
    (tmp_path / "folder.svg").mkdir()
    (tmp_path / "other.toml").write_text(FLOOR.replace("round-robin", "ring-all"))
    monkeypatch.chdir(tmp_path)
    return asked


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """Ask in this process, and read the JSON."""
    command_line().main(["simulate", *words, "--json", "--processes", "1"], standalone_mode=False)
    return json.loads(capsys.readouterr().out)


def of(told: Any, queue: str, figure: str) -> Any:
    return next(row for row in told["figures"] if (row["of"], row["figure"]) == (queue, figure))


def values(told: Any, queue: str, figure: str) -> list[float]:
    return [floor["value"] for floor in of(told, queue, figure)["floors"]]


ASK = "--calls sales=60/h --aht 9s"
RATES = (
    "--calls",
    "sales=40/h",
    "--calls",
    "support=10/h",
    "--aht",
    "180s",
    "--patience",
    "90s",
    "--hours",
    "2",
)


async def test_one_process_and_two_give_the_same_answer_and_draw_it(
    asked: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    question = (*RATES, "--days", "4", "--agents", "+2", "--queue", "sales", "--asks", "sales=spanish:20%")
    here = answer(capsys, *question, "--picture", "one.svg")
    said = await asked.run(
        "simulate", "-c", str(asked.config), *question, "--processes", "2", "--json",
        "--picture", str(asked.folder / "two.png"),
    )  # fmt: skip
    assert (asked.folder / "two.png").read_bytes().startswith(b"\x89PNG")
    assert "+2 agents in sales" in (asked.folder / "one.svg").read_text()
    progress, brace, told = said.text.partition("{")
    assert "Living day" in progress
    assert json.loads(brace + told) == here
    less, more = values(here, "sales", "abandoned")
    assert more < less
    (moved,) = of(here, "sales", "abandoned")["differences"]
    assert moved["high"] < 0


def test_floors_are_compared_side_by_side_in_a_table(
    asked: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (*RATES, "--days", "2", "--set", "queues.sales.rule=soon", "--instead", "other.toml")
    command_line().main(["simulate", *words, "--processes", "1"], standalone_mode=False)
    told = " ".join(capsys.readouterr().out.split())
    for part in (
        "40/h for sales",
        "as it is",
        "queues.sales.rule=soon",
        "other.toml",
        "service level",
        "occupancy",
    ):
        assert part in told
    assert "With other.toml the service level of sales would be" in told
    assert "So few days say little: more --days tell more surely." in told


def test_callers_are_passed_on_agents_are_slow_and_the_morning_is_busy(
    asked: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--calls", "sales=10/h,30/h", "--aht", "sales=constant:60s", "--hours", "4", "--days", "30")
    plain = answer(capsys, *words)
    assert values(plain, "sales", "calls a day") == [pytest.approx(80, abs=8)]
    assert values(plain, "sales", "AHT") == [pytest.approx(70)]
    assert values(plain, "support", "calls a day")[0] < 5
    slow = answer(
        capsys, *words, "--aht", "support=constant:20s", "--pace", "anna=2", "--pace", "bob=2",
        "--transfers", "sales=support:50%",
    )  # fmt: skip
    assert values(slow, "sales", "AHT") == [pytest.approx(130)]
    assert values(slow, "support", "calls a day") == [pytest.approx(40, abs=8)]
    assert 20 <= values(slow, "support", "AHT")[0] <= 40


def test_recorded_calls_are_lived_again_beside_what_they_were(
    asked: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    told = answer(capsys, "--records", "calls.csv", "--days", "3", "--agents", "+4", "--queue", "sales")
    level = of(told, "sales", "service level")
    assert level["recorded"] == 0.5  # two of the four were answered within 20 s
    assert [floor["value"] for floor in level["floors"]] == [0.5, 1.0]
    assert values(told, "sales", "calls a day") == [4, 4]
    less = answer(capsys, "--records", "calls.csv", "--days", "3", "--agents", "-1", "--queue", "sales")
    assert of(less, "sales", "ASA")["differences"][0]["value"] > 0
    like = answer(capsys, "--records", "calls.csv", "--anew", "--days", "40", "--patience", "sales=10s")
    assert of(like, "sales", "calls a day")["floors"][0]["value"] == pytest.approx(4, abs=1.5)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", "who calls? Give one of --calls 60/h, --records FILE.csv, --journal yesterday"),
        ("--calls 60/h", "--calls: which queue; there are sales, support"),
        ("--calls salse=60/h", "--calls: there is no queue 'salse', did you mean sales?"),
        ("--calls sales=60", "--calls: '60' is no rate of calls"),
        ("--calls sales=60/h", "--aht: how long do the callers of sales talk? Give --aht 180s"),
        (f"{ASK} --patience lognorm:1:2", "--patience: unknown distribution 'lognorm', did you mean"),
        (f"{ASK} --asks spansh:30%", "no agent has the skill 'spansh', did you mean spanish?"),
        (f"{ASK} --asks spanish", "'spanish' says not how many ask for it"),
        (f"{ASK} --transfers suport:10%", "--transfers: to: there is no queue 'suport', did you mean"),
        (f"{ASK} --transfers support", "'support' says not how many are passed on there, write support:10%"),
        (f"{ASK} --transfers sales=support:120%", "--transfers: '120%' is more than all, write 100% or less"),
        (f"{ASK} --transfers support=support:9%", "--transfers: support cannot pass callers on to itself"),
        (f"{ASK} --redial 150%", "--redial: '150%' is more than all, write 100% or less"),
        (f"{ASK} --asks spanish:2:101%", "--asks: '101%' is more than all"),
        (f"{ASK} --unreachable 100.1%", "--unreachable: '100.1%' is more than all"),
        (f"{ASK} --pace ana=1.3", "--pace: there is no agent 'ana', did you mean anna?"),
        (f"{ASK} --pace anna=0", "anna=0 is no pace, write anna=1.3 for one who takes 30 % longer"),
        (f"{ASK} --declined 50% --unreachable 50%", "leave some offers that are taken"),
        ("--calls sales=60/h,9 --aht 9s", "--calls: '9' is no rate of calls"),
        (f"{ASK} --agents 2", "--agents 2: says not how many more or fewer, write +2 or -1"),
        (f"{ASK} --agents +2", "--queue: which queue; there are sales, support"),
        (f"{ASK} --queue sales", "give --agents +1 as well"),
        (f"{ASK} --agents -3 --queue sales", "only 2 agents serve the queue sales"),
        (f"{ASK} --set queues.salse.weight=1", "has no 'queues.salse', did you mean sales?"),
        (f"{ASK} --set weight=1", "names no setting, write it as queues.sales.strategy"),
        (f"{ASK} --set queues.sales.wrap_up_s.x=1", "queues.sales.wrap_up_s has no settings"),
        (f"{ASK} --instead none.toml", "none.toml: there is no such file"),
        ("--calls sales=9999999/s --aht 9s", "a day has at most 5000000 calls here"),
        (f"{ASK} --picture x.gif", "ends in none of .svg, .png, .pdf"),
        (f"{ASK} --picture none/x.svg", "--picture none/x.svg: cannot be written, name a file in a folder"),
        (f"{ASK} --picture folder.svg", "--picture folder.svg: cannot be written, name a file"),
        ("--records none.csv", "none.csv: cannot be read (No such file or directory)"),
        ("--records .", ".: cannot be read (Is a directory)"),
        ("--records calls.csv --aht 9s", "leave --aht, --patience, --redial and --transfers out"),
        ("--journal 2026-13-01", "'2026-13-01' is no day, write 2026-11-20 or yesterday"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_answered_is_refused_in_a_sentence(
    asked: CommandLine, words: str, told: str
) -> None:
    with pytest.raises(CallfloorError) as refused:
        command_line().main(["simulate", *words.split()], standalone_mode=False)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_nobody_lives_a_day_for_a_picture_that_cannot_be_written(
    asked: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CallfloorError, match="cannot be written"):
        command_line().main(["simulate", *ASK.split(), "--picture", "none/x.svg"], standalone_mode=False)
    assert "Living day" not in capsys.readouterr().err


def test_the_figures_are_told_even_if_the_disk_is_full_when_they_are_drawn(
    asked: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    (asked.folder / "full.svg").symlink_to("/dev/full")
    with pytest.raises(CallfloorError, match=r"--picture full.svg: cannot be written \(No space left"):
        answer(capsys, *ASK.split(), "--days", "1", "--picture", "full.svg")
    assert json.loads(capsys.readouterr().out)["days"] == 1


def test_a_changed_setting_is_checked_like_the_file(asked: CommandLine) -> None:
    words = ["--calls", "sales=60/h", "--aht", "9s", "--set", "queues.sales.strategy=rond-robin"]
    with pytest.raises(ConfigurationError, match="unknown strategy 'rond-robin', did you mean round-robin"):
        command_line().main(["simulate", *words], standalone_mode=False)


async def test_the_processes_end_with_the_one_who_waits_for_them(asked: CommandLine) -> None:
    words = (*RATES, "--days", "100000", "--processes", "2")
    async with asked.running("simulate", "-c", str(asked.config), *words) as command:
        await until(lambda: "Living day 1" in command.text)
        workers = await until(lambda: at_work(command.process.pid, 2))
        command.process.kill()
        await until(lambda: [worker for worker in workers if worker.exists()] == [])
        await command.process.wait()


def at_work(pid: int, number: int) -> list[Path]:
    """Give the children that have got as far as living days, if there are so many."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    working = [path for child in children if seconds_of(path := Path(f"/proc/{child}")) > 1]
    return working if len(working) >= number else []


def seconds_of(process: Path) -> float:
    """Say how long it has kept a processor busy."""
    user = (process / "stat").read_text().rpartition(")")[2].split()[11]
    return int(user) / os.sysconf("SC_CLK_TCK")


async def until(look: Callable[[], T]) -> T:
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while not (seen := look()):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)
    return seen
