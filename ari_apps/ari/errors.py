"""What can go wrong when talking to Asterisk."""

from __future__ import annotations

from queue_strategies.errors import CallfloorError


class AriError(CallfloorError):
    """Anything that went wrong between callfloor and Asterisk's REST interface."""

    def __init__(self, message: str, *, status: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status, 0 when there was no answer."""
        self.reason = reason
        """Asterisk's own words."""


# -- the answer to one request ------------------------------------------------------------------------------


class Gone(AriError):
    """What the request was about is no longer there (404); normal when somebody hangs up meanwhile."""


class Conflict(AriError):
    """It is there, but not in a state for this (409, 412): outside Stasis, exists already, being recorded.

    A channel that hangs up leaves Stasis first and is gone a moment later, so a hang-up can show as either.
    """


class Refused(AriError):
    """Asterisk said no, and why.

    A phone that is not registered, or an endpoint that does not exist, is a 500 "Allocation failed".
    """


class OutcomeUnknown(AriError):
    """The request was sent and no answer came; it may or may not have been carried out."""


class Unreachable(AriError):
    """No connection to Asterisk: the request was never sent."""


class Malformed(AriError, ValueError):
    """A value that must not be sent, such as one with a line break in it; nothing was sent."""


# -- the connection -----------------------------------------------------------------------------------------


class NotReady(AriError):
    """The connection did not come up in time; the sentence says what it is waiting for."""


class Unauthorized(AriError):
    """Asterisk does not accept our user and password, or they may only read."""


class ApplicationUnknown(AriError):
    """Asterisk is not configured to connect to us for our application."""


class ApplicationTaken(AriError):
    """Another program has connected under our application's name; we stand down rather than fight."""


class AddressTaken(AriError):
    """The address where Asterisk should reach us cannot be listened on."""
