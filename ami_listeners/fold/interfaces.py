"""Who is behind an interface that is a member of a queue."""

from __future__ import annotations

from ami_listeners.messages import AmiEvent
from queue_strategies.model import AgentId

PHONE_TECHNOLOGIES = ("PJSIP", "SIP", "IAX2", "DAHDI")


def agent_of(event: AmiEvent) -> AgentId:
    """Name the agent behind a member: the phone's account, or the member's name where there is no phone."""
    interface = event.text("Interface") or event.text("Location")
    technology, _, account = interface.partition("/")
    if technology.upper() in PHONE_TECHNOLOGIES and account:
        return AgentId(account)
    return AgentId(event.text("MemberName") or event.text("Name") or interface)
