"""Write the mail that tells of a message; what a caller sent as number and name is only text in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime

from ari_apps.notices.notice import Notice
from ari_apps.numbers import plain_name, plain_number


def letter(
    notice: Notice, sender: str, to: Sequence[str], zone: dt.tzinfo, *, sound: bytes | None, missing: str = ""
) -> EmailMessage:
    """Write it, with the message's sound as WAV or without; `missing` says why a sound is not there."""
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, ", ".join(to)
    mail["Subject"] = undecoded(f"New message in {plain_name(notice.box)} from {who(notice)}")
    mail["Date"] = format_datetime(notice.left_at)
    mail["Message-ID"] = f"<{notice.voicemail}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's out-of-office answers it
    mail.set_content("\n".join(lines(notice, zone, missing)) + "\n")
    if sound is not None:
        mail.add_attachment(sound, maintype="audio", subtype="wav", filename=f"{notice.voicemail}.wav")
    return mail


def undecoded(text: str) -> str:
    """Keep what looks like an encoded word (RFC 2047) from being decoded, line ends included."""
    return text.replace("=?", "= ?")


def who(notice: Notice) -> str:
    """Say who called, in one short line."""
    number = plain_number(notice.number) or "an unknown number"
    name = plain_name(notice.name)
    return f"{name} ({number})" if name else number


def lines(notice: Notice, zone: dt.tzinfo, missing: str) -> list[str]:
    """Say what there is to say of the message."""
    said = [
        f"From:    {who(notice)}",
        f"Called:  {plain_number(notice.called)}",
        f"Left:    {notice.left_at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}",
        f"Lasts:   {notice.duration_s:.0f} s",
        f"Box:     {plain_name(notice.box)}",
        "",
        f"To hear it: callfloor voicemail play {notice.voicemail}",
    ]
    return [*said, "", missing] if missing else said
