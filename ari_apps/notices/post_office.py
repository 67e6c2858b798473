"""Hand mail to the server of `[mail]`; whatever goes wrong is a value with its reason."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import structlog

from ari_apps.configuration.mail import MailSettings, Security
from ari_apps.notices.notice import NotTold, Told

log = structlog.get_logger()

REASON_MAX = 200


async def hand_in(
    mail: EmailMessage, settings: MailSettings, password: str | None, folder: Path
) -> Told | NotTold:
    """Send a mail, within the time that is set; `folder` is where floor.toml lies."""
    secured = settings.secured_by
    try:
        async with asyncio.timeout(settings.timeout_s):
            refused, _ = await aiosmtplib.send(
                mail,
                hostname=settings.server.host,
                port=settings.server.port,
                username=settings.user,
                password=password,
                use_tls=secured is Security.TLS,
                start_tls=secured is Security.STARTTLS,
                cert_bundle=str(folder / settings.ca) if settings.ca is not None else None,
                timeout=settings.timeout_s,
            )
    except TimeoutError:
        return NotTold(f"no answer from {settings.server} within {settings.timeout_s:g} s")
    except (aiosmtplib.SMTPException, OSError) as error:
        return NotTold(f"{settings.server}: {reason(error)}")
    if refused:
        log.warning("voicemail.mail_refused_for_some", server=str(settings.server), refused=len(refused))
    return Told()


def reason(error: Exception) -> str:
    """Say in one line what a server, or the way to it, has against a mail."""
    said = " ".join(str(error).split()) or type(error).__name__
    return "".join(letter for letter in said if letter.isprintable())[:REASON_MAX]
