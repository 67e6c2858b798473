"""A contact from its beginning to its end, told by the coroutine of its call."""

from __future__ import annotations

from queue_strategies.facts.fact import Fact
from queue_strategies.message import message
from queue_strategies.model import (
    ContactId,
)


@message(kw_only=True)
class ContactStarted(Fact):
    """A customer reached us."""

    contact: ContactId
    channel: str
    """The Asterisk channel's unique id."""
    caller_number: str
    caller_name: str
    called_number: str
    direction: str = "inbound"


@message(kw_only=True)
class IvrStep(Fact):
    """The contact entered a menu or left it by digits (`choice`), by timeout or as invalid."""

    contact: ContactId
    menu: str
    step: str
    """entered, chose, invalid, timed_out or failed."""
    choice: str = ""


@message(kw_only=True)
class VoicemailLeft(Fact):
    """The contact recorded a message."""

    contact: ContactId
    box: str
    recording: str
    duration_s: float
    notices: tuple[str, ...] = ()
    """In which ways people are to be told of it: mail, webhook."""


@message(kw_only=True)
class ContactEnded(Fact):
    """The customer is gone."""

    contact: ContactId
    ended_by: str
    """caller, agent, us or lost."""
    cause: int
    """Q.850 cause, 0 when unknown."""
    duration_s: float
