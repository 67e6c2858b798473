"""Which of Asterisk's events are worth reading, by who takes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ami_listeners.fold.raw import EVERY

CHANNELS = frozenset({"Newchannel", "Newstate", "Hangup", "BridgeEnter"})
MIXING = frozenset({"BridgeEnter", "BridgeLeave", "Hold", "Unhold", "Hangup"})
DIVERSIONS = frozenset(
    {"Pickup", "DialEnd", "ParkedCall", "UnParkedCall", "ParkedCallTimeOut", "ParkedCallGiveUp"}
)
VISITS = frozenset(
    {
        "QueueCallerJoin", "QueueCallerAbandon", "QueueCallerLeave", "AgentCalled", "AgentRingNoAnswer",
        "AgentConnect", "AgentComplete", "AgentDump", "DialState", "HangupRequest", "Hangup", "VarSet",
        "Newexten", "Hold", "Unhold", "BlindTransfer", "AttendedTransfer", "Pickup", "ParkedCall",
    }
)  # fmt: skip
MEMBERS = frozenset({"QueueMemberAdded", "QueueMemberRemoved", "QueueMemberPause", "QueueMemberStatus"})
PHONES = frozenset({"DeviceStateChange", "ContactStatus", "Registry"})
REPORTS = frozenset({"RTCPSent", "RTCPReceived"})
ORDERED = CHANNELS | MIXING | DIVERSIONS | VISITS
"""What says something else when it comes in another order."""
NARROWED = {"VarSet": b"\r\nVariable: QUEUESTATUS\r\n", "DialEnd": b"\r\nForward: "}
"""Of the many that set a variable, only those are read that say how app_queue let go of a caller; of those
that tell how dialling ended, those of phones that sent the call on.
"""
INTERESTS = {
    name.encode(): NARROWED.get(name, b"")
    for name in CHANNELS | MIXING | DIVERSIONS | VISITS | MEMBERS | PHONES | REPORTS | {"FullyBooted"}
}
"""What is worth reading, by name, and what its block has to hold."""


def interests(raw: Collection[str]) -> Mapping[bytes, bytes] | None:
    """Say what is worth reading where events of these names are kept as they came; None: everything."""
    return None if EVERY in raw else {**INTERESTS, **{name.encode(): b"" for name in raw}}
