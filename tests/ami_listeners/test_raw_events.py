"""Events that somebody asked for are kept as they came, whether anybody counts by them or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ami_listeners.database import Database
from ami_listeners.fold import INTERESTS, Fold, interests
from ami_listeners.messages import ReadEvent
from ami_listeners.replay import read, replay
from ari_apps.commands.listen import configured
from ari_apps.configuration.floor_toml import ConfigurationError, load_data
from queue_strategies.facts import RawEvent, VisitEnded
from tests.ami_listeners.native_floor import Caller, NativeFloor
from tests.ami_listeners.scenes import RECORDINGS
from tests.ami_listeners.test_journal import rows
from tests.ami_listeners.test_listener import Ear, callfloor


async def test_events_asked_for_are_kept_as_they_came_and_change_no_figure(
    native_floor: NativeFloor, database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = callfloor(native_floor, raw=("VarSet", "MusicOnHoldStart"))
    async with Ear(settings, database, tmp_path) as ear:
        await native_floor.call("nobody", Caller(wait_s=0.5))
        await ear.quiet()
        (ended,) = ear.of(VisitEnded)
    channel = ended.visit.partition("/")[0]
    kept = await rows(database_url, "SELECT name, text FROM raw_events ORDER BY at")
    assert {name for name, _ in kept} == {"VarSet", "MusicOnHoldStart"}
    (music,) = [text for name, text in kept if name == "MusicOnHoldStart"]
    assert music.startswith("Event: MusicOnHoldStart\nPrivilege: call,all\n")
    assert f"\nUniqueid: {channel}\n" in music
    assert "\nCallerIDName: Zoë Łuk\n" in music
    assert [text for name, text in kept if name == "VarSet" and "\nVariable: QUEUESTATUS" not in text]


def test_a_star_keeps_what_nobody_folds_and_a_name_also_what_somebody_does() -> None:
    assert interests(()) == INTERESTS
    assert interests(["*"]) is None
    strange = ReadEvent("Cdr", 1.0, {"Event": "Cdr", "Source": "7"})
    assert not Fold().handle(strange)
    assert Fold(raw=["*"]).handle(strange) == [RawEvent(moment=1.0, name="Cdr", text="Event: Cdr\nSource: 7")]
    told = replay(read(RECORDINGS / "timed_out.jsonl"), Fold(raw=["*", "QueueCallerJoin"]))
    assert [fact.name for fact in told if isinstance(fact, RawEvent) and "Queue" in fact.name] == [
        "QueueCallerJoin"
    ]
    assert [fact for fact in told if not isinstance(fact, RawEvent)] == list(
        replay(read(RECORDINGS / "timed_out.jsonl"), Fold())
    )


def test_another_variable_that_says_what_app_queue_says_is_not_taken_for_its_word() -> None:
    stream = list(read(RECORDINGS / "abandoned_while_waiting.jsonl"))
    (joined,) = [each for each in stream if isinstance(each, ReadEvent) and each.name == "QueueCallerJoin"]
    lie = dict(joined.headers) | {"Event": "VarSet", "Variable": "NAME", "Value": "TIMEOUT"}
    place = stream.index(joined) + 1
    lied_to = [*stream[:place], ReadEvent("VarSet", joined.moment, lie), *stream[place:]]
    assert replay(lied_to, Fold(raw=["VarSet"]))[-1] == replay(stream, Fold())[-1]
    assert [each for each in replay(lied_to, Fold()) if isinstance(each, VisitEnded)] == [
        each for each in replay(stream, Fold()) if isinstance(each, VisitEnded)
    ]


def test_which_events_are_kept_is_said_in_the_file_or_on_the_command_line() -> None:
    asked = configured(
        ami="127.0.0.1:5038", user="callfloor", name="a", system="", tz="UTC", database="",
        http="127.0.0.1:8081", raw=["Cdr", "*"],
    )  # fmt: skip
    assert asked.ami_settings("x").raw == ("Cdr", "*")
    assert load_data({"listen": {"raw": ["Cdr"]}}, Path("floor.toml")).ami_settings("x").raw == ("Cdr",)
    with pytest.raises(ConfigurationError, match=r"listen\.raw\[0\]"):
        load_data({"listen": {"raw": ["Cdr\r\n"]}}, Path("floor.toml"))
