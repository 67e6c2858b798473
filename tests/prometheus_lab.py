"""A real Prometheus and its promtool for tests, from Debian's or Ubuntu's package, unpacked without root."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from ari_apps.local_asterisk.free_ports import free_port
from ari_apps.local_asterisk.installation import tree_program
from ari_apps.local_asterisk.package_source import own_source
from ari_apps.local_asterisk.packages import Progress
from tests.unpacked import unpacked

RECIPE = 1
"""Raised when what is unpacked changes."""
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class PrometheusInstallation:
    """An unpacked Prometheus."""

    root: Path

    def promtool(self, *words: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run promtool to its end."""
        command = [*tree_program(self.root, "usr/bin/promtool"), *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=folder)

    def check_metrics(self, text: str) -> list[str]:
        """Let promtool read what `/metrics` says; return what it finds fault with."""
        command = [*tree_program(self.root, "usr/bin/promtool"), "check", "metrics"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120, check=False)
        return done.stderr.splitlines()

    def serve(self, config: Path, data: Path, listen: str) -> Sequence[str]:
        """Give the command that runs Prometheus."""
        return (
            *tree_program(self.root, "usr/bin/prometheus"),
            f"--config.file={config}",
            f"--storage.tsdb.path={data}",
            f"--web.listen-address={listen}",
        )


def find_or_install_prometheus(progress: Progress = lambda _text, _fraction: None) -> PrometheusInstallation:
    """Find Prometheus in the user's cache, or unpack one there; a second caller waits for the first.

    Raises AsteriskMissingError, which says what keeps packages from being fetched.
    """
    name = f"prometheus/recipe{RECIPE}"
    return PrometheusInstallation(unpacked(name, ["prometheus"], own_source(None), progress))


@dataclass(frozen=True, slots=True)
class Prometheus:
    """One that runs."""

    url: str
    session: aiohttp.ClientSession

    async def ask(self, path: str, **asked: str) -> Any:
        """Ask its HTTP API."""
        async with self.session.get(f"{self.url}/api/v1/{path}", params=asked) as answer:
            told = await answer.json()
        assert told["status"] == "success", told
        return told["data"]

    async def query(self, expression: str) -> dict[tuple[tuple[str, str], ...], float]:
        """Evaluate an expression now: values by their sorted labels, the name left out."""
        found = (await self.ask("query", query=expression))["result"]
        return {
            tuple(sorted((key, text) for key, text in one["metric"].items() if key != "__name__")): float(
                one["value"][1]
            )
            for one in found
        }


@asynccontextmanager
async def running_prometheus(
    installation: PrometheusInstallation, config: Path, data: Path
) -> AsyncIterator[Prometheus]:
    """Run a Prometheus with this configuration; it is asked once it answers."""
    listen = f"127.0.0.1:{free_port()}"
    with (config.parent / "prometheus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *installation.serve(config, data, listen), stdout=log, stderr=log
        )
    try:
        async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_S):
            while not await is_ready(session, f"http://{listen}/-/ready"):
                assert process.returncode is None, (config.parent / "prometheus.log").read_text()
                await asyncio.sleep(0.1)
        async with aiohttp.ClientSession() as session:
            yield Prometheus(f"http://{listen}", session)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def is_ready(session: aiohttp.ClientSession, url: str) -> bool:
    """Tell whether it answers that it is ready."""
    try:
        async with session.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientConnectionError:
        return False
