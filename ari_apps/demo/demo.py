"""A living call centre from one command: everything is started, shown, and ended again."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from ari_apps.agents import AgentAction
from ari_apps.console.client import ApiClient
from ari_apps.crew import Crew, first_of
from ari_apps.demo.cast import AGENTS
from ari_apps.demo.logs import Logs, Trouble, logging_to
from ari_apps.demo.opening import Opened, directions, opened, outlive
from ari_apps.demo.people import People
from ari_apps.demo.show import Show
from ari_apps.demo.staging import Stage
from ari_apps.demo.summary import figures_table, verdict
from ari_apps.demo.terminal import Terminal, let_go_of_terminal
from ari_apps.local_asterisk.installation import AsteriskInstallation
from ari_apps.outside_world import OutsideCall, OutsideWorldError
from ari_apps.progress import shown_progress
from queue_strategies.model import AgentId, AgentState

GOING_HOME_S = 5.0
ANSWERED_WITHIN_S = 5.0
LOOK_AGAIN_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for."""

    seed: int
    minutes: float | None = None
    """None: until somebody ends it."""
    plain: bool = False


async def show_demo(
    stage: Stage, installation: AsteriskInstallation, options: Options, console: Terminal
) -> bool:
    """Show a floor until it is over, and say how it was; return whether no log has an error.

    SIGINT, SIGTERM and the closing of its terminal end it, at whatever point; what was started is stopped.
    """
    with logging_to(stage.log) as trouble:
        showing = Showing(stage, options, console, trouble)
        task = asyncio.create_task(showing.show(installation))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, showing.stop, task, number)
        with suppress(asyncio.CancelledError):
            await task
    return showing.clean


class Showing:
    """From the opening to the end."""

    def __init__(self, stage: Stage, options: Options, console: Terminal, trouble: Trouble) -> None:
        self._stage = stage
        self._options = options
        self._console = console
        self._trouble = trouble
        self._logs = Logs([stage.log, *stage.asterisk_logs], stage.data / "log")
        self._ending = False
        self.clean = True

    def stop(self, task: asyncio.Task[None], number: signal.Signals) -> None:
        """End the showing, unless that is being done."""
        if number is signal.SIGHUP:
            let_go_of_terminal()
        if not self._ending:
            self._ending = True
            task.cancel()

    async def show(self, installation: AsteriskInstallation) -> None:
        """Start everything, let people live, and stop everything."""
        aside = Terminal(stderr=True)
        with shown_progress(aside) as tell:
            opening = opened(self._stage, installation, tell)
            on_stage = await opening.__aenter__()
        try:
            await self._live(on_stage)
        finally:
            self._ending = True
            bad = self._logs.bad()  # now: Asterisk warns of connections that are closed next
            with shown_progress(aside) as tell:
                tell("ending everything that was started", None)
                await opening.__aexit__(None, None, None)
        self._console.print(figures_table(on_stage.floor.figures, on_stage.queues))
        told = verdict(bad, self._stage.folder, self._options.seed)
        self._console.print("\n".join(told), markup=False, soft_wrap=True)
        self.clean = not any(one.errors for one in bad)

    async def _live(self, on_stage: Opened) -> None:
        """Let people live until somebody ends it, time is over, or something does not work any more."""
        floor, minutes, console = on_stage.floor, self._options.minutes, self._console
        show = Show(
            floor,
            on_stage.apps,
            directions(self._stage, floor.configuration, on_stage.secrets),
            errors=lambda: self._trouble.errors_total,
            lasts_s=None if minutes is None else minutes * 60,
        )
        crew = Crew()
        settle(on_stage, crew, self._options.seed)
        try:
            await first_of(
                show.plain(console) if self._options.plain or not console.is_terminal else show.live(console),
                outlive(on_stage.asterisk, "the floor's Asterisk"),
                outlive(on_stage.world.asterisk, "the outside world's Asterisk"),
                *floor.given_up(),
                *([] if minutes is None else [asyncio.sleep(minutes * 60)]),
            )
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None:
                task.uncancel()
        await crew.leave()
        await send_home(on_stage)


def settle(on_stage: Opened, crew: Crew, seed: int) -> None:
    """Let agents come to work and callers call."""
    configuration = on_stage.floor.configuration
    api = ApiClient(configuration)
    people = People(on_stage.world, api, configuration.feature_codes, chance_of(seed), crew)
    for member in AGENTS:
        crew.start(people.work(member), member.id)
    crew.start(people.keep_calling(), "callers")


async def send_home(on_stage: Opened) -> None:
    """End every call and log everybody out, so that the next showing finds an empty floor."""
    await asyncio.gather(*map(end_call, on_stage.world.calls))
    agents = [AgentId(member.id) for member in AGENTS]
    for agent in agents:
        on_stage.apps.agents.do(agent, AgentAction.LOG_OUT)
    with suppress(TimeoutError):
        async with asyncio.timeout(GOING_HOME_S):
            while not on_stage.all_are(AgentState.LOGGED_OUT):  # noqa: ASYNC110 - the Floor tells nobody
                await asyncio.sleep(LOOK_AGAIN_S)
    await on_stage.floor.journal.drained(GOING_HOME_S)


async def end_call(call: OutsideCall) -> None:
    """Hang up, after the answer: Asterisk logs an error when an answer meets the end of the call."""
    if call.record.dialled_by != "floor":
        with suppress(OutsideWorldError):
            await call.answered(ANSWERED_WITHIN_S)
    await call.hang_up()


def chance_of(seed: int) -> Callable[[str], Random]:
    """Give everybody a chance of the own, the same for the same seed."""
    return lambda name: Random(f"{seed} {name}")  # noqa: S311 - people, not secrets
