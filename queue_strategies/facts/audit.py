"""Who changed or heard what, or wanted to; told by whoever answers people."""

from __future__ import annotations

from queue_strategies.facts.fact import Fact
from queue_strategies.message import message


@message(kw_only=True)
class Audited(Fact):
    """Somebody asked to change something, or to hear somebody, and was let or was not."""

    who: str
    """The user, as they said who they are; empty: they did not."""
    role: str
    """Empty: nobody we know."""
    address: str
    """From where they asked."""
    operation: str
    what: str
    """On whom or on what, as they wrote it."""
    outcome: str
    """done, refused (they had no right), failed (it could not be done)."""
    status: int
    """Of HTTP."""
    detail: str
    """What they sent, without secrets."""
