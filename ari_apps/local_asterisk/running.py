"""Run an Asterisk from a rendered folder, for as long as somebody needs it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from configparser import ConfigParser
from pathlib import Path
from types import TracebackType
from typing import Self

from ari_apps.local_asterisk.installation import AsteriskInstallation
from queue_strategies.errors import CallfloorError

UNTIL_THE_PARENT_DIES = (
    "import ctypes, os, signal, sys\n"
    "ctypes.CDLL(None).prctl(1, signal.SIGTERM)\n"  # PR_SET_PDEATHSIG, which survives the exec
    "if os.getppid() == int(sys.argv[1]): os.execv(sys.argv[2], sys.argv[2:])\n"
)
LONGEST_SOCKET_PATH = 107


class AsteriskFailedError(CallfloorError):
    """Asterisk did not start, or does not answer; the sentence says what its log says."""


class RunningAsterisk:
    """An Asterisk that runs while the context is open.

    >>> async with RunningAsterisk(installation, config_dir) as asterisk:
    ...     await asterisk.cli("core show version")

    It ends with its context, and with the process that started it, however that ends. Entering raises
    AsteriskFailedError when it is not fully booted in time or when a port it is told to listen on is taken.
    """

    def __init__(
        self,
        installation: AsteriskInstallation,
        config_dir: Path,
        *,
        boot_timeout_s: float = 30.0,
        stop_timeout_s: float = 5.0,
        outlives_parent: bool = False,
    ) -> None:
        self.installation = installation
        self.config_dir = config_dir
        self.boot_timeout_s = boot_timeout_s
        self.stop_timeout_s = stop_timeout_s
        self.outlives_parent = outlives_parent
        self._process: Process | None = None
        self._log_began = 0

        directories = read_directories(config_dir)
        self.run_dir = Path(directories["astrundir"])
        self.log_file = Path(directories["astlogdir"]) / "messages.log"

    @property
    def pid(self) -> int:
        """The process id; raises AsteriskFailedError when it was never started."""
        if self._process is None:
            raise AsteriskFailedError("this Asterisk has not been started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.returncode is None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start it and wait until it is fully booted."""
        control = self.run_dir / "asterisk.ctl"
        if len(str(control)) > LONGEST_SOCKET_PATH:
            raise AsteriskFailedError(
                f"{control} is too long for a socket's name: choose a folder with a shorter path"
            )
        if answers(control):
            raise AsteriskFailedError(f"an Asterisk runs from {self.config_dir} already: stop it first")
        control.unlink(missing_ok=True)
        self._log_began = self.log_file.stat().st_size if self.log_file.exists() else 0
        command = self.installation.command(self.config_dir)
        if not self.outlives_parent:
            command = [sys.executable, "-I", "-S", "-c", UNTIL_THE_PARENT_DIES, str(os.getpid()), *command]
        self._process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True
        )
        try:
            async with asyncio.timeout(self.boot_timeout_s):
                await self._wait_booted(control)
        except TimeoutError:
            await self.stop()
            raise AsteriskFailedError(
                f"Asterisk was not up after {self.boot_timeout_s:.0f} s; its log is {self.log_file}"
            ) from None
        except BaseException:
            await self.stop()
            raise
        if taken := find_taken_port(self.read_log()):
            await self.stop()
            raise AsteriskFailedError(taken)

    async def _wait_booted(self, control: Path) -> None:
        while True:
            if not self.running:
                raise AsteriskFailedError(
                    f"Asterisk ended while it started: {last_error(self.read_log(), self.log_file)}"
                )
            if is_there(control) and "fully booted" in await self.cli("core waitfullybooted"):
                return
            await asyncio.sleep(0.05)

    def read_log(self) -> str:
        """Read what it has logged since it was started."""
        if not self.log_file.exists():
            return ""
        with self.log_file.open("rb") as log:
            log.seek(self._log_began)
            return log.read().decode(errors="replace")

    async def cli(self, command: str, *, timeout_s: float = 20.0) -> str:
        """Give a command to its console and return what it prints; raises AsteriskFailedError."""
        process = await asyncio.create_subprocess_exec(
            *self.installation.cli(self.config_dir, command), stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
        )
        try:
            async with asyncio.timeout(timeout_s):
                printed, _ = await process.communicate()
        except TimeoutError:
            raise AsteriskFailedError(
                f"Asterisk did not answer `{command}` within {timeout_s:.0f} s"
            ) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return printed.decode(errors="replace")

    async def wait(self) -> int:
        """Wait until it ends by itself; gives the exit status."""
        if self._process is None:
            raise AsteriskFailedError("this Asterisk has not been started")
        return await self._process.wait()

    async def stop(self) -> None:
        """End it: asked first, killed when it takes too long."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(self.stop_timeout_s):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def kill(self) -> None:
        """Take it away without a warning, as a crash would."""
        if self.running and self._process is not None:
            self._process.kill()
            await self._process.wait()


def answers(path: Path) -> bool:
    """Tell whether somebody listens on a local socket."""
    with socket.socket(socket.AF_UNIX) as local:
        try:
            local.connect(str(path))
        except OSError:
            return False
        return True


def is_there(path: Path) -> bool:
    """Tell whether a local path exists."""
    return path.exists()


def read_directories(config_dir: Path) -> dict[str, str]:
    """Read the [directories] of asterisk.conf; raises AsteriskFailedError where it cannot."""
    path = config_dir / "asterisk.conf"
    try:
        text = path.read_text()
    except OSError as error:
        raise AsteriskFailedError(
            f"{path} cannot be read ({error.strerror}): write it with `callfloor render {config_dir}`"
        ) from error
    parser = ConfigParser(delimiters=("=",), comment_prefixes=(";",), interpolation=None, strict=False)
    parser.read_string(re.sub(r"=>", "=", text).replace("(!)", ""))
    names = dict(parser["directories"]) if parser.has_section("directories") else {}
    for needed in ("astrundir", "astlogdir"):
        if needed not in names:
            raise AsteriskFailedError(f"{path}: [directories] does not set {needed}")
    return names


def find_taken_port(log: str) -> str | None:
    """Find in Asterisk's log that it could not listen somewhere; Asterisk itself goes on without."""
    for line in log.splitlines():
        if "Address already in use" in line or "Unable to bind" in line:
            return (
                f"a port Asterisk should listen on is taken by another program ({message_of(line)}): "
                "stop that one, or choose another port in [asterisk] of floor.toml"
            )
    return None


def last_error(log: str, path: Path) -> str:
    """Find the last error of a log."""
    errors = [message_of(line) for line in log.splitlines() if "ERROR[" in line]
    return errors[-1] if errors else f"its log is {path}"


def message_of(line: str) -> str:
    """Take the message out of a log line, without date, level and place in the source."""
    return re.sub(r"^.*?(?:ERROR|WARNING|NOTICE)\[[^\]]*\](?:\[[^\]]*\])?:? *(?:\S+\.c: )?", "", line).strip()
