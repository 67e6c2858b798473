"""Keep an agent from being offered callers while on a call of the agent's own making."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from queue_strategies.events import AgentFreed, AgentOccupied, Event
from queue_strategies.model import AgentId, ContactId


async def occupied(
    tell: Callable[[Event], None], agent: AgentId, contact: ContactId, way: Awaitable[None]
) -> None:
    """Await the way of a call, and let the agent be busy until it is over."""
    tell(AgentOccupied(agent, contact))
    try:
        await way
    finally:
        tell(AgentFreed(agent, contact))
