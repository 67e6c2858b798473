"""The clients in the table hear the same stream, and ours makes of it the facts of its calls."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.bench.ami_clients import CLIENTS, callfloor, lean
from tests.bench.ami_player import playing
from tests.bench.ami_speed import BASE, END, RIVAL, measure, table
from tests.bench.ami_stream import Recording

CALL = re.compile(rb"Linkedid: (\S+)\r\n")


@pytest.fixture(scope="module")
def recording() -> Recording:
    return Recording.read()


@pytest.fixture(scope="module")
def port(recording: Recording) -> Iterator[int]:
    with playing(recording.greeting, b"".join(recording.repeated(len(recording.blocks))) + END) as port:
        yield port


@pytest.mark.parametrize("name", ["panoramisk", "pyami_asterisk", "basicami", "pystrix"])
def test_every_client_hears_every_event(name: str, port: int, recording: Recording) -> None:
    heard = lean(port)
    assert heard.total() - heard[""] == len(recording.blocks) + 1
    del heard[""]  # the answer to the login
    assert CLIENTS[name](port) == heard


def test_each_of_the_recorded_calls_becomes_its_facts(port: int) -> None:
    told = callfloor(port)
    assert (told["CallStarted"], told["CallEnded"]) == (40, 40)
    assert (told["QueueJoined"], told["Answered"], told["VisitEnded"]) == (34, 30, 4)
    assert (told["Handled"], told["Transferred"]) == (30, 1)
    assert told["LegQuality"] == 138


def test_a_repeated_stream_tells_of_other_calls(recording: Recording) -> None:
    once, again = (set(CALL.findall(turn)) for turn in recording.repeated(2 * len(recording.blocks)))
    assert len(once) == len(again) == 40
    assert once.isdisjoint(again)


def test_the_table_has_a_line_for_each_client() -> None:
    costs = measure(events=400, rounds=2, clients={name: CLIENTS[name] for name in (BASE, RIVAL)})
    assert [line.split("|")[1].strip() for line in table(costs)[2:]] == [BASE, RIVAL]
    assert all(cost > 0 for rounds in costs.values() for cost in rounds)
    assert [len(rounds) for rounds in costs.values()] == [2, 2]
