"""Which way a call goes: what is inside, and what is outside of the house that Asterisk serves.

Asterisk does not tell a phone from a trunk. An agent's phone is inside, and so is one that registers under
its own name, or that calls by it; what calls by other numbers than its name is a trunk. Of what is known by
none of these, numbers decide: those of at most six digits are extensions.
"""

from __future__ import annotations

from collections.abc import Callable

from ami_listeners.messages import AmiEvent

LONGEST_EXTENSION = 6
INBOUND, OUTBOUND, INTERNAL = "inbound", "outbound", "internal"


class Directions:
    """Know what is inside."""

    def __init__(self, is_agent: Callable[[str], bool], is_trunk: Callable[[str], bool]) -> None:
        self._is_agent, self._is_trunk = is_agent, is_trunk
        self._inside: set[str] = set()

    def registered(self, endpoint: str, uri: str) -> None:
        """Take in where an endpoint can be reached; a phone's address has its name in it."""
        if endpoint and uri.partition(":")[2].partition("@")[0] == endpoint:
            self._inside.add(endpoint)

    def contact(self, event: AmiEvent) -> tuple[()]:
        """Take in a ContactStatus."""
        self.registered(event.text("EndpointName"), event.text("URI"))
        return ()

    def inside(self, account: str, number: str) -> bool:
        """Tell whether what calls by this number, or was called by it, is inside."""
        if account in self._inside or self._is_agent(account):
            return True
        if account and account == number:
            self._inside.add(account)
            return True
        if self._is_trunk(account):
            return False
        return number.isdigit() and len(number) <= LONGEST_EXTENSION
