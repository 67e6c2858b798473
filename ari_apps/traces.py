"""What channels carry, so that a later process can take a call up where this one left it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

VARIABLE = "CALLFLOOR"
"""The channel variable that holds a trace."""


CALLBACK_LINE = "back-"
"""What the ids of channels begin with on which customers are called back; visit and call follow."""


def callback_line(visit: str, call: str) -> str:
    """Name a channel on which a customer is called back, as no other is; `call` has no dash."""
    return f"{CALLBACK_LINE}{visit}-{call}"


def visit_called_back(channel_id: str) -> str:
    """Return the visit for which a customer is called back on this channel."""
    return channel_id.removeprefix(CALLBACK_LINE).rpartition("-")[0]


def is_callback_line(channel_id: str) -> bool:
    """Tell whether a customer is called back on this channel."""
    return channel_id.startswith(CALLBACK_LINE)


class CallTrace(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Where a customer's call is; times are seconds since 1970, which another process understands."""

    contact: str
    to: str
    """The destination the call is at."""
    started_at: float
    visit: str | None = None
    queue: str | None = None
    joined_at: float | None = None
    waited_before_s: float = 0.0
    answered_at: float | None = None
    priority: int = 0
    skills: dict[str, int] = {}
    language: str = "en"
    came_from: str | None = None


def write(trace: CallTrace) -> str:
    """Turn a trace into the variable's value."""
    return msgspec.json.encode(trace).decode()


def read(value: str | None) -> CallTrace | None:
    """Read the variable's value; None when there is none, or it is not ours."""
    try:
        return msgspec.json.decode(value, type=CallTrace) if value else None
    except msgspec.DecodeError:
        return None


@dataclass(frozen=True, slots=True)
class LegTrace:
    """Whose leg this is, and whom it serves; it travels in the arguments of the leg's Stasis application."""

    agent: str
    offer: str
    visit: str

    def as_arguments(self) -> tuple[str, str, str]:
        """Return what the leg is to carry."""
        return (self.agent, self.offer, self.visit)


def read_leg(app_data: str) -> LegTrace | None:
    """Read application data, `callfloor,leg,AGENT,OFFER,VISIT`; None when the channel is no agent's leg."""
    match app_data.split(","):
        case [_, "leg", agent, offer, visit]:
            return LegTrace(agent, offer, visit)
        case _:
            return None
