"""Dial for an agent who did not: the own phone rings, and whoever picks it up has dialled the number."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from ari_apps.ari import AriError, messages
from ari_apps.crew import Crew
from ari_apps.destinations import Destination, DestinationKind
from ari_apps.directory import DIALLED, Directory, endpoint_of_agent
from ari_apps.legs import Failure, Leg, Progress
from ari_apps.mailbox import Mailbox
from ari_apps.requests import NotNow
from queue_strategies.events import AgentFreed, AgentOccupied, Event
from queue_strategies.model import AgentId, AgentState, ContactId

log = structlog.get_logger()

RING_S = 30.0
"""How long the agent's phone rings."""

BUSY = (AgentState.TALKING, AgentState.RINGING, AgentState.BUSY)

Greet = Callable[[messages.Channel, list[str]], None]
"""Begin a call for a channel, as if the dialplan had sent it with these arguments."""


class Dialling:
    """Ring agents' phones, and hand those that answer to the reception."""

    def __init__(
        self,
        *,
        directory: Directory,
        new_leg: Callable[[str, Mailbox], Leg],
        greet: Greet,
        state_of: Callable[[AgentId], AgentState | None],
        tell: Callable[[Event], None],
        crew: Crew,
        new_id: Callable[[], str],
    ) -> None:
        self._directory, self._new_leg, self._greet = directory, new_leg, greet
        self._state_of = state_of
        self._tell, self._crew, self._new_id = tell, crew, new_id

    async def dial(self, agent: AgentId, number: str, answered: Callable[[], None]) -> None:
        """Have the agent's phone ring, and the number dialled from it once it is picked up.

        Returns when the phone is being rung; `answered` is told when it was picked up. Raises NotNow.
        """
        outside = Destination(DestinationKind.NUMBER, number)
        if DIALLED.fullmatch(number) is None or self._directory.endpoint_of(outside) is None:
            raise NotNow("there is no number that can be called, or no trunk for it in outbound.trunk")
        if (state := self._state_of(agent)) in BUSY:
            raise NotNow(f"{agent} is {state}")
        rings: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._crew.start(self._dial(agent, number, rings, answered), f"dial for {agent}")
        if not await rings:
            raise NotNow(f"the phone of {agent} cannot be rung")

    async def _dial(
        self, agent: AgentId, number: str, rings: asyncio.Future[bool], answered: Callable[[], None]
    ) -> None:
        contact = ContactId(self._new_id())
        leg = self._new_leg(f"dial-{contact}", Mailbox())
        self._tell(AgentOccupied(agent, contact))  # nobody else rings there meanwhile
        try:
            if await self._picked_up(leg, agent, number, rings):
                await self._hand_over(leg, agent, number, answered)
        finally:
            if not rings.done():
                rings.set_result(False)
            self._tell(AgentFreed(agent, contact))

    async def _picked_up(self, leg: Leg, agent: AgentId, number: str, rings: asyncio.Future[bool]) -> bool:
        ringing = leg.ring(
            endpoint_of_agent(agent),
            caller=None,
            caller_id=number,
            timeout_s=RING_S,
            enters_as=("phone", agent, number),
        )
        async for progress in ringing:
            if isinstance(progress, Failure):
                log.info("dialling.not_picked_up", agent=agent, cause=progress.cause)
                return False
            if not rings.done():
                rings.set_result(True)
            if progress is Progress.ANSWERED:
                return True
        return False

    async def _hand_over(self, leg: Leg, agent: AgentId, number: str, answered: Callable[[], None]) -> None:
        try:
            channel = await leg.channel.get()
        except AriError as error:
            log.warning("dialling.lost", agent=agent, why=str(error))
            channel = None
        if channel is None:
            await leg.end()
            return
        answered()
        self._greet(channel, ["phone", agent, number])
