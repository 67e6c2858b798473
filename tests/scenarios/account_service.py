"""A web service that menus ask about callers: it knows one, is slow about another, and babbles of a third."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from ari_apps.local_asterisk.free_ports import free_port

GOLD, SLOW, NONSENSE = "4711", "5000", "6000"
"""Account numbers."""


class AccountService:
    """Answers at `url`, with the account's number at the end of it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[str] = []
        self._over = asyncio.Event()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}/accounts"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer, each account in its own way."""
        number = request.match_info["number"]
        self.asked.append(number)
        if number == SLOW:
            await self._over.wait()
        if number == NONSENSE:
            return web.Response(body=b"\xff\xfe<html>{'tier': gold", content_type="application/json")
        return web.json_response({"tier": "gold" if number == GOLD else "none"})

    def close(self) -> None:
        """Let those go who still wait."""
        self._over.set()


@asynccontextmanager
async def account_service() -> AsyncIterator[AccountService]:
    """Run one for as long as the context is open."""
    service = AccountService(free_port())
    application = web.Application()
    application.router.add_get("/accounts/{number}", service.answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", service.port).start()
        yield service
    finally:
        service.close()
        await runner.cleanup()
