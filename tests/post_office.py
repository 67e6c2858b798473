"""A mail server and a web service that are told of messages; each can be out of order."""

from __future__ import annotations

import asyncio
import datetime as dt
import email.policy
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def write_certificate(file: Path) -> Path:
    """Write a certificate for 127.0.0.1, signed by itself, and its key into one file."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]),
    )
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return file


class PostOffice:
    """Takes mail of those alone who know the password, over TLS."""

    def __init__(self, password: str, certificate: Path) -> None:
        self._password = password.encode()
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(certificate)
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.closed = False
        self.turned_away = 0

    def speak(self) -> SMTP:
        """Speak SMTP with one client."""
        return SMTP(
            self,
            tls_context=self.context,
            require_starttls=True,
            auth_required=True,
            authenticator=self._knows,
        )

    def _knows(self, server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        known = isinstance(data, LoginPassword) and data.password == self._password
        return AuthResult(success=known, handled=False)

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail, or say that it is to come later."""
        if self.closed:
            self.turned_away += 1
            return "451 4.3.0 come again later"
        mail = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(envelope.content)
        self.mails.append(mail)
        self.recipients.append(envelope.rcpt_tos)
        return "250 taken"


class Hook:
    """Is told by POST, and keeps what it was told at which path."""

    def __init__(self) -> None:
        self.told: list[tuple[str, bytes, dict[str, str]]] = []
        self.broken: set[str] = set()
        """Paths that answer 500."""

    async def answer(self, request: web.Request) -> web.Response:
        """Take what is told."""
        self.told.append((request.path, await request.read(), dict(request.headers)))
        return web.Response(status=500 if request.path in self.broken else 204)

    def told_at(self, path: str) -> list[tuple[bytes, dict[str, str]]]:
        """Return what was told at one path."""
        return [(body, headers) for at, body, headers in self.told if at == path]


@asynccontextmanager
async def open_at(post_office: PostOffice, mail_port: int, hook: Hook, hook_port: int) -> AsyncIterator[None]:
    """Open both for as long as the context is open."""
    application = web.Application()
    application.router.add_post("/{path}", hook.answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    server = await asyncio.get_running_loop().create_server(post_office.speak, "127.0.0.1", mail_port)
    try:
        await web.TCPSite(runner, "127.0.0.1", hook_port).start()
        yield
    finally:
        server.close()
        await runner.cleanup()
