"""What can go wrong between the listeners and the outside, in sentences."""

from __future__ import annotations

from queue_strategies.errors import CallfloorError


class ListenerError(CallfloorError):
    """Something the listeners depend on is not as it should be."""


# -- Asterisk's manager interface ---------------------------------------------------------------------------


class LoginRefused(ListenerError):
    """Asterisk did not accept the manager user."""

    def __init__(self, username: str, host: str, port: int, answer: str) -> None:
        super().__init__(
            f"Asterisk's manager at {host}:{port} refuses the user {username!r} ({answer}): "
            "check the user's section, secret and permit lines in manager.conf, "
            "run `manager reload` in Asterisk, and start again"
        )


class MayNotListen(ListenerError):
    """The manager user is let in, but not told what the listeners need."""

    def __init__(self, username: str, host: str, port: int, why: str) -> None:
        super().__init__(
            f"Asterisk's manager at {host}:{port} lets the user {username!r} in, but {why}: "
            "write into the user's section of manager.conf what `callfloor render` does "
            "(read = system,call,agent,dialplan,reporting and write = reporting), "
            "run `manager reload` in Asterisk, and start again"
        )


class NotAManager(ListenerError):
    """Whatever listens there is not Asterisk's manager interface."""

    def __init__(self, host: str, port: int, said: str) -> None:
        super().__init__(
            f"what answers at {host}:{port} is not Asterisk's manager interface (it says {said!r}): "
            "set asterisk.ami to the address that manager.conf binds"
        )


class NotConnected(ListenerError):
    """The action was not sent: there is no connection at the moment."""

    def __init__(self, action: str, host: str, port: int) -> None:
        super().__init__(f"{action} was not sent: Asterisk's manager at {host}:{port} is not connected")


class OutcomeUnknown(ListenerError):
    """The action was sent, and nobody knows whether Asterisk carried it out; it is never sent again."""

    def __init__(self, action: str, why: str) -> None:
        super().__init__(f"{action} was sent, and {why}: it may or may not have been carried out")


class ActionRefused(ListenerError):
    """Asterisk answered an action with an error."""

    def __init__(self, action: str, answer: str) -> None:
        super().__init__(f"Asterisk refused {action}: {answer}")
        self.answer = answer
        self.unknown = answer.startswith("Invalid/unknown command")
        """It knows no such action: its module is not loaded, or not loaded yet."""


class InvalidHeader(ListenerError, ValueError):
    """A header's name or value would not survive the wire, or would become several headers."""

    def __init__(self, action: str, header: str) -> None:
        super().__init__(
            f"{action} was not sent: the header {header!r} holds a line break or a control character"
        )


# -- the database -------------------------------------------------------------------------------------------


class DatabaseUnreachable(ListenerError):
    """The database does not answer, or not to us."""


class DatabaseTooNew(ListenerError):
    """The database was migrated by a newer callfloor."""


class MigrationChanged(ListenerError):
    """A migration that was applied is not the one that is here now."""


class EmbeddedServerFailed(ListenerError):
    """The embedded PostgreSQL does not come up."""


class SpoolInUse(ListenerError):
    """Another callfloor writes to this spool."""


class SpoolUnusable(ListenerError):
    """The spool's folder cannot be made or written."""
