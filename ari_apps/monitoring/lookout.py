"""Look at the agents who are watched: when something was told of one, and every second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

import structlog

from ari_apps.ari import AriError
from ari_apps.monitoring.lines import Lines
from queue_strategies.model import AgentId
from queue_strategies.monitoring import LineChanged

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
"""Agents who are watched are looked at so often, in case nothing told of a call."""
LOOK_AGAIN_S = 0.1


class Lookout:
    """Tell of the calls of agents who are watched."""

    def __init__(
        self,
        lines: Lines,
        *,
        watched: Callable[[], Collection[AgentId]],
        settled: Callable[[], bool],
        tell: Callable[[LineChanged], None],
    ) -> None:
        self._lines = lines
        self._watched = watched
        self._settled = settled
        self._tell = tell
        self._hinted: set[AgentId] = set()
        self._hint = asyncio.Event()

    def look_soon(self, agent: AgentId) -> None:
        """Look at an agent as soon as may be."""
        self._hinted.add(agent)
        self._hint.set()

    async def run(self) -> None:
        """Look again and again."""
        while True:
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._hint.wait()
            except TimeoutError:
                self._hinted.update(self._watched())
            self._hint.clear()
            hinted, self._hinted = self._hinted, set()
            await asyncio.gather(*(self._look(agent) for agent in hinted))
            await asyncio.sleep(LOOK_AGAIN_S)

    async def _look(self, agent: AgentId) -> None:
        if agent not in self._watched() or not self._settled():
            return  # who is asked of an Asterisk that began anew would be told to have hung up
        try:
            line = await self._lines.look(agent)
        except AriError as error:
            log.info("monitoring.not_looked", agent=agent, why=str(error))
        else:
            self._tell(LineChanged(agent, line))
