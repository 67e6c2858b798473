"""Where Asterisk is and how events travel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Transport = Literal["outbound", "inbound"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AriSettings:
    """Everything the client needs to know; times in seconds."""

    url: str = "http://127.0.0.1:8088"
    """Asterisk's HTTP server, without `/ari`."""
    user: str
    password: str = field(repr=False)
    app: str = "callfloor"
    """The name in `Stasis(callfloor,…)`; one connection at a time may have it."""
    events: Literal["outbound", "inbound", "auto"] = "auto"
    """outbound: Asterisk connects to us (>= 22.5) and keeps events while we are away; inbound: we connect."""
    events_listen: str = "127.0.0.1:8090"
    """Where the outbound WebSocket reaches us; port 0 takes a free one."""
    events_path: str = "/ari/events"
    events_user: str = "callfloor"
    events_password: str = field(default="", repr=False)
    ignored_events: tuple[str, ...] = ("ChannelDialplan", "ChannelVarset")
    """Event types Asterisk is asked not to send.

    Several come with every call and say nothing to the floor.
    """
    request_timeout_s: float = 5.0
    """A request unanswered for so long is OutcomeUnknown.

    Some verbs wait for a playback to end: stop it first.
    """
    connections: int = 32
    """REST connections at most; Asterisk's `sessionlimit` is 100 unless set."""
    keep_alive_s: float = 10.0
    """Asterisk closes an idle connection after 15 s; we must be first."""
    ping_every_s: float = 2.0
    silent_after_s: float = 6.0
    """A peer from which nothing came for so long, not even a pong, counts as disconnected until it speaks."""
    back_off_s: float = 0.2
    back_off_cap_s: float = 3.0
