"""How a transfer went that a phone asked for: the answer to its REFER, and the NOTIFY after it (RFC 3515)."""

from __future__ import annotations

import asyncio
import re

_CALL_ID = re.compile(rb"^(?:call-id|i):[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_REFER = re.compile(rb"^cseq:[ \t]*\d+[ \t]+REFER", re.IGNORECASE | re.MULTILINE)
_FRAGMENT = re.compile(rb"\r\n\r\nSIP/2\.0 (\d{3})")


class Transfers:
    """The outcomes of transfers, read in passing from what the floor sends to phones."""

    def __init__(self) -> None:
        self._expected: dict[str, asyncio.Future[int]] = {}

    def expect(self, call_id: str) -> asyncio.Future[int]:
        """Return the SIP status that the transfer of this call will end with."""
        self._expected[call_id] = asyncio.get_running_loop().create_future()
        return self._expected[call_id]

    def note(self, packet: bytes) -> None:
        """Look at a packet of the floor's."""
        if self._expected and (status := outcome(packet)) and (call_id := _CALL_ID.search(packet)):
            expected = self._expected.pop(call_id[1].decode(errors="replace"), None)
            if expected is not None and not expected.done():
                expected.set_result(status)


def outcome(packet: bytes) -> int | None:
    """Return the status with which a transfer ends, if this packet tells one."""
    if packet.startswith(b"SIP/2.0 ") and _REFER.search(packet):
        return int(packet[8:11]) if int(packet[8:11]) >= 300 else None
    if packet.startswith(b"NOTIFY ") and (fragment := _FRAGMENT.search(packet)):
        return int(fragment[1]) if int(fragment[1]) >= 200 else None
    return None
