"""Ports that nobody has: for an Asterisk of ours that may listen anywhere."""

from __future__ import annotations

import itertools
import os
import random
import socket
from typing import Final

RTP_PORTS: Final = range(10_000, 22_000)
LISTENING_PORTS: Final = range(22_000, 32_000)
"""Both below the ports that Linux gives to outgoing connections, which could take one between our look and
Asterisk's."""

CLAIMS: Final = 200
"""Ports that a program keeps for itself: from our look at them until long after Asterisk listens there."""

_claims: dict[int, int] = {}
"""Open file descriptors by port, which the end of the process closes."""
_next_ports = itertools.cycle(
    random.sample(LISTENING_PORTS, len(LISTENING_PORTS))  # spreads programs that start together
)


def rtp_ports(count: int) -> tuple[int, int]:
    """Choose so many ports for RTP, and return the first and the last; Asterisk passes over taken ones."""
    first = random.randrange(RTP_PORTS.start, RTP_PORTS.stop - count, 2)  # noqa: S311 - guards nothing
    return first, first + count - 1


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that is free for TCP and UDP at this moment, and that nobody was given of late.

    Nobody: no other process on this machine that asks this function, either.
    """
    return next(port for port in _next_ports if take(host, port))


def take(host: str, port: int) -> bool:
    """Take a port, if it is free and no other process on this machine has taken it so; tell whether."""
    return is_free(host, port) and _claim(port)


def is_free(host: str, port: int) -> bool:
    """Tell whether nobody has this port, for TCP and for UDP."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def _claim(port: int) -> bool:
    """Have a port's name, which the kernel gives to one process at a time and takes back when that ends."""
    if port in _claims:
        return True
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        name.bind(f"\0callfloor/port/{port}")
    except OSError:
        name.close()
        return False
    _claims[port] = name.detach()
    if len(_claims) > CLAIMS:
        os.close(_claims.pop(next(iter(_claims))))
    return True
