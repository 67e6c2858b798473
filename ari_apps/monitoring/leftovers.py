"""Clear away what supervisors of an earlier process heard by, and let agents be heard who were left out."""

from __future__ import annotations

from collections.abc import Collection

import structlog

from ari_apps.ari import Ari, AriError
from ari_apps.hanging_up import hang_up_surely
from ari_apps.monitoring.leaving_out import let_back
from ari_apps.monitoring.names import SEAT, is_of_supervisor, left_out, seat_of

log = structlog.get_logger()


async def clear_away_leftovers(ari: Ari, owned: Collection[str]) -> None:
    """Hang up supervisors' phones and snoops that nobody owns, and destroy the bridges. Raises AriError."""
    strays = [one.id for one in await ari.list_channels() if is_of_supervisor(one.id) and one.id not in owned]
    for channel_id in strays:
        if (silenced := left_out(channel_id)) is not None:
            await let_back(ari, silenced)
        await hang_up_surely(ari.channel(channel_id).hangup, channel_id)
    seats = [one.id for one in await ari.list_bridges() if one.id.startswith(SEAT)]
    bridges = [one for one in seats if seat_of(one) not in owned]
    for bridge in bridges:
        await ari.bridge(bridge).destroy()
    if strays or bridges:
        log.info("monitoring.leftovers_cleared", channels=len(strays), bridges=len(bridges))


async def clear_away_surely(ari: Ari, owned: Collection[str]) -> bool:
    """Clear away as far as Asterisk answers; tell whether it did."""
    try:
        await clear_away_leftovers(ari, owned)
    except AriError as error:
        log.warning("monitoring.leftovers_stay", why=str(error))
        return False
    return True
