"""The nouns of monitoring: modes, supervisors and their rights, an agent's line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from queue_strategies.rights import ALL_TEAMS


class Mode(StrEnum):
    """How a supervisor is on a call."""

    LISTEN = "listen"
    """Hears agent and customer, and is heard by nobody."""
    WHISPER = "whisper"
    """Is heard by the agent alone."""
    BARGE = "barge"
    """Is heard by both, and by all other supervisors on the call."""
    TAKE_OVER = "take_over"
    """Talks with the customer in the agent's place; the agent hears nobody and is heard by nobody."""


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Who may hear agents."""

    id: str
    modes: Mapping[str, frozenset[Mode]] = field(default_factory=dict)
    """In which modes, by team."""

    def modes_with(self, team: str | None) -> frozenset[Mode]:
        """Say in which modes agents of a team may be heard; None is the team of those who have none."""
        of_team = self.modes.get(team, frozenset()) if team is not None else frozenset()
        return of_team | self.modes.get(ALL_TEAMS, frozenset())


@dataclass(frozen=True, slots=True)
class Line:
    """The call an agent is on."""

    channel: str
    """The agent's own."""
    contact: str
    other: str | None = None
    """The channel that hears the agent, and whom the agent hears; None: nobody, or not looked for."""
    led: bool = True
    """callfloor leads the call, not app_queue or a dialplan."""
    bridge: str | None = None
    """In which the agent talks; None: in none, or not looked for."""
    bound: str = field(default="", compare=False)
    """Why the agent cannot be left out of it; empty: can. A line is no other because of it."""


class Refusal(StrEnum):
    """Why something that was asked for is not done."""

    UNKNOWN = "unknown"
    FORBIDDEN = "forbidden"
    NOT_NOW = "not_now"


@dataclass(frozen=True, slots=True)
class Refused:
    """No, and why in a sentence."""

    kind: Refusal
    why: str
