"""What can be wrong with a question to the simulator."""

from __future__ import annotations

from queue_strategies.errors import CallfloorError


class SimulationError(CallfloorError):
    """A simulation cannot be run as it was asked for."""
