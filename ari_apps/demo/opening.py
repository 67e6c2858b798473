"""Start everything the demo consists of, and stop it: the floor's Asterisk, callfloor, the outside world."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import NoReturn

from ari_apps.acting import AsteriskFolders
from ari_apps.apps import Apps
from ari_apps.configuration.floor_toml import FloorConfiguration
from ari_apps.configuration.secret_files import SecretFiles
from ari_apps.demo.cast import AGENTS, GUEST, NUMBERS
from ari_apps.demo.staging import DemoError, Stage, write_floor, write_voices
from ari_apps.demo.view import Directions
from ari_apps.local_asterisk.installation import AsteriskInstallation
from ari_apps.local_asterisk.packages import Progress
from ari_apps.local_asterisk.running import RunningAsterisk
from ari_apps.outside_world import Account, OutsideAddresses, OutsideWorld
from ari_apps.rendering import make_private, render, write_private
from ari_apps.running import RunningFloor, running
from queue_strategies.model import AgentState, Queue

READY_S = 30.0


@dataclass(frozen=True, slots=True)
class Opened:
    """What runs while the demo is on."""

    floor: RunningFloor
    apps: Apps
    world: OutsideWorld
    asterisk: RunningAsterisk
    secrets: SecretFiles

    @property
    def queues(self) -> list[Queue]:
        """The queues that callers are offered to, without the agents' own lines."""
        return [queue for queue in self.floor.configuration.floor_queues() if not queue.direct]

    def all_are(self, state: AgentState) -> bool:
        """Tell whether every agent is in this state."""
        agents = self.apps.floor.snapshot(self.floor.clock.moment()).agents
        return all(agent.state is state for agent in agents.values())


@asynccontextmanager
async def opened(stage: Stage, installation: AsteriskInstallation, tell: Progress) -> AsyncIterator[Opened]:
    """Run it all for as long as the context is open."""
    addresses = OutsideAddresses.free()
    configuration = write_floor(stage, addresses, installation)
    secrets = SecretFiles(configuration.secrets_dir())
    make_guest_password(secrets)
    async with AsyncExitStack() as stack:
        tell("starting the floor's Asterisk", None)
        rendered = render(
            configuration,
            stage.asterisk / "etc",
            installation=installation,
            secrets=secrets,
            state=stage.asterisk,
        )
        asterisk = await stack.enter_async_context(RunningAsterisk(installation, rendered.directories.etc))
        tell("starting PostgreSQL and callfloor", None)
        folders = AsteriskFolders(
            sounds=rendered.directories.data / "sounds", recordings=rendered.directories.spool / "recording"
        )
        floor = await stack.enter_async_context(running(configuration, folders=folders))
        if floor.apps is None:
            raise DemoError("the demo needs the whole of callfloor, and was given the listeners alone")
        await floor.apps.ari.ready(READY_S)
        tell("starting the outside world", None)
        world = await stack.enter_async_context(
            OutsideWorld(
                installation,
                stage.outside,
                floor=configuration.asterisk.sip_bind.reachable,
                accounts=[Account(one.id, secrets.get(f"agent-{one.id}")) for one in AGENTS],
                addresses=addresses,
                voices=write_voices(stage, installation),
                clock=floor.clock,
            )
        )
        yield Opened(floor, floor.apps, world, asterisk, secrets)


def make_guest_password(secrets: SecretFiles) -> None:
    """Make up the password of the reader's softphone, short enough to type; an old one stays."""
    if secrets.find(f"phone-{GUEST.id}") is None:
        make_private(secrets.directory)
        write_private(secrets.directory / f"phone-{GUEST.id}", token_urlsafe(9) + "\n")


def directions(stage: Stage, configuration: FloorConfiguration, secrets: SecretFiles) -> Directions:
    """Say where to look, and how to call in."""
    http, sip = configuration.http.listen, configuration.asterisk.sip_bind
    password, number = secrets.get(f"phone-{GUEST.id}"), NUMBERS
    extensions = f"{AGENTS[0].extension} to {AGENTS[-1].extension}"
    dial = f"{number.menu} menu, {number.sales} sales, {number.support} support, {extensions} an agent"
    return Directions(
        first=[
            ("figures", f"http://{http}/metrics"),
            ("API", f"http://{http}/api/v1/floor, described at /api/openapi.json"),
            ("API token", f"in {from_home(secrets.directory / 'api')}"),
            ("softphone", f"user {GUEST.id}, password {password}, server {sip} (UDP)"),
            ("dial", dial),
        ],
        more=[
            ("logs", f"in {from_home(stage.folder)}"),
        ],
    )


def from_home(path: Path) -> str:
    """Write a path as people type it, with ~ for their own folder."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


async def outlive(asterisk: RunningAsterisk, name: str) -> NoReturn:
    """Wait for an Asterisk to end by itself, which it should not; raises DemoError."""
    status = await asterisk.wait()
    raise DemoError(f"{name} ended by itself with status {status}; its log is {asterisk.log_file}")
