"""What the database remembers of before a restart, given back to the fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ami_listeners.fold.segments import Segment
from ami_listeners.fold.visits.visit import Visit
from queue_strategies.model import AgentId, AgentState


@dataclass(frozen=True, slots=True)
class Believed:
    """Calls, visits, agents and phones as they were told of last; moments on this process's clock."""

    calls: Mapping[str, float] = field(default_factory=dict)
    """When each open call began, by linkedid."""
    visits: Sequence[Visit] = ()
    segments: Sequence[Segment] = ()
    agents: Mapping[AgentId, tuple[AgentState, float, str | None]] = field(default_factory=dict)
    """State, since when, and the pause's reason."""
    devices: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Status by endpoint and URI."""
