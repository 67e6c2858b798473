"""`callfloor staff`, as people type it and read it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from callfloor import main
from queue_strategies.staffing import StaffingError
from queue_strategies.staffing.notation import read_duration, read_rate, read_service_level, read_share
from tests.command_line import CommandLine

Ask = Callable[[str], str]

DAY = """interval,calls,aht
09:00_on_any_Monday_that_is_no_holiday_in_any_of_our_countries,210,180s
09:30,400/h,3min
10:00,0,
"""


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Type a question, and read the answer or, when it ends with 2, the error."""

    def typed(words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["callfloor", "staff", *words.split()])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        assert end.value.code == (2 if said.err else 0), said
        return said.err or said.out

    return typed


def data(text: str) -> Any:
    return json.loads(text)


async def test_who_asks_how_many_agents_gets_the_number_and_those_around_it(tmp_path: Path) -> None:
    question = ("staff", "--calls", "1000/h", "--aht", "180s", "--sl", "80/20")
    said = await CommandLine(tmp_path).run(*question)
    assert said.code == 0
    assert "56 agents are enough for 80 % within 20 s" in said.text
    rows = re.findall(r"^ *(→)? *(\d+) +([\d.]+) %", said.text, re.MULTILINE)
    assert [agents for _, agents, _ in rows] == ["53", "54", "55", "56", "57", "58", "59"]
    assert [level for mark, _, level in rows if mark] == ["84.1"]
    assert max(map(len, said.text.splitlines())) <= 80


def test_programs_get_the_published_figures_as_json(ask: Ask) -> None:
    told = data(ask("--calls 4/min --aht 3min --agents 14 --json"))
    assert told["model"] == "Erlang C"
    assert told["figures"]["asa_s"] / 60 == pytest.approx(0.72, abs=0.005)
    assert told["figures"]["service_level"] == pytest.approx(0.6142, abs=1e-4)
    assert told["figures"]["service_level_formula"] == "answered_within/offered"
    assert told["figures"]["occupancy"] == pytest.approx(0.8571, abs=1e-4)
    assert [one["agents"] for one in told["around"] if one.get("overloaded")] == [11, 12]


def test_patience_lines_redials_and_shrinkage_change_the_answer(ask: Ask) -> None:
    asked = "--calls 1000/h --aht 180s --json"
    impatient = data(ask(f"{asked} --patience 2min"))
    assert (impatient["model"], impatient["agents"]) == ("Erlang A", 50)
    told = data(
        ask(f"{asked} --patience 2min --lines 70 --redial 40% --abandonment 3% --asa 10s --shrinkage 0.3")
    )
    assert (told["model"], told["agents"], told["scheduled"]) == ("Erlang X", 55, 79)
    assert told["goals"]["service_level"] is None
    assert told["figures"]["calls_per_s"] > 1000 / 3600
    no_room = data(ask(f"{asked} --lines 50 --agents 50"))
    assert (no_room["model"], no_room["figures"]["waiting"]) == ("Erlang B", 0)


def test_who_asks_what_too_few_agents_do_is_told_that_they_are_not_enough(ask: Ask) -> None:
    said = ask("--calls 1000/h --aht 180s --agents 51 --sl 80/20")
    assert "51 agents are not enough for 80 % within 20 s" in said
    assert re.search(r"50 +∞ +∞", said)
    assert "∞: the queue grows without end" in said


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_day_gets_agents_for_every_interval_and_a_line_for_the_whole(
    ask: Ask, tmp_path: Path, separator: str
) -> None:
    day = tmp_path / "day.csv"
    day.write_text(DAY.replace(",", separator))
    said = ask(f"--intervals {day} --shrinkage 30% --patience 2min")
    assert "…" not in said
    rows = [line.split()[:4] for line in said.splitlines()[1:5]]
    assert rows == [
        ["09:00_on_any_Monday_that_is_no_holiday_in_any_of_our_countries", "210", "23", "33"],
        ["09:30", "200", "22", "32"],
        ["10:00", "0", "0", "0"],
        ["all", "410", "22.5", "h"],
    ]
    told = data(ask(f"--intervals {day} --json"))
    assert [one["agents"] for one in told["intervals"]] == [25, 24, 0]
    assert told["intervals"][2]["figures"] is None
    assert told["total"]["agent_hours"] == 24.5


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--calls 1000 --aht 180s", "--calls: '1000' is no rate of calls, write it as 1000/h"),
        ("--calls 9/0h --aht 180s", "--calls: '9/0h' counts the calls of no time at all"),
        ("--calls 1000/h --aht 3x", "--aht: '3x' is no duration, write it as 180s, 3min or 0.5h"),
        ("--calls 1000/h --aht 0s", "aht: 0 cannot be, it must be longer than 0 s"),
        ("--calls 1000/h", "--aht: there is none, give --aht 180s"),
        ("--aht 180s", "--calls: there are none, give --calls 1000/h"),
        ("--calls 1000/h --aht 180s --agents 14.5", "--agents: '14.5' is no whole number, write it as 14"),
        ("--calls 1000/h --aht 180s --agents 10", "agents: 10 cannot serve 50 erlang while nobody hangs up"),
        ("--calls 1000/h --aht 180s --sl 0.8/20", "--sl: '0.8/20' begins with a share, write it in percent"),
        (
            "--calls 1000/h --aht 180s --sl 100/20",
            "service level: 100 % cannot be promised, give more than 0 % and less than 100 %",
        ),
        ("--calls 1000/h --aht 180s --abandonment 3%", "abandonment: nobody hangs up without a patience"),
        ("--calls 1000/h --aht 180s --shrinkage 30", "--shrinkage: '30' is more than all, write it as 30%"),
        ("--calls 1000/h --aht 180s --shrinkage 130%", "--shrinkage: '130%' is more than all, write 100%"),
        ("--calls 1000/h --aht 180s --abandonment 300", "--abandonment: '300' is more than all, write 100%"),
        ("--calls 1000/h --aht 180s --every 15min", "--every: there are no intervals, give --intervals FILE"),
        (
            "--calls 100000/h --aht 1h",
            "load: 100000 erlang are too many for 100000 agents while nobody hangs up, give fewer calls",
        ),
        (
            "--calls 190000/h --aht 30min --patience 27777h --abandonment 3%",
            "patience: within 9.99972e+07 s more than 20000000 callers would come",
        ),
        ("--calls 1000/h --aht 180s --redial 30%", "redial: nobody is lost who could call again"),
        ("--calls 1000/h --aht 180s --lines 9 --agents 10", "lines: 9 cannot keep 10 agents busy"),
        (
            "--calls 1000/h --aht 180s --lines 40",
            "goals: no number of agents up to 40 keeps",
        ),
        ("--calls 1000/h --aht 180s --formula x", "unknown service level formula 'x', did you mean"),
        ("--calls 999999999999/s --aht 180s", "load: 1.8e+14 cannot be, 100000 erlang is the most"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_in_one_sentence(ask: Ask, words: str, told: str) -> None:
    said = ask(words)
    assert said.startswith(f"error: {told}")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("interval,cals\n9,1\n", "day.csv: unknown column 'cals', did you mean 'calls'?"),
        ("interval,aht\n9,1\n", "day.csv: has no column 'calls'"),
        ("interval,calls\n", "day.csv: has no intervals"),
        ("interval,calls\n9,many\n", "day.csv: line 2: calls: 'many' is no number"),
        ("interval,calls,aht\n9,1,\n", "day.csv: line 2: aht: there is none, add the column 'aht'"),
        ("calls,aht,agents\n9,180s,2.5\n", "day.csv: line 2: agents: '2.5' is no whole number"),
        ("interval,calls,aht\n9,1,2,3\n", "day.csv: line 2: has more fields than the header, which has 3"),
        ("interval,calls,aht,agents\n9:30,99,180s,3\n", "9:30: agents: 3 cannot serve 9.9 erlang"),
        ('interval,calls,aht\n"9,1,2\n', "day.csv: is not CSV: unexpected end of data"),
        ("\0", "day.csv: "),
    ],
)
def test_a_day_that_makes_no_sense_is_told_with_its_line(
    ask: Ask, tmp_path: Path, text: str, told: str
) -> None:
    day = tmp_path / "day.csv"
    day.write_text(text)
    said = ask(f"--intervals {day}")
    assert said.startswith(f"error: {told}")
    assert len(said.splitlines()) == 1
    assert "1000/h" not in said


def test_a_day_that_cannot_be_read_or_says_too_much_is_told(ask: Ask, tmp_path: Path) -> None:
    assert "nowhere.csv: cannot be read" in ask(f"--intervals {tmp_path / 'nowhere.csv'}")
    (tmp_path / "latin.csv").write_bytes(b"interval,calls\nf\xfcnf,5\n")
    assert "name a CSV file in UTF-8" in ask(f"--intervals {tmp_path / 'latin.csv'}")
    assert "--calls: " in ask(f"--intervals {tmp_path / 'latin.csv'} --calls 5/h")
    assert "--every: an interval of 0 s" in ask(f"--intervals {tmp_path / 'latin.csv'} --every 0s")


def test_durations_rates_and_shares_are_read_as_people_write_them() -> None:
    assert [read_duration(text) for text in ("180s", "3min", "0.5h", "1h30min", "20", " 2 m ")] == [
        *(180.0, 180.0, 1800.0, 5400.0, 20.0, 120.0)
    ]
    assert [read_rate(text) for text in ("3600/h", "4/min", "200/30min", "1.5 / s")] == [
        1.0,
        4 / 60,
        1 / 9,
        1.5,
    ]
    assert [read_share(text) for text in ("5%", "0.05", "12.5 %", "1")] == [0.05, 0.05, 0.125, 1.0]
    assert [read_service_level(text) for text in ("80/20", "90%/0.5min")] == [(0.8, 20.0), (0.9, 30.0)]


@pytest.mark.parametrize("text", ["", "-1s", "1e9s", "s", "1 2s", "٣s", "1m20", "inf", "nan"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(StaffingError, match="is no duration"):
        read_duration(text)
