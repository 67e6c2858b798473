"""`callfloor strategies` lists every name that can be written, however it is spelled."""

from __future__ import annotations

import pytest

from ari_apps.commands.strategies import strategies
from queue_strategies.choice import find
from queue_strategies.orders import ORDERS
from queue_strategies.strategies import STRATEGIES


def test_every_spelling_that_is_understood_stands_beside_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    strategies()
    told = capsys.readouterr().out
    assert "round-robin or round_robin " in told
    for choice in STRATEGIES.values():
        assert all(spelling in told for spelling in choice.spellings)
        assert all(find(STRATEGIES, spelling) is choice for spelling in choice.spellings)
    for order in ORDERS.values():
        assert all(spelling in told for spelling in order.spellings)
        assert all(find(ORDERS, spelling) is order for spelling in order.spellings)
