"""Run a floor: the wiring of apps, listeners, journal and HTTP."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from importlib.metadata import version
from pathlib import Path
from random import SystemRandom
from typing import Any
from zoneinfo import ZoneInfo

import platformdirs
import structlog
from aiohttp import web
from pydantic import SecretStr

from ami_listeners.clock import Clock
from ami_listeners.data_quality import QualityOfLastDay
from ami_listeners.database import Database
from ami_listeners.errors import DatabaseUnreachable
from ami_listeners.exporter import Exporter
from ami_listeners.exposition.figure_lines import FigureLines
from ami_listeners.exposition.floor_lines import FloorLines
from ami_listeners.exposition.native_census import native_census
from ami_listeners.health import Check, Health
from ami_listeners.health_metrics import ami_families, journal_families
from ami_listeners.journal import Journal
from ami_listeners.listener import Listener
from ami_listeners.listening_metrics import Listening, call_families
from ami_listeners.local_postgres import database_url, default_data_dir
from ami_listeners.native_snapshot import together
from ami_listeners.phone_watch import PhoneWatch
from ami_listeners.reconciling.job import Reconciling
from ami_listeners.reconciling.sources import Records, RecordSource
from ami_listeners.retention import Retention
from ami_listeners.settings import DatabaseSettings
from ami_listeners.surveyed import Surveyed
from ari_apps.acting import AsteriskFolders, acting
from ari_apps.apps import Apps
from ari_apps.ari_metrics import ari_families
from ari_apps.callback_warnings import CallbackWarnings
from ari_apps.configuration.changes import RemovedQueue, check_reloadable, removed_queues
from ari_apps.configuration.floor_toml import FloorConfiguration, load
from ari_apps.configuration.secret_files import SecretFiles
from ari_apps.configuration.settings import Address
from ari_apps.console.api import add_api
from ari_apps.console.audit import Audit
from ari_apps.console.desk import Desk
from ari_apps.console.disposing import Disposing
from ari_apps.console.door import Door
from ari_apps.console.monitorings import MonitoringDesk
from ari_apps.console.offers_recollected import OffersRecollected
from ari_apps.console.operation import Operation
from ari_apps.console.operations import operations
from ari_apps.console.reach import Reach
from ari_apps.console.recordings import RecordingDesk
from ari_apps.console.reporting import Reporting
from ari_apps.console.sessions import Sessions
from ari_apps.console.tokens import Tokens
from ari_apps.console.users import Users
from ari_apps.console.voicemails import VoicemailDesk
from ari_apps.crew import Crew
from ari_apps.last_agents import DAYS, LastAgents
from ari_apps.message_boxes import MessageBoxes
from ari_apps.monitoring.unended import end_unended
from ari_apps.notices.notifier import Notifier
from ari_apps.notices.ways import ways
from ari_apps.reconcile.before import Recall
from ari_apps.recording.archive import Archive
from ari_apps.recording.metrics import recording_families
from ari_apps.rights.gate import Gate
from ari_apps.rights.store import Store
from ari_apps.rights.trail import Trail
from queue_strategies.errors import CallfloorError
from queue_strategies.estimates import Estimate
from queue_strategies.facts import Fact
from queue_strategies.figures import Figures
from queue_strategies.floor import Counting, FloorSnapshot
from queue_strategies.model import AgentId, Queue, QueueName

log = structlog.get_logger()

VERSION = version("callfloor")
DATABASE_AGAIN_S = 5.0


class Half(StrEnum):
    """Which half of callfloor a process runs."""

    APPS = "apps"
    LISTENERS = "listeners"


class AddressTakenError(CallfloorError):
    """An address that callfloor is to listen on is not free."""


@dataclass(slots=True)
class RunningFloor:
    """A floor that runs, for those who want to look at it."""

    configuration: FloorConfiguration
    clock: Clock
    figures: Figures
    journal: Journal
    health: Health
    exporter: Exporter
    telling: Crew
    queues_told: asyncio.Task[None] | None = None
    apps: Apps | None = None
    listener: Listener | None = None
    archive: Archive | None = None
    """Of recordings, where calls are recorded."""
    watchers: list[Callable[[Fact], None]] = field(default_factory=list)
    """Told every fact, as it becomes true."""
    listening: Listening = field(default_factory=Listening)
    measured: Sequence[Queue] = ()
    """The queues of the file, by whose rules visits are measured."""

    def given_up(self) -> Iterator[Coroutine[Any, Any, object]]:
        """Yield what ends, by an error that says why, when trying further is vain."""
        if self.apps is not None:
            yield self.apps.ari.watch()
        elif self.listener is not None:
            yield self.listener.watch()

    def reload(self) -> list[RemovedQueue]:
        """Go on by what the floor.toml says now; nothing changes where it is refused.

        Return the queues that were removed and are served until nobody is in them any more. Raises
        ConfigurationError with every problem, or naming what cannot change in a running floor.
        """
        after = load(self.configuration.path)
        check_reloadable(self.configuration, after)
        removed = removed_queues(self.snapshot_of_ours(), after)
        if self.apps is not None:
            self.apps.reconfigure(after)
        if self.listener is not None:
            self.listener.fold.configure({queue.name: queue for queue in after.floor_queues()})
        self.configuration = after
        self.tell_queues()
        for queue in removed:
            log.warning("queue.removed", queue=queue.name, waiting=queue.waiting, to_call_back=queue.kept)
        return removed

    def tell_queues(self) -> None:
        """Measure each queue by its rules; let the database know them as soon as it is there."""
        self.measured = [queue for queue in self.configuration.floor_queues() if not queue.direct]
        if self.queues_told is not None:
            self.queues_told.cancel()  # it would tell what holds no more, and might be the last to do so
        telling = _tell_queues(self.journal, self.configuration)
        self.queues_told = self.telling.start(telling, "tell the database of the queues")

    def rules(self) -> dict[QueueName, Queue]:
        """Return every queue that has figures: those of the file, Asterisk's own, those still served."""
        native = self.listener.fold.rules.values() if self.listener else ()
        closed = self.apps.floor.closed_queues() if self.apps else ()
        return {queue.name: queue for queue in (*native, *closed, *self.measured) if not queue.direct}

    def snapshot(self) -> FloorSnapshot:
        """Show the floor and Asterisk's own queues as they are now."""
        ours = self.snapshot_of_ours()
        return together(ours, self.listener.snapshot()) if self.listener else ours

    def snapshot_of_ours(self) -> FloorSnapshot:
        """Show the floor without Asterisk's own queues."""
        now = self.clock.moment()
        return self.apps.floor.snapshot(now) if self.apps else FloorSnapshot(now, {}, {})

    def census(self) -> Counting | None:
        """Count callers and agents of the floor, where it is led here."""
        return self.apps.floor.census() if self.apps else None

    def native_census(self) -> Counting | None:
        """Count callers and members of Asterisk's own queues, where they are listened to here."""
        return native_census(self.listener.fold) if self.listener else None

    def agents_known(self) -> list[AgentId]:
        """Return every agent that has figures here: those of the file, members of Asterisk's own queues."""
        native = self.listener.fold.members.places if self.listener else ()
        return [*(AgentId(agent.id) for agent in self.configuration.agents), *native]

    def expected_wait(self, queue: QueueName, now: float) -> Estimate | None:
        """Estimate the wait of a caller who joined a queue of the floor now."""
        return self.apps.floor.expected_wait(queue, now) if self.apps else None

    def remember(self, fact: Fact) -> None:
        """Count a fact, keep it, and tell whoever watches."""
        self.figures.add(fact)
        if self.apps is not None:
            self.apps.last_agents.take(fact)
        self.journal.write(fact)
        self.tell_watchers(fact)

    def tell_watchers(self, fact: Fact) -> None:
        """Tell whoever watches."""
        for watcher in self.watchers:
            watcher(fact)


@asynccontextmanager
async def running(
    configuration: FloorConfiguration,
    *,
    only: Half | None = None,
    folders: AsteriskFolders | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[RunningFloor]:
    """Run a floor, or one half of it, for as long as the context is open; calls in Asterisk outlive it."""
    secrets = SecretFiles(configuration.secrets_dir())
    async with AsyncExitStack() as stack:
        floor = await _remembering(configuration, secrets, only, clock or Clock(), stack)
        if only is not Half.LISTENERS:
            floor.apps = await _acting(floor, secrets, folders or AsteriskFolders.of(configuration), stack)
            await _notifying(floor, floor.apps, secrets, stack)
        await _listening(floor, secrets, only, stack)
        await _serving(floor, secrets, only, stack)
        yield floor


async def _remembering(
    configuration: FloorConfiguration,
    secrets: SecretFiles,
    only: Half | None,
    clock: Clock,
    stack: AsyncExitStack,
) -> RunningFloor:
    """Start what every half needs: the journal, the figures, and their health."""
    settings = database_settings(configuration, secrets)
    url = await stack.enter_async_context(database_url(settings))
    database = Database(url, settings, clock)
    stack.push_async_callback(database.stop)
    spool = spool_folder(configuration) / (only or "all")
    journal = Journal(database, spool, clock, configuration.asterisk.system)
    await journal.start()
    stack.push_async_callback(journal.stop)
    telling = Crew()
    stack.push_async_callback(telling.leave)
    telling.start(database.keep_checking(), "check the database")
    floor = RunningFloor(configuration, clock, Figures(), journal, Health(), Exporter(), telling)
    floor.tell_queues()
    floor.exporter.show(FigureLines(floor.figures, floor.rules, floor.agents_known))
    floor.exporter.show(
        FloorLines(clock.moment, floor=floor.census, native=floor.native_census, expect=floor.expected_wait)
    )
    floor.watchers.append(floor.listening.take)
    floor.exporter.add(floor.listening.families)
    floor.exporter.add(lambda: journal_families(journal.health(), database.health, clock.moment()))
    if only is not Half.APPS:
        quality = QualityOfLastDay(database)
        telling.start(quality.keep_asking(), "ask how well the last day was heard")
        floor.exporter.add(quality.families)
        retention = Retention(database, configuration.retention)
        telling.start(retention.keep_forgetting(), "forget what is old")
        if sources := list(record_sources(configuration, secrets)):
            reconciling = Reconciling(database, sources, configuration.asterisk.system)
            telling.start(reconciling.keep_comparing(), "compare calls with what Asterisk recorded")
            floor.exporter.add(reconciling.families)
    floor.health.add(lambda: [Check("database", database.health.up, database.health.reason, needed=False)])
    floor.health.add(lambda: [Check("disk", not (why := journal.trouble), why, needed=False)])
    return floor


def spool_folder(configuration: FloorConfiguration) -> Path:
    """Name the folder where facts wait for the database, each process in one of its own."""
    state = platformdirs.user_state_path("callfloor") / configuration.site.name
    return configuration.database.spool_dir or state / "spool"


def record_sources(
    configuration: FloorConfiguration, secrets: SecretFiles | None = None
) -> Iterator[RecordSource]:
    """Yield what Asterisk records of calls, as floor.toml says where that is."""
    settings = configuration.reconcile
    secrets = secrets or SecretFiles(configuration.secrets_dir())
    zone = ZoneInfo(settings.timezone or configuration.site.timezone)
    for records, place, table in (
        (Records.CDR, settings.cdr, settings.cdr_table),
        (Records.CEL, settings.cel, settings.cel_table),
    ):
        if place is not None:
            password = secrets.find(str(records))
            yield RecordSource(records=records, place=place, zone=zone, password=password, table=table)


def database_settings(configuration: FloorConfiguration, secrets: SecretFiles) -> DatabaseSettings:
    """Complete what floor.toml says: the password of a database that wants one, a folder for our own."""
    settings, more = configuration.database, dict[str, object]()
    if (password := secrets.find("database")) is not None:
        more["password"] = SecretStr(password)
    if settings.url is None and settings.data_dir is None:
        more["data_dir"] = default_data_dir().with_name(f"postgres-{configuration.site.name}")
    return settings.model_copy(update=more)


async def _tell_queues(journal: Journal, configuration: FloorConfiguration) -> None:
    while True:
        try:
            await journal.know_queues(configuration.floor_queues())
        except DatabaseUnreachable:
            await asyncio.sleep(DATABASE_AGAIN_S)
        else:
            return


async def _recall_last_agents(journal: Journal, last_agents: LastAgents) -> None:
    """Learn who talked to whom before we started, as soon as the database is there."""
    while True:
        try:
            rows = await journal.rows("last_agents", days=DAYS)
        except DatabaseUnreachable:
            await asyncio.sleep(DATABASE_AGAIN_S)
        else:
            last_agents.recall((number, AgentId(agent)) for number, agent in rows)
            return


async def _acting(
    floor: RunningFloor, secrets: SecretFiles, folders: AsteriskFolders, stack: AsyncExitStack
) -> Apps:
    """Start the apps where the agents were, and tell how Asterisk fares."""
    configuration, clock = floor.configuration, floor.clock
    floor.watchers.append(CallbackWarnings().take)
    apps = await stack.enter_async_context(
        acting(
            configuration,
            secrets,
            folders,
            clock=clock,
            remember=floor.remember,
            recall=Recall(floor.journal, clock),
            asked_lately=Surveyed(floor.journal).lately,
        )
    )
    floor.telling.start(_recall_last_agents(floor.journal, apps.last_agents), "recall the last agents")
    floor.watchers.extend((apps.monitoring.take, apps.recordings.take))
    ending = end_unended(floor.journal, apps.monitoring.leftovers.cleared, clock, floor.remember)
    floor.telling.start(ending, "end what supervisors heard before")
    health = apps.ari.health()
    floor.exporter.add(lambda: ari_families(health))
    floor.health.add(lambda: [Check("ari", health.connected, health.reason)])
    floor.health.add(lambda: [Check("calls", apps.adoption.settled, apps.adoption.unsettled)])
    return apps


async def _notifying(floor: RunningFloor, apps: Apps, secrets: SecretFiles, stack: AsyncExitStack) -> None:
    """Tell people of new messages, for as long as nothing else of the floor has ended."""
    configuration = lambda: floor.configuration  # noqa: E731
    telling = await stack.enter_async_context(
        ways(configuration, secrets, message_boxes(floor, apps), floor.clock)
    )
    notifier = Notifier(floor.journal, telling, configuration, SystemRandom())
    floor.watchers.append(notifier.take)
    floor.exporter.add(notifier.figures.families)
    crew = Crew()
    stack.push_async_callback(crew.leave)
    crew.start(notifier.keep_telling(), "tell of messages")


def message_boxes(floor: RunningFloor, apps: Apps) -> MessageBoxes:
    """Find the messages that callers left."""
    return MessageBoxes(floor.journal.database, apps.recordings_folder, floor.remember, floor.clock.moment)


async def _listening(
    floor: RunningFloor, secrets: SecretFiles, only: Half | None, stack: AsyncExitStack
) -> None:
    """Listen to AMI: for everything, or, when another process does that, for the agents' phones alone."""
    configuration, apps = floor.configuration, floor.apps
    settings, on_device = configuration.ami_settings(secrets.get("ami")), apps.phone_changed if apps else None
    ears: PhoneWatch | Listener
    if only is Half.APPS and on_device is not None:
        ears = PhoneWatch(settings, clock=floor.clock, on_device=on_device)
    else:
        ears = listener = floor.listener = Listener(
            settings,
            journal=floor.journal,
            figures=floor.figures,
            clock=floor.clock,
            queues=configuration.floor_queues(),
            ours={AgentId(agent.id) for agent in configuration.agents},
            trunks={trunk.name for trunk in configuration.trunks},
            on_device=on_device,
            on_fact=floor.tell_watchers,
        )
        if apps is not None:
            apps.call_of = listener.fold.calls.call_of
            apps.recordings.native.listen_by(listener.fold)
        floor.exporter.add(lambda: call_families(listener.fold.calls.open, floor.clock.moment()))
    await ears.start()
    stack.push_async_callback(ears.stop)
    if apps is not None:
        apps.monitoring.foreign.connection = ears.connection
        stack.push_async_callback(apps.monitoring.leave)  # as long as agents can be let back
    ami, trouble = ears.health, partial(getattr, ears, "trouble")
    floor.exporter.add(lambda: ami_families(ami))
    floor.health.add(
        lambda: [Check("ami", ami.up and not trouble(), trouble() or ami.reason, needed=apps is None)]
    )


async def _serving(
    floor: RunningFloor, secrets: SecretFiles, only: Half | None, stack: AsyncExitStack
) -> None:
    """Answer people and Prometheus over HTTP."""
    site = web.Application()
    site.router.add_get("/metrics", floor.exporter.handle)
    site.router.add_get("/healthz", floor.health.healthz)
    site.router.add_get("/readyz", floor.health.readyz)
    reach = Reach(floor.snapshot_of_ours, lambda: floor.configuration)
    gate = Gate(Store(floor.journal.database), secrets.get("api"), floor.configuration.http, floor.clock)
    floor.telling.start(gate.store.keep_tending(), "know users and tokens")
    answered = _answered_everywhere(floor, gate)
    if floor.apps is not None:
        desk = Desk(floor.apps, floor.clock, floor.reload, OffersRecollected(floor.journal).of)
        monitoring = MonitoringDesk(floor.apps.monitoring, floor.apps.directory, floor.clock)
        recorded = _recording_desk(floor, floor.apps).operations()
        disposing = Disposing(
            floor.apps.dispositions, floor.journal, lambda id_: floor.configuration.team_of(id_)
        )
        boxes = message_boxes(floor, floor.apps)
        voicemails = VoicemailDesk(boxes, floor.apps, reach).operations()
        own = (*operations(desk, reach), *monitoring.operations(), *recorded, *voicemails)
        own = (*own, *disposing.operations())
        answered = (*own, *answered)
    add_api(site, answered, door=Door(gate, reach, Trail(floor.remember, floor.clock)), version=VERSION)
    http = floor.configuration.http
    runner = web.AppRunner(site, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    field = "listeners_listen" if only is Half.LISTENERS else "listen"
    await _listen(runner, f"http.{field}", getattr(http, field))


def _answered_everywhere(floor: RunningFloor, gate: Gate) -> tuple[Operation, ...]:
    """List what each half answers: reports, users, tokens, the trail."""
    database = floor.journal.database
    return (
        *Reporting(database, lambda: floor.configuration).operations(),
        *Sessions(gate).operations(),
        *Users(gate, lambda: floor.configuration).operations(),
        *Tokens(gate.store, floor.clock).operations(),
        *Audit(database, lambda: floor.configuration.site.timezone).operations(),
    )


def _recording_desk(floor: RunningFloor, apps: Apps) -> RecordingDesk:
    """Let recordings be found and heard, and forget those that were kept long enough."""
    database, remember = floor.journal.database, floor.remember
    archive = floor.archive = Archive(database, apps.shelf, remember, floor.clock.moment)
    floor.telling.start(archive.keep_forgetting(), "forget old recordings")
    floor.exporter.add(lambda: recording_families(apps.recordings.running, apps.keeping.figures))
    timezone = lambda: floor.configuration.site.timezone  # noqa: E731
    return RecordingDesk(apps.recordings, archive, apps.directory, timezone)


async def _listen(runner: web.AppRunner, place: str, address: Address) -> None:
    try:
        await web.TCPSite(runner, address.host, address.port).start()
    except OSError as error:
        raise AddressTakenError(
            f"{place}: {address} cannot be listened on ({os.strerror(error.errno or 0)}), "
            "stop the other program or choose another in floor.toml"
        ) from None
