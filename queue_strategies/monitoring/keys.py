"""What the keys of a supervisor's phone mean."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from queue_strategies.model import AgentId
from queue_strategies.monitoring.model import Mode

MODE_KEYS = {"4": Mode.LISTEN, "5": Mode.WHISPER, "6": Mode.BARGE, "7": Mode.TAKE_OVER}
"""As users of ChanSpy know them; 7 is ours."""
END_KEY, NEXT_KEY, PREVIOUS_KEY = "*", "#", "0"


def nearest(
    others: Sequence[AgentId], talking: Collection[AgentId], mode_with: Callable[[AgentId], Mode | None]
) -> tuple[AgentId, Mode] | None:
    """Find the first of the other agents who may be heard, and in which mode; who is talking goes first."""
    found = [(agent, mode) for agent in others if (mode := mode_with(agent)) is not None]
    return next((one for one in found if one[0] in talking), next(iter(found), None))
