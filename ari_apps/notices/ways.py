"""The ways in which people are told, by what floor.toml says now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp

from ami_listeners.clock import Clock
from ari_apps.configuration.floor_toml import FloorConfiguration
from ari_apps.configuration.secret_files import SecretError, SecretFiles
from ari_apps.ivr.box_settings import NotifySettings
from ari_apps.message_boxes import MessageBoxes, NoSoundError
from ari_apps.notices import webhook
from ari_apps.notices.letter import letter
from ari_apps.notices.notice import Notice, NotTold, Told
from ari_apps.notices.post_office import hand_in

ATTACHED_MAX_BYTES = 10_000_000
"""About ten minutes; what is larger few servers take."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Everything that telling needs; awaited with a notice, it gives it."""

    session: aiohttp.ClientSession
    configuration: Callable[[], FloorConfiguration]
    secrets: SecretFiles
    boxes: MessageBoxes
    clock: Clock

    async def __call__(self, notice: Notice) -> Told | NotTold:
        """Give a notice; what is not as it was when the message was left, is a reason like another."""
        give = self._by_mail if notice.way == "mail" else self._by_webhook
        try:
            return await give(notice)
        except SecretError as error:
            return NotTold(str(error))

    async def _by_webhook(self, notice: Notice) -> Told | NotTold:
        notify = notify_of(self.configuration(), notice.box)
        if notify.webhook is None:
            return NotTold("the box has no webhook any more")
        body = webhook.content(notice)
        signed = webhook.headers(notice, body, self.secrets.get(notify.signed_by), self.clock.wall())
        return await webhook.post(self.session, notify.webhook, body, signed, notify.timeout_s)

    async def _by_mail(self, notice: Notice) -> Told | NotTold:
        configuration = self.configuration()
        notify, server = notify_of(configuration, notice.box), configuration.mail
        if server is None or not notify.mail:
            return NotTold("the box tells nobody by mail any more")
        password = self.secrets.given("mail") if server.user is not None else None
        sound, missing = await self._sound(notice) if notify.attach else (None, "")
        zone = ZoneInfo(configuration.site.timezone)
        mail = letter(notice, server.sender, notify.mail, zone, sound=sound, missing=missing)
        return await hand_in(mail, server, password, configuration.path.absolute().parent)

    async def _sound(self, notice: Notice) -> tuple[bytes | None, str]:
        """Read what goes with a mail; or say why it does not."""
        row: dict[str, Any] = {"recording": notice.recording}
        try:
            return await asyncio.to_thread(read, self.boxes.file_of(row))
        except (NoSoundError, OSError) as error:
            return None, f"The sound is not attached: {error}"


def notify_of(configuration: FloorConfiguration, box: str) -> NotifySettings:
    """Say who is told of a box's messages; of one that is gone nobody."""
    found = configuration.voicemail.get(box)
    return NotifySettings() if found is None else found.notify


def read(file: Path) -> tuple[bytes | None, str]:
    """Read a sound, unless it is too large; raises OSError."""
    if file.stat().st_size > ATTACHED_MAX_BYTES:
        return None, f"The sound is not attached: it has more than {ATTACHED_MAX_BYTES} bytes."
    return file.read_bytes(), ""


@asynccontextmanager
async def ways(
    configuration: Callable[[], FloorConfiguration], secrets: SecretFiles, boxes: MessageBoxes, clock: Clock
) -> AsyncIterator[Ways]:
    """Give them for as long as the context lasts; raises SecretError when mail lacks its password."""
    mail = configuration().mail
    if mail is not None and mail.user is not None:
        secrets.given("mail")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Ways(session, configuration, secrets, boxes, clock)
