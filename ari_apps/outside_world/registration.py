"""What a phone says to be registered: REGISTER with digest credentials (RFC 3261 §10, RFC 2617), as texts.

Asterisk could register too, but lets up to ten seconds pass before it does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import md5

from ari_apps.configuration.settings import Address

_STATUS = re.compile(r"SIP/2\.0 (\d{3}) ")
_HEADER = re.compile(r"^([\w-]+)[ \t]*:[ \t]*(.*?)\r?$", re.MULTILINE)
_PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


@dataclass(frozen=True, slots=True)
class Answer:
    """What the floor said to a REGISTER."""

    status: int
    cseq: int
    challenge: str
    """The value of WWW-Authenticate for MD5; empty where there is none."""


class Registration:
    """One phone's registration: writes its requests, and knows the answers to them from other packets."""

    def __init__(self, user: str, floor: Address, new_id: Callable[[], str]) -> None:
        self._user = user
        self._floor = floor
        self._new_id = new_id
        self._call_id = new_id()
        self._tag = new_id()
        self.cseq = 0
        """Of the last request."""

    def request(self, contact: Address, expires_s: int, *, password: str = "", challenge: str = "") -> bytes:
        """Write the next request; 0 seconds is goodbye. With the challenge of a 401 it has credentials."""
        self.cseq += 1
        who = f"<sip:{self._user}@{self._floor}>"
        lines = [
            f"REGISTER sip:{self._floor} SIP/2.0",
            f"Via: SIP/2.0/UDP {contact};rport;branch=z9hG4bK{self._new_id()}",
            "Max-Forwards: 70",
            f"From: {who};tag={self._tag}",
            f"To: {who}",
            f"Call-ID: {self._call_id}",
            f"CSeq: {self.cseq} REGISTER",
            f"Contact: <sip:{self._user}@{contact}>",
            f"Expires: {expires_s}",
        ]
        if challenge:
            lines.append(f"Authorization: {self._credentials(challenge, password)}")
        return "\r\n".join([*lines, "Content-Length: 0", "", ""]).encode()

    def read(self, packet: bytes) -> Answer | None:
        """Read the floor's answer to one of our requests; None when the packet is anything else."""
        text = packet.decode(errors="replace")
        if (status := _STATUS.match(text)) is None or f"Call-ID: {self._call_id}" not in text:
            return None
        headers = [(name.lower(), value) for name, value in _HEADER.findall(text)]
        cseq = next((int(value.split()[0]) for name, value in headers if name == "cseq"), 0)
        challenges = [value for name, value in headers if name == "www-authenticate"]
        challenge = next((one for one in challenges if parameters(one).get("algorithm", "MD5") == "MD5"), "")
        return Answer(int(status[1]), cseq, challenge)

    def _credentials(self, challenge: str, password: str) -> str:
        asked = parameters(challenge)
        uri, nonce, cnonce = f"sip:{self._floor}", asked["nonce"], self._new_id()
        secret = digest(self._user, asked["realm"], password)
        response = digest(secret, nonce, "00000001", cnonce, "auth", digest("REGISTER", uri))
        given = {
            "username": self._user,
            "realm": asked["realm"],
            "nonce": nonce,
            "uri": uri,
            "response": response,
            "cnonce": cnonce,
            **({"opaque": asked["opaque"]} if "opaque" in asked else {}),
        }
        quoted = ", ".join(f'{name}="{value}"' for name, value in given.items())
        return f"Digest {quoted}, algorithm=MD5, qop=auth, nc=00000001"


def parameters(challenge: str) -> dict[str, str]:
    """Read the parameters of a challenge."""
    return {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(challenge)}


def digest(*parts: str) -> str:
    """Hash as digest access authentication does."""
    return md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()
