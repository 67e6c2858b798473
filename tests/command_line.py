"""callfloor as people run it: the real command line, in folders of its own, and all that it says."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.floor_lab import Floor

PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Said:
    """What a command left behind."""

    code: int | None
    text: str

    @property
    def error(self) -> str:
        """The last line, which says what is wrong."""
        return self.text.splitlines()[-1] if self.text else ""


class Serving:
    """A `callfloor serve` that runs."""

    def __init__(self, process: Process, said: Path, http: str) -> None:
        self.process = process
        self._said = said
        self.http = http

    @property
    def faults(self) -> list[str]:
        """What it logged that nobody should have to read."""
        return [line for line in self.text.splitlines() if "Traceback" in line or '"task.failed"' in line]

    @property
    def text(self) -> str:
        """All it has said so far."""
        return self._said.read_text(encoding="utf-8")

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Return what it logged of one kind."""
        lines = [json.loads(line) for line in self.text.splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("event") == event]

    async def until(self, *, ready: bool, **checks: bool | str) -> None:
        """Wait until /readyz says so of the whole and of each dependency: up, down, or down for a reason."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while not is_so(told := await self._ask(), ready, checks):
            assert self.process.returncode is None, f"ended too early:\n{self.text}"
            assert asyncio.get_running_loop().time() < deadline, f"{told} is not {checks}:\n{self.text}"
            await asyncio.sleep(0.1)

    async def _ask(self) -> dict[str, Any] | None:
        with suppress(aiohttp.ClientError, TimeoutError):
            async with aiohttp.ClientSession() as session, session.get(f"{self.http}/readyz") as answer:
                told: dict[str, Any] = await answer.json()
                return told
        return None

    async def ended(self) -> Said:
        """Wait for its end; it must not have come with a traceback."""
        await asyncio.wait_for(self.process.wait(), PATIENCE_S)
        assert "Traceback" not in self.text, self.text
        return Said(self.process.returncode, self.text)

    async def stop(self) -> Said:
        """Send SIGTERM, and wait for the end."""
        if self.process.returncode is None:
            self.process.terminate()
        return await self.ended()


def is_so(told: dict[str, Any] | None, ready: bool, checks: Mapping[str, bool | str]) -> bool:
    """Tell whether /readyz says what is expected."""
    if told is None or told["ready"] is not ready:
        return False
    seen = [(told["checks"][name], expected) for name, expected in checks.items()]
    return all(
        expected in one["reason"] and not one["up"] if isinstance(expected, str) else one["up"] is expected
        for one, expected in seen
    )


class CommandLine:
    """The command line, with a floor.toml and secrets of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "floor.toml"
        self.secrets = folder / "secrets"
        self.spool = folder / "spool"
        self._environment = {
            **os.environ,
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_DATA_HOME": str(folder / "data"),
            "PYTHONUNBUFFERED": "1",
        }

    def configure(self, data: Mapping[str, Any] | str) -> None:
        """Write floor.toml."""
        self.config.write_text(data if isinstance(data, str) else toml(data), encoding="utf-8")

    def serve_floor(self, floor: Floor, **changes: Mapping[str, Any]) -> None:
        """Write the floor.toml of a floor that runs, some of it changed, and take over its secrets."""
        floor.asterisk.secrets.get("api")
        shutil.copytree(floor.asterisk.secrets.directory, self.secrets, dirs_exist_ok=True)
        data = floor.asterisk.configuration.model_dump(mode="json", exclude_unset=True, by_alias=True)
        data["database"] = {"url": floor.database_url, "batch_s": 0.02, "spool_dir": str(self.spool)}
        data["site"]["secrets"] = str(self.secrets)
        self.configure(data | {table: data.get(table, {}) | values for table, values in changes.items()})

    async def run(self, *arguments: str) -> Said:
        """Run a command to its end."""
        async with self.running(*arguments) as command:
            return await command.ended()

    @asynccontextmanager
    async def serving(
        self, *arguments: str, http: object = None, within: Sequence[str] = ()
    ) -> AsyncIterator[Serving]:
        """Run `callfloor serve` for as long as the context is open; `http` is where it answers."""
        words = ("serve", "-c", str(self.config), *arguments)
        async with self.running(*words, http=http, within=within) as serving:
            yield serving

    @asynccontextmanager
    async def running(
        self, *arguments: str, http: object = None, within: Sequence[str] = ()
    ) -> AsyncIterator[Serving]:
        """Run a command for as long as the context is open; `within` is a command that runs others."""
        said = self.folder / f"said-{len(list(self.folder.glob('said-*')))}"
        with said.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *(*within, sys.executable, "-m", "callfloor", *arguments),
                env=self._environment,
                stdin=DEVNULL,
                stdout=output,
                stderr=output,
            )
        serving = Serving(process, said, f"http://{http}")
        try:
            yield serving
        finally:
            await serving.stop()


def toml(data: Mapping[str, Any]) -> str:
    """Write data as TOML: each table of the file in one line."""
    return "".join(f"{json.dumps(key)} = {_inline(value)}\n" for key, value in data.items())


def _inline(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_inline(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)
