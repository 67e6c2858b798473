"""The server that takes callfloor's mail: `[mail]` of floor.toml; its password is the secret `mail`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from ari_apps.configuration.written_values import Address, Login, MailAddress, is_loopback
from ari_apps.ivr.settings import Section

SMTPS_PORT = 465


class Security(StrEnum):
    """How nobody on the way reads along."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailSettings(Section):
    """Where mail is handed in, as whom, and from whom it comes."""

    server: Address
    sender: MailAddress = Field(alias="from")
    security: Security | None = None
    """None: `tls` on port 465, `none` on this machine, else `starttls`."""
    user: Login | None = None
    """None: nobody logs in."""
    ca: Path | None = None
    """Certificates that are trusted in place of the system's, relative to floor.toml."""
    timeout_s: float = Field(default=30.0, gt=0, le=120)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.secured_by is Security.NONE and not self.stays_here:
            raise ValueError(
                f"security = 'none' lets everybody on the way to {self.server} read along, "
                "write starttls or tls"
            )
        return self

    @property
    def stays_here(self) -> bool:
        """Whether the server is on this machine."""
        return is_loopback(self.server.host)

    @property
    def secured_by(self) -> Security:
        """What is done where nothing is said."""
        if self.security is not None:
            return self.security
        if self.server.port == SMTPS_PORT:
            return Security.TLS
        return Security.NONE if self.stays_here else Security.STARTTLS
