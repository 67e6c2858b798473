"""The yardsticks of listening in short: each gives its table."""

from __future__ import annotations

import sys

import pytest
import structlog

from tests.bench import listening
from tests.bench.listening import YARDSTICKS

SMALL = {"--events": 400, "--calls": 60, "--visits": 5000, "--queues": 6, "--agents": 12}


@pytest.mark.parametrize("name", ["history"])
def test_a_table_is_printed(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are measured in their own tests."""
    sizes = [str(word) for pair in SMALL.items() for word in pair]
    monkeypatch.setattr(sys, "argv", ["bench", "--only", name, *sizes])
    logged = structlog.get_config()
    try:
        listening.main()
    finally:
        structlog.configure(**logged)
    title, empty, head, ruler, *lines = capsys.readouterr().out.splitlines()
    assert title == f"**{YARDSTICKS[name][0]}**"
    assert not empty
    assert len(lines) >= 7
    assert {line.count("|") for line in (head, ruler, *lines) if line} == {head.count("|")}
