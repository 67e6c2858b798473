"""The part of floor.toml that says who is there: the site, Asterisk, queues, agents, phones and trunks."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from ari_apps.destinations import Destination, Reference, refer
from ari_apps.ivr_settings import Language, Section
from queue_strategies.model import EmptyRule

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_EXTENSION = re.compile(r"[0-9]{1,12}")
_NUMBER = re.compile(r"\+?[0-9*#]{1,32}")
_SIP_URI = re.compile(
    r"sips?:(?:(?P<user>[A-Za-z0-9_.+*#~%-]{1,64})@)?(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*)"
    r"(?::(?P<port>[0-9]{1,5}))?(?:;transport=(?:udp|tcp|tls|ws|wss))?(?:;lr)?"
)


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port; written `127.0.0.1:5060` or `[::1]:5060`."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: object) -> Address:
        """Read `host:port`; raise ValueError with the right form when it is none."""
        if isinstance(text, Address):
            return text
        host, _, port = text.rpartition(":") if isinstance(text, str) else ("", "", "")
        bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        if (
            not port.isascii()
            or not port.isdigit()
            or not 1 <= int(port) <= 65535
            or not _is_host(bare, host)
        ):
            raise ValueError(
                f"{text!r} is no address, write host:port as in 127.0.0.1:8088 (ports 1 to 65535)"
            )
        return cls(bare, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_everywhere(self) -> bool:
        """Whether it stands for every address of the machine."""
        return self.host in ("0.0.0.0", "::")  # noqa: S104 - only recognised

    @property
    def is_loopback(self) -> bool:
        """Whether only programs on this machine reach it."""
        return is_ip(self.host) and ipaddress.ip_address(self.host).is_loopback

    @property
    def reachable(self) -> Address:
        """How a program on this machine reaches it."""
        here = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - only recognised
        return Address(here.get(self.host, self.host), self.port)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let pydantic read an address from a string and write it as one."""
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.to_string_ser_schema()
        )


def is_ip(host: str) -> bool:
    """Tell whether it is an IP address, not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def sip_host(uri: str) -> str:
    """Take the host out of a SIP address, without the brackets of IPv6."""
    found = _SIP_URI.fullmatch(uri)
    return found["host"].strip("[]") if found else ""


def _is_host(bare: str, written: str) -> bool:
    if ":" in bare:
        return is_ip(bare) and written != bare
    return bool(_HOST.fullmatch(bare))


def _ip_only(given: Address) -> Address:
    if not is_ip(given.host):
        raise ValueError(f"{given.host!r} is no IP address, and Asterisk listens on those only")
    return given


def _network(given: str) -> str:
    try:
        return str(ipaddress.ip_network(given, strict=False))
    except ValueError:
        raise ValueError(f"{given!r} is no network, write an address or one with /bits") from None


def _source(given: str) -> str:
    return given if _HOST.fullmatch(given) and not re.fullmatch(r"[0-9.]+", given) else _network(given)


def _matching(pattern: re.Pattern[str], what: str) -> AfterValidator:
    def check(given: str) -> str:
        if not pattern.fullmatch(given):
            raise ValueError(f"{given!r} is no {what}")
        return given

    return AfterValidator(check)


def _timezone(given: str) -> str:
    try:
        ZoneInfo(given)
    except Exception:  # ZoneInfo raises errors of many kinds for what is no name of a zone
        near = get_close_matches(given, available_timezones(), n=1)
        hint = f"did you mean {near[0]}?" if near else "write an IANA name such as Europe/Berlin"
        raise ValueError(f"unknown time zone {given!r}, {hint}") from None
    return given


def _printable(given: str) -> str:
    if not given.isprintable():
        raise ValueError(f"{given!r} holds a character that cannot be printed, write plain text on one line")
    return given


Name = Annotated[str, _matching(_NAME, "name, write small letters, digits, - and _ (at most 40)")]
Extension = Annotated[str, _matching(_EXTENSION, "extension, write 1 to 12 digits in quotes")]
Number = Annotated[str, _matching(_NUMBER, "telephone number, write digits, perhaps after a +")]
SipUri = Annotated[str, _matching(_SIP_URI, "SIP address, write it as in sip:anna@192.0.2.7:5060")]
Timezone = Annotated[str, AfterValidator(_timezone)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80), AfterValidator(_printable)]
Login = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80),
    AfterValidator(_printable),
]
Keys = Annotated[str, StringConstraints(pattern=r"^[0-9*#]*$")]
Listen = Annotated[Address, AfterValidator(_ip_only)]
Network = Annotated[str, AfterValidator(_network)]
Source = Annotated[str, AfterValidator(_source)]
Codec = Literal["ulaw", "alaw", "g722", "opus", "g729", "gsm", "speex", "ilbc"]


class SiteSettings(Section):
    """The floor's name and what holds where nothing else is said."""

    name: Name = "callfloor"
    timezone: Timezone = "UTC"
    language: Language = "en"
    secrets: Path | None = None
    """The folder of the secrets, relative to floor.toml; None: in the user's data folder."""


class AsteriskSettings(Section):
    """Where Asterisk listens, and how the two of us find each other."""

    sip_bind: Listen = Address("127.0.0.1", 5060)
    """UDP and TCP."""
    external_address: str | None = Field(default=None, pattern=_HOST.pattern)
    """What phones beyond a NAT see of us; None: there is no NAT."""
    local_networks: tuple[Network, ...] = ()
    """Networks on this side of the NAT."""
    rtp_ports: tuple[Annotated[int, Field(ge=1024, le=65535)], Annotated[int, Field(ge=1024, le=65535)]] = (
        10000,
        10999,
    )
    rtp_timeout_s: int = Field(default=60, ge=0, le=86400)
    """A call whose other side sends no sound at all for this long is ended; 0: never."""
    codecs: tuple[Codec, ...] = Field(default=("alaw", "ulaw", "g722", "opus"), min_length=1)
    """In the order of preference."""
    qualify_s: int = Field(default=15, ge=0, le=3600)
    """Phones and trunks are asked this often whether they are there; 0: never."""
    ari: Listen = Address("127.0.0.1", 8088)
    """Asterisk's HTTP server: ARI, and phones in browsers."""
    ari_connect: Address | None = None
    """How callfloor reaches it; None: at `ari`. Likewise ami_connect, and events_connect for Asterisk."""
    https: Listen | None = None
    """The same over TLS, as phones in browsers of other machines need it."""
    certificate: Path | None = None
    private_key: Path | None = None
    ami: Listen = Address("127.0.0.1", 5038)
    ami_connect: Address | None = None
    permit: tuple[Network, ...] = ("127.0.0.0/8", "::1/128")
    """From where ARI and AMI may be used."""
    events: Literal["auto", "outbound", "inbound"] = "auto"
    """`outbound`: Asterisk (22.5 or newer) connects to us, and a restart of ours loses no call."""
    events_listen: Listen = Address("127.0.0.1", 8090)
    events_connect: Address | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.rtp_ports[1] - self.rtp_ports[0] < 9:
            raise ValueError(f"rtp_ports = {list(self.rtp_ports)} leaves no room, write [lowest, highest]")
        if self.https and not self.certificate:
            raise ValueError("https needs a certificate: set certificate (and private_key) to its PEM files")
        return self

    @property
    def ari_address(self) -> Address:
        """Where callfloor reaches ARI."""
        return self.ari_connect or self.ari.reachable

    @property
    def ami_address(self) -> Address:
        """Where callfloor reaches AMI."""
        return self.ami_connect or self.ami.reachable

    @property
    def events_address(self) -> Address:
        """Where Asterisk's outbound WebSocket reaches callfloor."""
        return self.events_connect or self.events_listen.reachable


class HttpSettings(Section):
    """Where people and Prometheus reach callfloor."""

    listen: Listen = Address("127.0.0.1", 8080)
    listeners_listen: Listen = Address("127.0.0.1", 8081)


class OverflowSettings(Section):
    """Where a queue sends a caller it lets go of; None: hang up."""

    timed_out: Destination | None = None
    left_empty: Destination | None = None
    full: Destination | None = None
    exited_by_key: Destination | None = None
    withdrawn: Destination | None = None

    def references(self, place: str) -> Iterator[Reference]:
        """Yield every name used here."""
        for outcome in type(self).model_fields:
            yield from refer(f"{place}.{outcome}", getattr(self, outcome))


class QueueSettings(Section):
    """A line of waiting callers; see queue_strategies.model.Queue for what each rule means."""

    name: Name
    strategy: str = "longest_idle"
    weight: int = Field(default=0, ge=-1000, le=1000)
    ring_timeout_s: float = Field(default=20.0, gt=0, le=600)
    rest_s: float = Field(default=5.0, ge=0, le=3600)
    unreachable_rest_s: float = Field(default=30.0, ge=0, le=3600)
    wrap_up_s: float = Field(default=0.0, ge=0, le=86400)
    max_wait_s: float | None = Field(default=None, gt=0, le=86400)
    max_length: int | None = Field(default=None, ge=0, le=100_000)
    join_when_empty: EmptyRule = EmptyRule.NOBODY_LOGGED_IN
    leave_when_empty: EmptyRule = EmptyRule.NOBODY_LOGGED_IN
    exit_keys: Keys = ""
    short_abandon_s: float = Field(default=5.0, ge=0, le=3600)
    service_level_s: float = Field(default=20.0, gt=0, le=86400)
    service_level_formula: str = "answered_within/answered_and_abandoned"
    music: Name = "default"
    overflow: OverflowSettings = OverflowSettings()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        needs = {"timed_out": "max_wait_s", "full": "max_length", "exited_by_key": "exit_keys"}
        for outcome, field in needs.items():
            if getattr(self.overflow, outcome) is not None and getattr(self, field) in (None, ""):
                raise ValueError(f"overflow.{outcome} can never happen without {field}")
        if self.exit_keys and self.overflow.exited_by_key is None:
            raise ValueError("exit_keys lead nowhere, say where in overflow.exited_by_key")
        return self


class MembershipSettings(Section):
    """An agent's place in a queue; the queue's name alone will do."""

    queue: Name
    penalty: int = Field(default=0, ge=0, le=1000)


def _as_membership(given: object) -> object:
    return {"queue": given} if isinstance(given, str) else given


class PhoneSettings(Section):
    """A SIP account."""

    id: Name
    """Also the account's name; its password is in the secrets."""
    name: Text = ""
    extension: Extension | None = None
    webrtc: bool = False
    """In a browser."""
    phone: SipUri | None = None
    """Where it always is; None: it registers."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.webrtc and self.phone:
            raise ValueError("webrtc and phone exclude each other, a browser registers")
        return self


class AgentSettings(PhoneSettings):
    """A person who takes calls, and that person's phone."""

    queues: tuple[Annotated[MembershipSettings, BeforeValidator(_as_membership)], ...] = ()
    wrap_up_s: float | None = Field(default=None, ge=0, le=86400)
    """None: as each queue says."""


class TrunkSettings(Section):
    """A line to the outside world."""

    name: Name
    address: SipUri
    match: tuple[Source, ...] = ()
    """Addresses whose calls are this trunk's; none given: the host of `address`."""
    username: Login | None = None
    """With a password in the secrets: our answer when the carrier asks who we are."""
    registers: bool = Field(default=False, alias="register")
    """We register with the carrier under `username`."""
    number: Number | None = None
    """What a carrier that we register with calls us by; None: nothing, and `to` of a route is empty."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.registers and not self.username:
            raise ValueError("register needs a username to register")
        return self

    @property
    def host(self) -> str:
        """The host of the address."""
        return sip_host(self.address)


class OutboundSettings(Section):
    """How calls leave the house."""

    trunk: Name | None = None
    caller_id: Number | None = None
    """The number shown to those we call; None: the trunk's own choice."""


class MusicSettings(Section):
    """Music for those who wait: every sound file of a folder."""

    directory: Path
    random: bool = False
