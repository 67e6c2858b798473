"""Ask a running floor by its REST API, as the command line does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
from pydantic import BaseModel, TypeAdapter
from yarl import URL

from ari_apps.configuration.floor_toml import FloorConfiguration
from ari_apps.configuration.secret_files import SecretFiles
from queue_strategies.errors import CallfloorError

TIMEOUT_S = 15.0
M = TypeVar("M", bound=BaseModel)


class ApiError(CallfloorError):
    """The floor said no, or there was none to ask."""


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

    def put(self, *names: str, body: dict[str, Any]) -> None:
        """Set what is at the path of these names."""
        self._ask("PUT", path_of(names), body)

    def delete(self, *names: str) -> None:
        """Have something ended that is at the path of these names."""
        self._ask("DELETE", path_of(names))

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        return asyncio.run(self._request(method, path, body))

    async def _request(self, method: str, path: str, body: dict[str, Any] | None) -> bytes:
        url = URL(f"{self._root}/{path}", encoded=True)
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)) as session,
                session.request(method, url, json=body, headers=headers) as answer,
            ):
                content = await answer.read()
                if answer.status >= 400:
                    raise ApiError(_sentence(content) or f"{url} answered {answer.status} {answer.reason}")
                return content
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
