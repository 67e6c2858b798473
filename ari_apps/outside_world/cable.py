"""The cable between one phone and the floor: everything the phone says in SIP goes through it, or is lost.

A phone cannot vanish while the program that plays it is alive: that program answers. With the cable pulled
the floor sends into the void, as it does with a phone that somebody unplugged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ari_apps.configuration.settings import Address

Endpoint = tuple[str, int]


class Cable(asyncio.DatagramProtocol):
    """A socket that passes datagrams on between a phone and the floor."""

    def __init__(self, phone: Address, floor: Address) -> None:
        self._phone: Endpoint = (phone.host, phone.port)
        self._floor: Endpoint = (floor.host, floor.port)
        self._transport: asyncio.DatagramTransport | None = None
        self.address = Address("", 0)
        """Where the floor sees the phone."""
        self.keeps: Callable[[bytes], bool] = lambda _packet: False
        """Asked about each packet of the floor: True for one that is not for the phone's telephone part."""
        self.plugged = True
        self.lost_total = 0

    async def open(self, host: str) -> None:
        """Lay the cable; every phone has a host address of its own, by which its calls are known."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, 0))
        self.address = Address(*self._transport.get_extra_info("sockname"))

    def close(self) -> None:
        """Take the cable away."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def send(self, packet: bytes) -> None:
        """Send a packet to the floor, if the cable is plugged in."""
        self._pass_on(packet, self._floor)

    def datagram_received(self, data: bytes, source: Endpoint) -> None:
        """Pass one datagram on."""
        if source == self._phone:
            self._pass_on(data, self._floor)
        elif not self.plugged or not self.keeps(data):
            self._pass_on(data, self._phone)

    def error_received(self, exc: Exception) -> None:
        """Take note that nobody listens at one end, such as a floor that is being restarted."""
        self.lost_total += 1

    def _pass_on(self, packet: bytes, to: Endpoint) -> None:
        if self.plugged and self._transport is not None:
            self._transport.sendto(packet, to)
        else:
            self.lost_total += 1
