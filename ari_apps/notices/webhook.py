"""Tell a web service of a message: a signed POST, by the Standard Webhooks scheme.

Whatever goes wrong is a value with its reason. Nobody is followed elsewhere, and of the answer its status
alone is read.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json

import aiohttp

from ari_apps.notices.notice import Notice, NotTold, Told


def content(notice: Notice) -> bytes:
    """Write what is told, as JSON in UTF-8."""
    told = {
        "type": "voicemail.left",
        "timestamp": _utc(notice.left_at),
        "data": {
            "voicemail": str(notice.voicemail),
            "box": notice.box,
            "contact": notice.contact,
            "number": notice.number,
            "name": notice.name,
            "called": notice.called,
            "duration_s": round(notice.duration_s, 1),
            "sound": f"/api/v1/voicemails/{notice.voicemail}/sound",
        },
    }
    return json.dumps(told, ensure_ascii=False).encode()


def headers(notice: Notice, body: bytes, secret: str, at: dt.datetime) -> dict[str, str]:
    """Sign what is told: HMAC-SHA256, with the secret's bytes as key, over `id.timestamp.body`.

    The id is the message's, at every try: https://github.com/standard-webhooks/standard-webhooks, "Signature
    scheme" and "Idempotency".
    """
    moment = int(at.timestamp())
    signed = f"{notice.voicemail}.{moment}.".encode() + body
    digest = hmac.digest(secret.encode(), signed, hashlib.sha256)
    return {
        "Content-Type": "application/json",
        "User-Agent": "callfloor",
        "webhook-id": str(notice.voicemail),
        "webhook-timestamp": str(moment),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


async def post(
    session: aiohttp.ClientSession, url: str, body: bytes, headers: dict[str, str], timeout_s: float
) -> Told | NotTold:
    """Send it, and wait so long for a status of 200 to 299."""
    try:
        async with session.post(
            url,
            data=body,
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=timeout_s),
            allow_redirects=False,
        ) as response:
            good = 200 <= response.status < 300
            return Told() if good else NotTold(f"status {response.status}")
    except TimeoutError:
        return NotTold(f"no answer within {timeout_s:g} s")
    except aiohttp.ClientError as error:
        return NotTold(type(error).__name__)


def _utc(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="seconds")
