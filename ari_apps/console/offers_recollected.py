"""What the facts in the database still tell of why a call was offered to whom."""

from __future__ import annotations

import re

from ami_listeners.errors import DatabaseUnreachable
from ami_listeners.journal import Journal
from ari_apps.console.views import OfferWhy
from ari_apps.requests import NotNow

CONTACT = re.compile(r"[A-Za-z0-9.-]{1,80}")
"""What every contact's id looks like; anything else was never one."""


class OffersRecollected:
    """Ask the journal about calls that the floor remembers no more."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def of(self, contact: str) -> list[OfferWhy]:
        """Return a call's offers, in order; raises NotNow while the database is away."""
        if not CONTACT.fullmatch(contact):
            return []
        try:
            rows = await self._journal.rows("offers_of_contact", contact=contact)
        except DatabaseUnreachable as away:
            raise NotNow(f"the floor does not remember call {contact!r}, and {away}") from None
        return [
            OfferWhy(agent=agent, at=at, because=because, outcome=outcome, lasted_s=lasted_s)
            for agent, at, because, outcome, lasted_s in rows
        ]
