"""Who lives in the outside world, and at which addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from ari_apps.configuration.settings import Address
from ari_apps.local_asterisk.free_ports import free_port, rtp_ports
from queue_strategies.errors import CallfloorError

PHONES_HOST = "127.0.0.1"
CARRIER_HOST = "127.0.0.2"
"""Another address than the phones', because a floor knows its trunks by the address calls come from."""
RTP_PORTS_EACH = 2_000


class OutsideWorldError(CallfloorError):
    """Something in the outside world went another way than it was told to."""


@dataclass(frozen=True, slots=True)
class Account:
    """A SIP account of the floor: an agent's phone, or a guest's."""

    id: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """How the floor and the carrier know each other; by address alone when there is no user name."""

    username: str | None = None
    password: str = field(default="", repr=False)
    floor_registers: bool = False
    """Callers reach the floor where it last registered, not at its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideAddresses:
    """Where the outside world listens; all of it on this machine's loopback."""

    phones: Address
    carrier: Address
    """What a floor's trunk has as `address`."""
    ari_port: int
    ami_port: int
    rtp_ports: tuple[int, int]

    @classmethod
    def free(cls) -> Self:
        """Choose ports that nobody listens on at this moment."""
        first_rtp, _ = rtp_ports(2 * RTP_PORTS_EACH)  # as many behind them are for a floor
        return cls(
            phones=Address(PHONES_HOST, free_port(PHONES_HOST)),
            carrier=Address(CARRIER_HOST, free_port(CARRIER_HOST)),
            ari_port=free_port(PHONES_HOST),
            ami_port=free_port(PHONES_HOST),
            rtp_ports=(first_rtp, first_rtp + RTP_PORTS_EACH - 1),
        )
