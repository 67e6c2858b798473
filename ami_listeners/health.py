"""Tell the truth about ourselves: `/healthz` to whoever restarts us, `/readyz` to whoever sends us calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Check:
    """One thing callfloor depends on."""

    name: str
    up: bool
    reason: str = ""
    """Why it is not up, or what to know although it is."""
    needed: bool = True
    """Without it calls are not served; the database is not needed, as facts wait in the spool."""


Checks = Callable[[], list[Check]]


class Health:
    """What each half of callfloor says of its dependencies."""

    def __init__(self) -> None:
        self._sources: list[Checks] = []

    def add(self, checks: Checks) -> None:
        """Ask this source too."""
        self._sources.append(checks)

    def checks(self) -> list[Check]:
        """Ask everybody."""
        return [check for source in self._sources for check in source()]

    @property
    def ready(self) -> bool:
        """Tell whether calls can be served now."""
        return all(check.up for check in self.checks() if check.needed)

    async def healthz(self, _: web.Request) -> web.Response:
        """Answer that the process is alive and its event loop turns; nothing more."""
        return web.json_response({"status": "alive"})

    async def readyz(self, _: web.Request) -> web.Response:
        """Answer 200 when calls can be served, else 503; each dependency with its reason."""
        body = {
            "ready": self.ready,
            "checks": {
                check.name: {"up": check.up, "needed": check.needed, "reason": check.reason}
                for check in self.checks()
            },
        }
        return web.json_response(body, status=200 if self.ready else 503)
