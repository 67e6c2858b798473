"""Ask a web service about a caller, and take no longer than a caller bears.

Whatever goes wrong is a value, `NotFound`, with its reason: the call goes on elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from ari_apps.ivr.settings import LookupSettings
from queue_strategies.errors import CallfloorError

LONGEST_VALUE = 1000
"""Characters of a field that are taken over."""


@dataclass(frozen=True, slots=True)
class Found:
    """The service answered."""

    value: str
    """Of the field that decides; empty where the menu names none."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """Fields to remember as variables of the call."""


@dataclass(frozen=True, slots=True)
class NotFound:
    """There is no usable answer."""

    reason: str


Ask = Callable[[LookupSettings, Mapping[str, str]], Coroutine[Any, Any, Found | NotFound]]
"""Ask a service, with the values its address may hold."""


class TokenError(CallfloorError):
    """The file of a bearer token cannot be read."""


def read_token(file: Path) -> str:
    """Read a bearer token; raise TokenError when it is not there or could not be sent."""
    try:
        token = file.expanduser().read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TokenError(f"the token file {file} cannot be read ({error}), write the token into it") from None
    if not re.fullmatch(r"[!-~]+", token):
        raise TokenError(f"the token file {file} holds no token, write one without spaces into it")
    return token


def address(url: str, values: Mapping[str, str]) -> URL | None:
    """Fill in placeholders, each as one percent-encoded piece; None when a value would leave its place.

    A value of dots alone would walk up the path, however it is encoded (WHATWG URL, double-dot segments).
    """
    named = [values.get(name, "") for name in re.findall(r"\{(\w+)\}", url)]
    if any(value and not value.strip(".") for value in named):
        return None
    filled = re.sub(r"\{(\w+)\}", lambda match: _piece(values.get(match[1], "")), url)
    return URL(quote(filled, safe="%/:?#[]@!$&'()*+,;=~"), encoded=True)


def _piece(value: str) -> str:
    return quote(value, safe="", errors="replace")


@asynccontextmanager
async def asking() -> AsyncIterator[Ask]:
    """Give a way to ask for as long as the context lasts; callers share connections, but no cookies."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield partial(look_up, session)


async def look_up(
    session: aiohttp.ClientSession, settings: LookupSettings, values: Mapping[str, str]
) -> Found | NotFound:
    """Ask, within the time and the size that are set."""
    if (url := address(settings.url, values)) is None:
        return NotFound("what the caller sent cannot be part of an address")
    try:
        answer = await _ask(session, settings, url, values)
    except TimeoutError:
        return NotFound(f"no answer within {settings.timeout_s} s")
    except TokenError as error:
        return NotFound(str(error))
    except aiohttp.ClientError as error:
        return NotFound(f"{type(error).__name__} from {url.host}")
    return answer if isinstance(answer, NotFound) else extract(settings, answer)


async def _ask(
    session: aiohttp.ClientSession, settings: LookupSettings, url: URL, values: Mapping[str, str]
) -> bytes | NotFound:
    headers = {"Accept": "application/json"}
    if settings.token_file is not None:
        headers["Authorization"] = f"Bearer {read_token(settings.token_file)}"
    async with session.request(
        settings.method,
        url,
        headers=headers,
        json=dict(values) if settings.method == "POST" else None,
        timeout=aiohttp.ClientTimeout(total=settings.timeout_s),
        allow_redirects=False,
    ) as response:
        if response.status != 200:
            return NotFound(f"status {response.status} from {url.host}")
        content = bytearray()
        async for piece in response.content.iter_any():
            content += piece
            if len(content) > settings.max_bytes:
                return NotFound(f"more than {settings.max_bytes} bytes from {url.host}")
        return bytes(content)


def extract(settings: LookupSettings, content: bytes) -> Found | NotFound:
    """Take the fields the menu names out of a JSON answer."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return NotFound("the answer is not JSON")
    value = field_of(answer, settings.value) if settings.value else ""
    if value is None:
        return NotFound(f"the answer has no {settings.value!r}")
    found = {name: field_of(answer, path) for name, path in settings.keep.items()}
    return Found(value, {name: text for name, text in found.items() if text is not None})


def field_of(answer: object, path: str) -> str | None:
    """Return what stands at `orders.0.state` as text; None when there is nothing, or more than one value."""
    for name in path.split("."):
        if isinstance(answer, Mapping):
            answer = answer.get(name)
        elif (
            isinstance(answer, Sequence) and not isinstance(answer, str) and re.fullmatch(r"[0-9]{1,6}", name)
        ):
            answer = answer[int(name)] if int(name) < len(answer) else None
        else:
            return None
    if isinstance(answer, bool):
        return "true" if answer else "false"
    return str(answer)[:LONGEST_VALUE] if isinstance(answer, str | int | float) else None
