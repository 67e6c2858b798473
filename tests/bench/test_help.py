"""Who asks what a yardstick is for is told, and nothing is measured."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from tests.bench import ami_speed, ami_stream, floor_speed, listening, predicted_best, scrape_speed


@pytest.mark.parametrize(
    "main",
    [module.main for module in (ami_speed, ami_stream, floor_speed, listening, predicted_best, scrape_speed)],
    ids=lambda main: main.__module__,
)
def test_who_asks_for_help_gets_it_at_once(
    main: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "--help"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    assert "usage: bench" in capsys.readouterr().out
