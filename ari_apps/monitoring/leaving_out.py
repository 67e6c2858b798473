"""Leave an agent out of the own call, and let the agent come back: the line stays up and is silent."""

from __future__ import annotations

import structlog

from ari_apps.ari import Ari, AriError, Conflict, Gone

log = structlog.get_logger()

SILENT, AS_IT_WAS = "-32000", "0"
"""Of Asterisk's VOLUME(): every sample divided by so much is none; 0 leaves all as it is.

ARI's mute drops the frames instead, and with them what a snoop would have put into them.
"""


async def leave_out(ari: Ari, channel_id: str) -> None:
    """Let nobody hear this channel, and let it hear nobody; raises AriError."""
    await _both_ways(ari, channel_id, SILENT)


async def let_back(ari: Ari, channel_id: str) -> None:
    """Let this channel be heard and hear again; one that has hung up needs nothing."""
    try:
        await _both_ways(ari, channel_id, AS_IT_WAS)
    except (Gone, Conflict):
        return
    except AriError as error:
        log.error("monitoring.agent_left_silent", channel=channel_id, why=str(error))


async def _both_ways(ari: Ari, channel_id: str, value: str) -> None:
    channel = ari.channel(channel_id)
    await channel.set_variable("VOLUME(RX)", value)
    await channel.set_variable("VOLUME(TX)", value)
