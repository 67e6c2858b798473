"""Channels that callfloor does not lead: ARI changes nothing of them, the manager interface variables."""

from __future__ import annotations

from ami_listeners.connection import Connection
from ami_listeners.errors import ActionRefused, ListenerError
from ari_apps.ari import AriError, Gone

SETVAR = "Setvar"
MAY_NOT, NOT_THERE = "Permission denied", "No such channel"
"""Asterisk's answers (main/manager.c); which rights there are it looks up before what was asked for."""
NO_CONNECTION = "Asterisk's manager interface, by which alone that is done, is not connected"


class NotSet(AriError):
    """A variable of a channel outside Stasis was not set; the message says why."""


class ForeignChannels:
    """Set variables of channels that are not in Stasis, as far as the manager user may."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        """The one that is there; None: there is none yet."""
        self._asked_in = 0
        """The login in which the rights were asked for; one of before may have had others."""
        self._bound = ""

    async def bound(self) -> str:
        """Say why no variable can be set; empty: some can."""
        connection = self.connection
        if connection is None or not connection.health.up:
            return NO_CONNECTION
        if (login := connection.health.connects) != self._asked_in:
            try:
                await connection.ask(SETVAR)  # which variable, it does not say: nothing is set
            except ActionRefused as refused:
                self._bound = may_not(connection) if refused.answer == MAY_NOT else ""
                self._asked_in = login
            except ListenerError as failure:
                return str(failure)
        return self._bound

    async def set_variable(self, channel_id: str, variable: str, value: str) -> None:
        """Set a variable, or call a function that sets something; raises Gone, NotSet."""
        if self.connection is None:
            raise NotSet(NO_CONNECTION)
        try:
            await self.connection.ask(SETVAR, Channel=channel_id, Variable=variable, Value=value)
        except ActionRefused as refused:
            if refused.answer == NOT_THERE:
                raise Gone(f"there is no channel {channel_id} any more") from None
            self._bound = may_not(self.connection) if refused.answer == MAY_NOT else str(refused)
            raise NotSet(self._bound) from None
        except ListenerError as failure:
            raise NotSet(str(failure)) from None


def may_not(connection: Connection) -> str:
    """Say what the user lacks, and how it comes by it."""
    return (
        f"Asterisk lets the manager user {connection.settings.username!r} change nothing: add call to the "
        "user's write line in manager.conf, as `callfloor render` does where a supervisor may take over, "
        "run `manager reload` in Asterisk, and start callfloor again"
    )
