"""What the SIP side saw of each call; moments are seconds on the machine's monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Side = Literal["outside", "floor"]


@dataclass(slots=True, kw_only=True)
class CallRecord:
    """One call between somebody outside and the floor."""

    id: str
    """Of the channel in the outside world's Asterisk."""
    party: str
    """Who outside: a phone's account, or a telephone number."""
    dialled_by: Side
    number: str
    """What was dialled; on the floor's calls to phones the account."""
    from_number: str
    from_name: str
    dialled_at: float
    """When the INVITE left, or came in."""
    rang_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    ended_by: Side | None = None
    """Who hung up first, as seen from outside."""
    cause: int = 0
    """Q.850."""
    sip_status: int = 0
    """Of a call the floor refused, such as 486; 0 elsewhere."""
    keys_heard: str = ""
    """Keys pressed on the floor's side."""

    @property
    def talked_s(self) -> float | None:
        """How long the line was open; None when it never was or still is."""
        if self.answered_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.answered_at


@dataclass(slots=True)
class CallLog:
    """Every call there was, in the order in which they began."""

    records: list[CallRecord] = field(default_factory=list)

    def of(self, party: str) -> list[CallRecord]:
        """Return the calls of one phone or number."""
        return [record for record in self.records if record.party == party]

    def begun_by(self, side: Side) -> list[CallRecord]:
        """Return the calls that one side dialled."""
        return [record for record in self.records if record.dialled_by == side]
