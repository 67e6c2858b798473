"""A party on a poor line: says what it hears, loses some of it, and complains by RTCP."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ari_apps.local_asterisk.free_ports import free_port

OURS = 0x0BAD_0E57
"""The name of the stream that this party sends (SSRC)."""
SENDER_REPORT, RECEIVER_REPORT = 200, 201


class Ear(asyncio.DatagramProtocol):
    """Sends every packet of sound back, but one of so many."""

    def __init__(self, loses_each: int) -> None:
        self.loses_each, self.heard, self.highest = loses_each, 0, 0

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        self.transport = transport

    def datagram_received(self, data: bytes, sender: tuple[str | Any, int]) -> None:
        """Hear a packet."""
        self.heard += 1
        (self.highest,) = struct.unpack_from("!H", data, 2)
        if self.heard % self.loses_each:
            self.transport.sendto(data[:8] + OURS.to_bytes(4, "big") + data[12:], sender)


class Complaint(asyncio.DatagramProtocol):
    """Answers each sender report, after a while, by saying that a quarter of the packets did not come."""

    def __init__(self, ear: Ear, after_s: float) -> None:
        self.ear, self.after_s = ear, after_s

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        self.transport = transport

    def datagram_received(self, data: bytes, sender: tuple[str | Any, int]) -> None:
        """Be reported to."""
        if data[1] == SENDER_REPORT:
            ssrc, last_report = struct.unpack_from("!I", data, 4)[0], struct.unpack_from("!I", data, 10)[0]
            lost = 0x40 << 24 | self.ear.heard // 4
            answer = struct.pack(
                "!BBHIIIIIII",
                0x81,
                RECEIVER_REPORT,
                7,
                OURS,
                ssrc,
                lost,
                self.ear.highest,
                80,
                last_report,
                0,
            )
            asyncio.get_running_loop().call_later(self.after_s, self.transport.sendto, answer, sender)


@asynccontextmanager
async def poor_line(*, loses_each: int, late_s: float) -> AsyncIterator[int]:
    """Give the port at which such a party hears, as long as the context lasts; complaints come this late."""
    loop = asyncio.get_running_loop()
    ear = Ear(loses_each)
    sockets = two_side_by_side()
    sound, _ = await loop.create_datagram_endpoint(lambda: ear, sock=sockets[0])
    control, _ = await loop.create_datagram_endpoint(lambda: Complaint(ear, late_s), sock=sockets[1])
    try:
        yield int(sockets[0].getsockname()[1])
    finally:
        sound.close()
        control.close()


def two_side_by_side() -> tuple[socket.socket, socket.socket]:
    """Take an even UDP port, for sound, and the odd one after it, for RTCP."""
    for _ in range(50):
        port = free_port() & ~1
        pair = (socket.socket(type=socket.SOCK_DGRAM), socket.socket(type=socket.SOCK_DGRAM))
        try:
            for number, each in enumerate(pair):
                each.bind(("127.0.0.1", port + number))
        except OSError:
            for each in pair:
                each.close()
        else:
            return pair
    raise OSError("no two free ports side by side")
