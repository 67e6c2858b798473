"""The demo: people are drawn from a seed, the picture fits the terminal, and what was started ends."""

from __future__ import annotations

import io
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from ami_listeners.health import Check
from ari_apps.configuration.floor_toml import load
from ari_apps.demo import behaviour
from ari_apps.demo.cast import AGENTS
from ari_apps.demo.logs import Logs, look
from ari_apps.demo.show import print_event
from ari_apps.demo.staging import DemoError, Stage, prepare_folder, usual_port, write_floor
from ari_apps.demo.telling import Storyteller, Told
from ari_apps.demo.view import Directions, Scene, draw
from ari_apps.local_asterisk.free_ports import free_port
from ari_apps.local_asterisk.installation import AsteriskInstallation
from ari_apps.outside_world import OutsideAddresses
from ari_apps.running import spool_folder
from queue_strategies.events import CallerJoined, FloorConfigured
from queue_strategies.facts import Answered, ContactStarted, Handled, VisitEnded
from queue_strategies.figures import Figures
from queue_strategies.floor import Floor
from queue_strategies.model import (
    Agent,
    AgentId,
    Caller,
    ContactId,
    EmptyRule,
    Membership,
    OfferId,
    Queue,
    QueueName,
    VisitId,
    VisitOutcome,
)

HOUSE = Path(__file__).parent.parent.parent

# -- people -------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers())
def test_the_same_seed_draws_the_same_people(seed: int) -> None:
    first, second = (behaviour.plan_caller(7, Random(seed)) for _ in range(2))
    assert first == second
    assert behaviour.plan_talk(Random(seed)) == behaviour.plan_talk(Random(seed))
    assert re.fullmatch(r"\+\d{12}", first.number)
    assert first.patience_s >= behaviour.PATIENCE_MIN_S


def test_a_name_comes_again_only_when_all_have_called() -> None:
    names = len(behaviour.FIRST_NAMES) * len(behaviour.LAST_NAMES)
    assert len({behaviour.caller_name(turn) for turn in range(names)}) == names == 576


def test_callers_come_in_waves_and_on_average_as_often_as_said() -> None:
    rng, at_s, arrivals = Random(1), 0.0, []
    while at_s < 100 * behaviour.WAVE_S:
        at_s = behaviour.next_arrival_s(at_s, rng)
        arrivals.append(at_s)
    assert all(before < after for before, after in pairwise(arrivals))
    assert at_s / len(arrivals) == pytest.approx(behaviour.MEAN_GAP_S, rel=0.05)
    rush = sum(at % behaviour.WAVE_S < behaviour.WAVE_S / 2 for at in arrivals)
    assert rush / len(arrivals) > 0.6


def test_most_agents_answer_and_some_do_not() -> None:
    rng = Random(1)
    reactions = [behaviour.plan_offer(rng).reaction for _ in range(1000)]
    assert set(reactions) == set(behaviour.Reaction)
    assert reactions.count(behaviour.Reaction.ANSWERS) > 850


# -- the picture --------------------------------------------------------------------------------------------

SALES = Queue(name=QueueName("sales"), join_when_empty=EmptyRule.NEVER, leave_when_empty=EmptyRule.NEVER)


def scene(events: int = 50) -> Scene:
    floor = Floor(iter(map(str, range(10**6))).__next__, chance=Random(7).random)
    agents = [Agent(id=AgentId(one.id), name=one.name, queues={SALES.name: Membership()}) for one in AGENTS]
    floor.handle(FloorConfigured((SALES,), tuple(agents)), 0.0)
    for number in range(30):
        caller = Caller(
            contact=ContactId(f"c{number}"), visit=VisitId(f"v{number}"), queue=SALES.name, joined_moment=1.0
        )
        floor.handle(CallerJoined(caller), 1.0)
    return Scene(
        elapsed_s=3725.0,
        left_s=60.0,
        snapshot=floor.snapshot(66.0),
        figures=Figures(),
        queues=[SALES],
        callers={},
        checks=[Check("database", True), Check("ari", False, "nobody answers at 127.0.0.1:8088")],
        events=[
            Told(60.0, "other", f"event {number} with a name such as Wanjiru Nguyễn " * 3)
            for number in range(events)
        ],
        directions=Directions(
            [("figures", "http://127.0.0.1:8080/metrics"), ("softphone", "x" * 200)], [("logs", "/tmp")]
        ),
        errors=2,
    )


def drawn(width: int, height: int, events: int = 50) -> list[str]:
    console = Console(width=width, height=height, record=True, file=io.StringIO())
    console.print(draw(scene(events), width, height))
    return console.export_text().removesuffix("\n").split("\n")


@settings(deadline=None, max_examples=30)
@given(st.integers(80, 200), st.integers(24, 80), st.integers(0, 60))
def test_the_picture_fills_every_terminal_and_fits_it(width: int, height: int, events: int) -> None:
    lines = drawn(width, height, events)
    assert len(lines) == height
    assert all(len(line) <= width for line in lines)


def test_the_picture_shows_what_matters() -> None:
    text = "\n".join(drawn(80, 24))
    for shown in ("30 waiting", "1:05", "Anna Abel", "logged out", "nobody answers", "metrics", "event 49"):
        assert shown in text


def test_a_tiny_terminal_does_no_harm() -> None:
    assert drawn(20, 5)


# -- what is told -------------------------------------------------------------------------------------------


def test_facts_are_told_with_names() -> None:
    teller = Storyteller({AgentId("anna"): "Anna Abel"})
    contact, visit, sales, anna = ContactId("c"), VisitId("v"), QueueName("sales"), AgentId("anna")
    arrived = ContactStarted(
        moment=1.0,
        contact=contact,
        channel="x",
        caller_number="+491",
        caller_name="Zoë Ünal",
        called_number="100",
    )
    answered = Answered(
        moment=2.0,
        contact=contact,
        visit=visit,
        queue=sales,
        agent=anna,
        offer=OfferId("o"),
        wait_s=7.4,
        within_service_level=True,
    )
    code = replace(arrived, contact=ContactId("d"), called_number="*11", direction="internal")
    handled = Handled(
        moment=9.0,
        contact=contact,
        visit=visit,
        queue=sales,
        agent=anna,
        talk_s=7.0,
        hold_s=0,
        ended_by="caller",
    )
    left = VisitEnded(
        moment=3.0,
        contact=contact,
        visit=visit,
        queue=sales,
        outcome=VisitOutcome.ABANDONED,
        wait_s=30,
        short=False,
        within_service_level=False,
        position=1,
    )
    told = [teller.tell(fact) for fact in (arrived, code, answered, handled, left)]
    assert [one.text for one in told if one] == [
        "Zoë Ünal calls 100",
        "Anna Abel answers Zoë Ünal after 7 s",
        "Anna Abel and Zoë Ünal have talked for 7 s",
        "Zoë Ünal gave up after 30 s",
    ]


def test_a_caller_whose_name_looks_like_markup_is_told_like_any_other() -> None:
    written = io.StringIO()
    print_event(Console(file=written), Told(62.0, "arrived", "[/b] Eve [red] calls 100"), 1.0)
    assert written.getvalue() == "   1:01  [/b] Eve [red] calls 100\n"


def test_only_what_is_new_in_a_log_counts(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    old, database = tmp_path / "messages.log", tmp_path / "postgres" / "today.log"
    old.write_text("[x] ERROR[1] a.c: of yesterday\n")
    logs = Logs([old, tmp_path / "callfloor.log"], tmp_path / "postgres")
    assert logs.bad() == []
    with old.open("a") as file:
        file.write("[x] NOTICE[1] fine\n[x] WARNING[1][C-1] a.c: hm\n[x] ERROR[1] a.c: oh\n")
    database.write_text("2026 [1] FATAL:  no space\n2026 LOG:  fine\n")
    (tmp_path / "callfloor.log").write_text(
        "timestamp='2026' level='error' event='x'\nlevel='info' event='ERROR'\n"
    )
    found = {one.path.name: (len(one.errors), len(one.warnings)) for one in logs.bad()}
    assert found == {"messages.log": (1, 1), "today.log": (1, 0), "callfloor.log": (1, 0)}
    database.write_text("2026 [1] FATAL:  cut\n")
    assert [one.errors for one in logs.bad() if one.path == database] == [("2026 [1] FATAL:  cut",)]


# -- the stage ----------------------------------------------------------------------------------------------


def test_the_floor_of_the_demo_is_right(tmp_path: Path, installed_asterisk: AsteriskInstallation) -> None:
    stage = prepare_folder(tmp_path / 'a "folder" with Ünusual \\ letters')
    floor = write_floor(stage, OutsideAddresses.free(), installed_asterisk)
    assert load(stage.floor_toml) == floor
    assert [agent.id for agent in floor.agents] == [member.id for member in AGENTS]
    assert stage.floor_toml.stat().st_mode & 0o077 == 0
    for kept in (floor.secrets_dir(), floor.recordings_dir(), spool_folder(floor)):
        assert kept.is_relative_to(stage.folder), "another demo has its own"


def test_a_port_that_is_taken_is_left_alone() -> None:
    port = free_port()
    assert usual_port(port) == port
    with taken(port):
        assert usual_port(port) != port


@contextmanager
def taken(port: int) -> Iterator[None]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", port))
        yield


def test_what_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DemoError, match=r"it is no folder.*name another with --folder"):
        prepare_folder(tmp_path / "file")


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    stage = prepare_folder(tmp_path / "demo")
    with stage.alone(), pytest.raises(DemoError, match="name another folder with --folder"), stage.alone():
        pass


# -- the whole ----------------------------------------------------------------------------------------------


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A stage that is cleared away afterwards, PostgreSQL's folder included, which root has elsewhere."""
    stage = prepare_folder(tmp_path / "demo")
    yield stage
    for folder in (stage.data, stage.data.with_name(f"{stage.data.name}.run")):
        shutil.rmtree(folder, ignore_errors=True)


def start(stage: Stage, *words: str) -> subprocess.Popen[str]:
    demo = [
        sys.executable,
        "-m",
        "callfloor",
        "demo",
        "--plain",
        "--seed",
        "1",
        "--folder",
        str(stage.folder),
    ]
    return subprocess.Popen(
        [*demo, *words], cwd=HOUSE, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def start_and_wait_for_people(stage: Stage) -> subprocess.Popen[str]:
    """Start a demo; return when the first agent has come to work."""
    demo = start(stage)
    assert demo.stdout is not None
    for line in demo.stdout:
        if "logs in" in line:
            break
    return demo


def faults(stage: Stage) -> list[str]:
    """What a demo's logs hold that should not be there."""
    logs = [stage.log, *stage.asterisk_logs, *(stage.data / "log").glob("*.log")]
    return [line for log in logs for line in look(log, 0).errors]


def left_over(stage: Stage) -> list[str]:
    """Processes that have to do with a stage."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(stage.folder) in words or str(stage.data) in words:
            found.append(words)
    return found


@pytest.mark.timeout(300)
def test_the_demo_shows_calls_and_leaves_nothing_behind(
    stage: Stage, installed_asterisk: AsteriskInstallation
) -> None:
    demo = start(stage, "--minutes", "0.4")
    output, _ = demo.communicate(timeout=280)
    assert demo.returncode == 0, output
    assert "Anna Abel logs in" in output
    assert re.search(r"answers .* after \d+ s", output)
    assert "no error and" in output
    assert re.search(r"sales +\d", output)
    assert left_over(stage) == []


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_demo_and_everything_it_started(
    stage: Stage, installed_asterisk: AsteriskInstallation, number: signal.Signals
) -> None:
    demo = start_and_wait_for_people(stage)
    assert left_over(stage) != []
    demo.send_signal(number)
    time.sleep(0.2)
    demo.send_signal(number)  # people press twice
    output, _ = demo.communicate(timeout=200)
    assert demo.returncode == 0, output
    assert "no error and" in output
    assert left_over(stage) == []


@pytest.mark.timeout(300)
def test_a_demo_that_nobody_reads_any_more_ends_in_order(
    stage: Stage, installed_asterisk: AsteriskInstallation
) -> None:
    demo = start_and_wait_for_people(stage)
    assert demo.stdout is not None
    demo.stdout.close()
    assert demo.wait(timeout=200) == 0, faults(stage)
    assert left_over(stage) == []
