"""Ask a running floor by its REST API, as the command line does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
from pydantic import BaseModel, TypeAdapter
from yarl import URL

from ari_apps.configuration.floor_toml import FloorConfiguration
from ari_apps.configuration.secret_files import SecretFiles
from queue_strategies.errors import CallfloorError

TIMEOUT_S = 15.0
TIMEOUT = aiohttp.ClientTimeout(sock_connect=TIMEOUT_S, sock_read=TIMEOUT_S)
M = TypeVar("M", bound=BaseModel)


class ApiError(CallfloorError):
    """The floor said no, or there was none to ask."""


class NotWrittenError(CallfloorError):
    """What was asked for came, and could not be kept."""


class ApiClient:
    """Ask the floor of a configuration; each verb runs an event loop of its own."""

    def __init__(self, configuration: FloorConfiguration) -> None:
        self._root = f"http://{configuration.http.listen.reachable}/api/v1"
        self._token = SecretFiles(configuration.secrets_dir()).get("api")

    def get_many(self, path: str, model: type[M]) -> list[M]:
        """Return a list of things."""
        return TypeAdapter(list[model]).validate_json(self._ask("GET", path))  # type: ignore[valid-type]

    def get(self, path: str, model: type[M]) -> M:
        """Return one thing."""
        return model.model_validate_json(self._ask("GET", path))

    def post(self, *names: str, body: dict[str, Any] | None = None) -> bytes:
        """Have something done at the path of these names; return what is said to it."""
        return self._ask("POST", path_of(names), body)

    def post_at(self, path: str) -> None:
        """Have something done at a path, with what stands behind its question mark."""
        self._ask("POST", path, None)

    def put(self, *names: str, body: dict[str, Any]) -> None:
        """Set what is at the path of these names."""
        self._ask("PUT", path_of(names), body)

    def delete(self, *names: str) -> None:
        """Have what is at the path of these names removed."""
        self._ask("DELETE", path_of(names))

    def download(self, path: str, to: Path) -> None:
        """Write a file that is given at a path into one of ours, whole or not at all."""
        asyncio.run(self._download(path, to))

    async def _download(self, path: str, to: Path) -> None:
        half_done = to.with_name(f".{to.name}.part")
        try:
            with half_done.open("wb") as file:
                await self._fetch("GET", path, None, file.write)
            half_done.replace(to)
        except OSError as error:
            raise NotWrittenError(f"{to} cannot be written: {error.strerror}") from None
        finally:
            with suppress(OSError):
                half_done.unlink()

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        return asyncio.run(self._request(method, path, body))

    async def _request(self, method: str, path: str, body: dict[str, Any] | None) -> bytes:
        content = bytearray()
        await self._fetch(method, path, body, content.extend)
        return bytes(content)

    async def _fetch(
        self, method: str, path: str, body: dict[str, Any] | None, take: Callable[[bytes], object]
    ) -> None:
        url = URL(f"{self._root}/{path}", encoded=True)
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            async with (
                aiohttp.ClientSession(
                    timeout=aiohttp.ClientTimeout(sock_connect=TIMEOUT_S, sock_read=TIMEOUT_S)
                ) as session,
                session.request(method, url, json=body, headers=headers) as answer,
            ):
                if answer.status >= 400:
                    content = await answer.read()
                    raise ApiError(_sentence(content) or f"{url} answered {answer.status} {answer.reason}")
                async for piece in answer.content.iter_any():
                    take(piece)
        except aiohttp.ClientPayloadError:
            raise ApiError(f"{url} broke off in the middle, the floor's log says why") from None
        except (aiohttp.ClientConnectionError, TimeoutError):
            raise ApiError(f"no floor answers at {self._root}, start it with: callfloor serve") from None


def path_of(names: Sequence[str]) -> str:
    """Make a path of names; whatever is in one stays inside it."""
    return "/".join(quote(name, safe="") for name in names)


def _sentence(content: bytes) -> str | None:
    try:
        return str(TypeAdapter(dict[str, str]).validate_json(content)["error"])
    except (ValueError, KeyError):
        return None
