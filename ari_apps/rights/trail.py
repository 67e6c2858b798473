"""Write down who changed or heard what, or wanted to: a fact like any other, so that none is lost."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from ami_listeners.clock import Clock
from ari_apps.rights.gate import neighbourhood
from ari_apps.rights.rates import Rate, TooOftenError
from queue_strategies.facts import Audited, Fact
from queue_strategies.rights import Person

log = structlog.get_logger()

LONGEST = 2_000
"""Characters kept of what somebody sent."""
OF_STRANGERS_A_MINUTE = 20
"""So much is written down of what strangers from one address try; a flood fills no disk."""


class Trail:
    """Keep what people did; whatever they call themselves or send is data."""

    def __init__(self, remember: Callable[[Fact], None], clock: Clock) -> None:
        self._remember, self._clock = remember, clock
        self._strangers = Rate(OF_STRANGERS_A_MINUTE)

    async def note(
        self, who: Person, *, name: str, address: str, operation: str, what: str, status: int, detail: str
    ) -> None:
        """Write down one request and what came of it; `name` is who they say they are."""
        if not who.name and status >= 400:
            try:
                await self._strangers.spend(neighbourhood(address), "")
            except TooOftenError:
                log.warning("rights.stranger_not_noted", address=address, operation=operation)
                return
        self._remember(
            Audited(
                moment=self._clock.moment(),
                who=name[:LONGEST],
                role=str(who.role) if who.name else "",
                address=address,
                operation=operation,
                what=what[:LONGEST],
                outcome=outcome_of(status),
                status=status,
                detail=detail[:LONGEST],
            )
        )


def outcome_of(status: int) -> str:
    """Say in a word what an answer meant."""
    if status < 400:
        return "done"
    return "refused" if status in (401, 403, 429) else "failed"
