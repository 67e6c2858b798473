"""`callfloor routes test` and `callfloor ivr graph`, as they are typed."""

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ari_apps.commands import ivr, routes
from ari_apps.configuration.floor_toml import ConfigurationError, load_text
from ari_apps.destinations import DestinationError
from ari_apps.ivr.drawing import GraphError, as_dot, as_mermaid, as_svg, as_tree
from ari_apps.ivr.graph import graph_of
from queue_strategies.errors import CallfloorError
from tests.ari_apps.ivr.floor_with_menus import FLOOR


@pytest.fixture
def floor(tmp_path: Path) -> str:
    config = tmp_path / "floor.toml"
    config.write_text(FLOOR)
    return str(config)


def ask(config: str, *words: str) -> Result:
    return CliRunner().invoke(routes.app, ["test", "--config", config, *words])


def draw(config: str, *words: str) -> Result:
    return CliRunner().invoke(ivr.app, ["graph", "--config", config, *words])


def test_the_way_of_a_call_is_told_with_its_reasons(floor: str) -> None:
    told = ask(floor, "--to", "+49301234", "--from", "+33612", "--at", "2026-11-23T10:00", "--digits", "7,2")
    assert told.exit_code == 0
    for line in (
        "a call to +49301234 from +33612, Mon 2026-11-23 10:00 CET",
        "✓ routes[0]: to '+49301234' is +4930123*",
        "✗ routes[0].routes[0]: office is open (mon 09:00-17:30)",
        "✓ routes[0].routes[1]: from '+33612' is +33*",
        "→ menu:main  by routes[0].routes[1], priority 5, language fr",
        "main: invalid 7",
        "main: timed out",
        "main: chose 2",
        "→ queue:support",
    ):
        assert line in told.output
    assert told.output.rstrip().endswith("→ queue:support")


def test_a_message_left_on_paper_is_logged_for_nobody(floor: str) -> None:
    told = ask(floor, "--to", "+49301234", "--at", "2026-12-25T10:00")
    assert "leaves a message" in told.output
    assert "voicemail.left" not in told.output


@pytest.mark.parametrize(
    ("words", "expected", "exit_code"),
    [
        (["--to", "+49301234", "--at", "2026-12-25T10:00"], "menu:closed", 0),
        (["--to", "+49301234", "--at", "2026-12-25T10:00"], "voicemail:sales", 0),
        (["--to", "+49301234", "--at", "2026-12-28T09:00+01:00", "--digits", "1"], "queue:sales", 0),
        (["--to", "+49301234", "--at", "2026-12-28T09:00+05:00", "--digits", "1"], "menu:closed", 0),
        (["--to", "+49301234", "--at", "2026-12-28T10:00", "--digits", "1"], "queue:support", 1),
        (["--to", "999"], "hangup:unallocated", 0),
        (["--to", "999"], "hangup", 1),
    ],
)
def test_an_expectation_decides_the_exit_code(
    floor: str, words: list[str], expected: str, exit_code: int
) -> None:
    assert ask(floor, *words, "--expect", expected).exit_code == exit_code


def test_a_web_service_is_answered_for_by_an_option(tmp_path: Path) -> None:
    config = tmp_path / "floor.toml"
    config.write_text(FLOOR.replace('destination = "menu:main"', 'destination = "menu:account"'))
    words = ["--to", "+49301234", "--at", "2026-11-23T10:00", "--digits", "12345#", "--lookup", "gold"]
    told = ask(str(config), *words, "--expect", "queue:sales")
    assert (told.exit_code, "is looked up: gold" in told.output) == (0, True)


def test_a_coroutine_that_sends_the_call_nowhere_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "my_way.py").write_text("async def main(call):\n    return 'queue:vip'\n")
    config = tmp_path / "floor.toml"
    config.write_text(FLOOR.replace('destination = "menu:main"', 'destination = "python:my_way:main"'))
    told = ask(str(config), "--to", "+49301234", "--at", "2026-11-23T10:00", "--expect", "queue:vip")
    assert told.exit_code == 1
    assert "but floor.toml has no queue 'vip'" in told.output


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (["--to", "1", "--at", "tomorrow"], CallfloorError, "write it as 2026-12-25T10:00"),
        (["--to", "1", "--digits", "12x"], CallfloorError, "'x' is on no telephone"),
        (["--to", "1", "--expect", "sales"], DestinationError, "write kind:name"),
        (["--to", "1", "--config", "/nowhere/floor.toml"], ConfigurationError, "there is no such file"),
    ],
)
def test_a_question_that_makes_no_sense_is_answered_in_a_sentence(
    floor: str, words: list[str], error: type[CallfloorError], says: str
) -> None:
    told = ask(floor, *words)
    assert isinstance(told.exception, error)
    assert says in str(told.exception)


def test_the_tree_shows_every_menu_once_and_what_no_route_reaches(floor: str) -> None:
    lines = draw(floor).output.splitlines()
    assert sum("“sound:welcome" in line for line in lines) == 1
    assert sum("menu:main ↑" in line for line in lines) == 2
    unreached = next(number for number, line in enumerate(lines) if "no route leads to" in line)
    assert "menu:account" in lines[unreached + 1]


def test_the_picture_has_every_place_and_every_way(floor: str, tmp_path: Path) -> None:
    graph = graph_of(load_text(FLOOR))
    file = tmp_path / "ivr.dot"
    assert draw(floor, "--format", "dot", "--output", str(file)).exit_code == 0
    dot = file.read_text()
    assert all(f'  "{node.id}" [label=' in dot for node in graph.nodes)
    assert all(f'  "{edge.start}" -> "{edge.end}" [label="{edge.label}"]' in dot for edge in graph.edges)
    mermaid = draw(floor, "--format", "mermaid").output
    assert len(re.findall(r"^  n\d+[\[(]", mermaid, re.MULTILINE)) == len(graph.nodes)
    assert len(re.findall(r" -->", mermaid)) == len(graph.edges)
    assert {
        ("menu:main", "queue:sales", "1"),
        ("menu:main", "queue:support", "after 3 tries"),
        ("queue:sales", "menu:closed", "left empty"),
        ("menu:account", "queue:support", "no answer"),
        ("routes[0].routes[1]", "menu:main", ""),
    } <= {(edge.start, edge.end, edge.label) for edge in graph.edges}


HOSTILE = """
[[routes]]
destination = "menu:m"
[menus.m]
prompt = ['say:"]; evil -> "x" \\ <b>&#34;|{}']
then = "menu:loop_a"
[menus.loop_a]
keys = { 1 = "menu:loop_b" }
[menus.loop_b]
keys = { 1 = "menu:loop_a" }
[menus.lonely_a]
keys = { 1 = "menu:lonely_b" }
[menus.lonely_b]
keys = { 1 = "menu:lonely_a" }
"""


def test_what_a_prompt_says_cannot_break_the_picture() -> None:
    graph = graph_of(load_text(HOSTILE))
    evil = next(line for line in as_dot(graph).splitlines() if "evil" in line)
    inside_and_out = re.sub(r"\\.", "", evil).split('"')
    assert [part.strip() for part in inside_and_out[::2]] == ["", "[label=", "shape=box];"]
    assert all(line.count('"') in (0, 2) for line in as_mermaid(graph).splitlines())
    for label in re.findall(r'"([^"]*)"', as_mermaid(graph)):
        assert not set(label) & set("<>|{}[]\\")


def test_menus_that_only_lead_to_each_other_are_shown_too() -> None:
    shown = [text for _, text in as_tree(graph_of(load_text(HOSTILE)))]
    assert [sum(f"menu:{name}" in text for text in shown) for name in ("lonely_a", "lonely_b")] == [2, 1]


def test_graphviz_draws_it_where_it_is_and_its_absence_is_told_where_it_is_not(floor: str) -> None:
    drawn = draw(floor, "--format", "svg")
    if shutil.which("dot"):
        assert "<title>menu:main</title>" in drawn.output
    else:
        assert isinstance(drawn.exception, GraphError)


def test_without_graphviz_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GraphError, match="use --format mermaid"):
        as_svg(graph_of(load_text(HOSTILE)))
