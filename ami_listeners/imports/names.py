"""Name what is imported as what is heard live is named, so that both are known as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from ami_listeners.fold.interfaces import PHONE_TECHNOLOGIES
from ami_listeners.identity import EPOCH, VERSION_AND_VARIANT, digest

AgentNames = Callable[[str], str]
"""From the name of a member in a record to that of the agent."""


def agent_names(said: Mapping[str, str]) -> AgentNames:
    """Name agents as it is said, else as the fold does: by the phone, or as the member is called."""

    def named(member: str) -> str:
        technology, _, account = member.partition("/")
        is_phone = technology.upper() in PHONE_TECHNOLOGIES and account
        return said.get(member) or (account if is_phone else member)

    return named


def made_name(born: datetime, *words: str) -> str:
    """Name what has no id of its own by all that is known of it; the name begins with the time of its birth.

    It has the form of a UUID of version 7 (RFC 9562), in which a digest stands for chance.
    """
    milliseconds = int((born - EPOCH).total_seconds() * 1000)
    return str(UUID(int=milliseconds << 80 | VERSION_AND_VARIANT | digest("made", *words) & (1 << 62) - 1))
