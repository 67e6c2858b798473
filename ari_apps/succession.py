"""A supervisor who has taken a call over has it alone once the agent hangs up, whoever made the call."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ari_apps.call import Call
from ari_apps.destinations import Destination
from ari_apps.legs import Leg
from ari_apps.line import CallerGone
from ari_apps.mailbox import Mailbox
from ari_apps.reaching import Attempt, OutsideCall, Reached
from ari_apps.switchboard import Switchboard


@dataclass(frozen=True, slots=True)
class Successor:
    """The supervisor in the agent's place, as whoever else a customer talks with."""

    to: Destination
    attempt: OutsideCall
    met: Reached


class DiallerGone(CallerGone):
    """The agent who had dialled has hung up; whom the agent dialled goes on with a supervisor."""

    def __init__(self, heir: Call, left: Attempt, successor: Successor) -> None:
        self.heir = heir
        """The same contact, on the line of whom the agent dialled."""
        self.left, self.successor = left, successor
        super().__init__()


def successor_on(call: Call, agent_channel: str, switchboard: Switchboard) -> Successor | None:
    """Give a call to the supervisor who has taken over from an agent's channel; None: nobody has."""
    taken = switchboard.taken_over(agent_channel, call.mailbox)
    if taken is None:
        return None
    to, leg = taken
    attempt = switchboard.outside(leg, call.party, to)
    return Successor(to, attempt, Reached(attempt.id, leg, attempt.desk))


def without_dialler(call: Call, attempt: Attempt, leg: Leg, switchboard: Switchboard) -> DiallerGone | None:
    """Let whom an agent dialled outside of the house be the customer of the call, where one has taken over.

    What happens to that line is handed to the new owner at once; the old one is told nothing of it any more.
    """
    if not isinstance(attempt, OutsideCall):
        return None
    heir = replace(
        call,
        channel_id=leg.id,
        mailbox=Mailbox(),
        phone="",
        caller_number=call.called_number,
        caller_name="",
        answered=True,
        is_over=False,
        hangup_cause=0,
    )
    successor = successor_on(heir, call.channel_id, switchboard)
    if successor is None:
        return None
    leg.hand_to(heir.mailbox)
    call.mailbox.empty_into(heir.mailbox)
    return DiallerGone(heir, attempt, successor)
