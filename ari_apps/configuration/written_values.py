"""How addresses, names, numbers and the like are written in floor.toml, and what is refused."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, core_schema

HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_EXTENSION = re.compile(r"[0-9]{1,12}")
_NUMBER = re.compile(r"\+?[0-9*#]{1,32}")
_MAIL_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
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


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, by its address or as localhost."""
    return host == "localhost" or (is_ip(host) and ipaddress.ip_address(host).is_loopback)


def sip_host(uri: str) -> str:
    """Take the host out of a SIP address, without the brackets of IPv6."""
    found = _SIP_URI.fullmatch(uri)
    return found["host"].strip("[]") if found else ""


def _is_host(bare: str, written: str) -> bool:
    if ":" in bare:
        return is_ip(bare) and written != bare
    return bool(HOST.fullmatch(bare))


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
    return given if HOST.fullmatch(given) and not re.fullmatch(r"[0-9.]+", given) else _network(given)


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
MailAddress = Annotated[
    str,
    StringConstraints(max_length=254),
    _matching(_MAIL_ADDRESS, "mail address, write one alone, without a name, as in anna@example.com"),
]
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
