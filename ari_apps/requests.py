"""What people ask of a call that is under way: by the REST API, by the phone's own keys."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from ari_apps.destinations import Destination
from ari_apps.reaching import Attempt, Reached


class NotNow(Exception):
    """The call is not in a state in which this can be done; the message says which."""


def _reply() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()


def _taken() -> asyncio.Future[tuple[Attempt, Reached]]:
    return asyncio.get_running_loop().create_future()


@dataclass(frozen=True, slots=True)
class CallRequest:
    """Something asked of the coroutine that owns the call; `reply` tells whether it was done."""

    reply: asyncio.Future[None] = field(default_factory=_reply)

    def done(self) -> None:
        """Say that it was done."""
        if not self.reply.done():
            self.reply.set_result(None)

    def refuse(self, why: str) -> None:
        """Say why not."""
        if not self.reply.done():
            self.reply.set_exception(NotNow(why))


@dataclass(frozen=True, slots=True)
class Hold(CallRequest):
    """Put the customer on hold."""


@dataclass(frozen=True, slots=True)
class Resume(CallRequest):
    """Take the customer back from hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(CallRequest):
    """Send the customer on without asking there first (blind)."""

    to: Destination


@dataclass(frozen=True, slots=True, kw_only=True)
class Consult(CallRequest):
    """Hold the customer and call somebody, to speak first."""

    to: Destination


@dataclass(frozen=True, slots=True)
class CompleteTransfer(CallRequest):
    """Give the customer to whom the agent consults, and leave (attended)."""


@dataclass(frozen=True, slots=True)
class CancelConsult(CallRequest):
    """Let go of the consulted and go back to the customer."""


@dataclass(frozen=True, slots=True)
class GiveAway(CallRequest):
    """Give the other side to another call, and end: how a phone's attended transfer comes together.

    `taken` gets the attempt and what it reached.
    """

    taken: asyncio.Future[tuple[Attempt, Reached]] = field(default_factory=_taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefer(CallRequest):
    """Give a waiting caller another priority."""

    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(CallRequest):
    """Let a waiting caller wait in another queue."""

    to: Destination
    anew: bool = False
    """At the end of the line; else where the wait so far belongs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw(CallRequest):
    """Let a waiting caller wait no more, and go on; None: to where the queue sends those it lets go of."""

    to: Destination | None = None


@dataclass(frozen=True, slots=True)
class HangUp(CallRequest):
    """End the call."""
