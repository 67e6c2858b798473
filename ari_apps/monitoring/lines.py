"""Find out on which call an agent is, whoever leads it: by the channels of the agent's phone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ari_apps.ari import Ari, messages
from ari_apps.monitoring.foreign_channels import ForeignChannels
from ari_apps.monitoring.names import is_of_supervisor
from ari_apps.queueing import desk_of
from queue_strategies.model import AgentId
from queue_strategies.monitoring import Line

TECHNOLOGY = "PJSIP"
UP = "Up"
IN_STASIS = "Stasis"


class Lines:
    """Look at agents' phones; nothing is remembered."""

    def __init__(self, ari: Ari, foreign: ForeignChannels, contact_on: Callable[[AgentId, str], str]) -> None:
        self._ari = ari
        self._foreign = foreign
        self._contact_on = contact_on

    async def look(self, agent: AgentId) -> Line | None:
        """Return the call the agent is on, the latest of several; None: none. Raises AriError."""
        phone = await self._ari.endpoint(TECHNOLOGY, agent)
        ids = [id_ for id_ in (phone.channel_ids if phone else ()) if not is_of_supervisor(id_)]
        found = await asyncio.gather(*(self._ari.channel(id_).get() for id_ in ids))
        talking = [channel for channel in found if channel is not None and channel.state == UP]
        if not talking:
            return None
        channel = max(talking, key=lambda one: one.creationtime)
        bridge = await self._bridge(agent, channel.id)
        led = channel.dialplan.app_name == IN_STASIS
        return Line(
            channel.id,
            self._contact_on(agent, channel.id),
            beside(bridge, channel.id),
            led,
            bridge.id if bridge else None,
            "" if led else await self._foreign.bound(),
        )

    async def _bridge(self, agent: AgentId, channel_id: str) -> messages.Bridge | None:
        desk = await self._ari.bridge(desk_of(agent)).get()
        if desk is None or channel_id not in desk.channels:
            desk = next((one for one in await self._ari.list_bridges() if channel_id in one.channels), None)
        return desk


def beside(bridge: messages.Bridge | None, channel_id: str) -> str | None:
    """Return who is in a bridge with a channel, supervisors aside."""
    others = [id_ for id_ in (bridge.channels if bridge else ()) if id_ != channel_id]
    return next((id_ for id_ in others if not is_of_supervisor(id_)), None)
