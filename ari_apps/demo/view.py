"""Draw the floor for a terminal, from what is known at one moment; 80 by 24 and everything larger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ami_listeners.health import Check
from ari_apps.demo.telling import Told
from queue_strategies.figures import Figures
from queue_strategies.floor.snapshot import AgentSnapshot, FloorSnapshot, QueueSnapshot
from queue_strategies.metrics import Ratio, average_speed_of_answer, service_level
from queue_strategies.model import AgentId, AgentState, Queue

STATE_STYLES: Mapping[AgentState, str] = {
    AgentState.TALKING: "bold green",
    AgentState.RINGING: "bold yellow",
    AgentState.WRAP_UP: "cyan",
    AgentState.READY: "white",
    AgentState.BUSY: "magenta",
    AgentState.PAUSED: "blue",
    AgentState.RESTING: "yellow",
    AgentState.UNREACHABLE: "red",
    AgentState.LOGGED_OUT: "bright_black",
}
KIND_STYLES = {
    "arrived": "white",
    "waiting": "yellow",
    "ringing": "bright_black",
    "talking": "green",
    "lost": "red",
    "agent": "blue",
    "other": "bright_black",
}
FEWEST_EVENTS, MANY_EVENTS = 3, 8
AIRY_HEIGHT = 28


@dataclass(frozen=True, slots=True)
class Directions:
    """Where to look and how to call in: labels and texts."""

    first: Sequence[tuple[str, str]]
    """Those that have to find room."""
    more: Sequence[tuple[str, str]]

    @property
    def all(self) -> list[tuple[str, str]]:
        """The ones and the others."""
        return [*self.first, *self.more]


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that is shown."""

    elapsed_s: float
    left_s: float | None
    """Until the demo ends by itself."""
    snapshot: FloorSnapshot
    figures: Figures
    queues: Sequence[Queue]
    callers: Mapping[str, str]
    """Names of those who are being served, by contact."""
    checks: Sequence[Check]
    events: Sequence[Told]
    """The newest last."""
    directions: Directions
    errors: int
    """In callfloor's own log."""


def draw(scene: Scene, width: int, height: int) -> RenderableType:
    """Draw a scene so that it fills the terminal and fits it."""
    air = [Text()] if height >= AIRY_HEIGHT else []
    above: list[RenderableType] = [headline(scene), health_line(scene), Text(), queue_table(scene), *air]
    above += [agent_table(scene), Text()]
    left = height - 6 - len(scene.queues) - len(scene.snapshot.agents) - 2 * len(air)
    directions = scene.directions.all
    if left - len(directions) < MANY_EVENTS:
        directions = list(scene.directions.first)
    if left - len(directions) < FEWEST_EVENTS:
        directions = []
    events = event_lines(scene, max(0, left - len(directions)))
    return Group(*above, *events, *air, direction_table(directions))


def headline(scene: Scene) -> Text:
    """Say what this is, since when, and how to end it."""
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(" callfloor ", "bold black on green")
    line.append(f"  a living call centre for {clock(scene.elapsed_s)}", "bold")
    if scene.left_s is not None:
        line.append(f", {clock(scene.left_s)} to go")
    line.append("   Ctrl-C ends it", "bright_black")
    return line


def health_line(scene: Scene) -> Text:
    """Say how the parts are, and how many people are on the telephone."""
    line = Text(no_wrap=True, overflow="ellipsis")
    for check in scene.checks:
        line.append("● ", "green" if check.up else "bold red")
        line.append(f"{check.name}  ")
        if not check.up:
            line.append(f"{check.reason}  ", "red")
    waiting = sum(queue.counts.waiting for queue in scene.snapshot.queues.values())
    talking = sum(agent.state is AgentState.TALKING for agent in scene.snapshot.agents.values())
    line.append(f"  {waiting} waiting, {talking} talking", "bold")
    if scene.errors:
        line.append(f"  errors in the log: {scene.errors}", "bold red")
    return line


def queue_table(scene: Scene) -> Table:
    """Show each queue: now on the left, since the start on the right."""
    table = plain_table(
        "queue",
        "waiting",
        "longest",
        "ready",
        "│",
        "offered",
        "answered",
        "abandoned",
        "SL",
        "ASA",
        numbers=True,
    )
    for queue in scene.queues:
        shown = scene.snapshot.queues.get(queue.name)
        if shown is not None:
            table.add_row(*queue_row(scene, queue, shown))
    return table


def queue_row(scene: Scene, queue: Queue, shown: QueueSnapshot) -> list[Text]:
    """Show one queue."""
    figures = scene.figures.queue(queue.name)
    since = shown.longest_waiting_since
    longest = "" if since is None else clock(scene.snapshot.moment - since)
    waiting = shown.counts.waiting
    return [
        Text(queue.name, "bold"),
        Text(str(waiting), "bold yellow" if waiting else "bright_black"),
        Text(longest, "yellow"),
        Text(str(shown.counts.ready), "white" if shown.counts.ready else "red"),
        Text("│", "bright_black"),
        Text(str(figures.offered)),
        Text(str(figures.answered), "green"),
        Text(str(figures.abandoned), "red" if figures.abandoned else "bright_black"),
        Text(percent(service_level(figures, queue.service_level_formula))),
        Text(seconds(average_speed_of_answer(figures))),
    ]


def agent_table(scene: Scene) -> Table:
    """Show each agent."""
    table = plain_table("agent", "state", "for", "with", "handled", "queues")
    for agent in scene.snapshot.agents.values():
        table.add_row(*agent_row(scene, agent))
    return table


def agent_row(scene: Scene, agent: AgentSnapshot) -> list[Text]:
    """Show one agent."""
    state = agent.state.replace("_", " ")
    if agent.state is AgentState.PAUSED and agent.pause_reason:
        state = agent.pause_reason
    elif agent.on_hold:
        state = "on hold"
    serving = "" if agent.contact is None else scene.callers.get(agent.contact, "a caller")
    return [
        Text(agent.name, no_wrap=True, overflow="ellipsis"),
        Text(state, STATE_STYLES[agent.state]),
        Text(clock(scene.snapshot.moment - agent.since_moment), "bright_black"),
        Text(serving, no_wrap=True, overflow="ellipsis"),
        Text(str(scene.figures.agent(AgentId(agent.agent)).handled)),
        Text(" ".join(queue for queue in agent.queues if "/" not in queue), "bright_black", no_wrap=True),
    ]


def event_lines(scene: Scene, count: int) -> list[RenderableType]:
    """Show the latest events, the newest below; the same number of lines always."""
    shown = list(scene.events)[-count:] if count else []
    lines: list[RenderableType] = []
    for told in shown:
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(f"{clock(told.moment - scene.snapshot.moment + scene.elapsed_s)}  ", "bright_black")
        line.append(told.text, KIND_STYLES[told.kind])
        lines.append(line)
    return [*lines, *([Text()] * (count - len(lines)))]


def direction_table(directions: Sequence[tuple[str, str]]) -> Table:
    """Show where to look and how to call in."""
    table = Table.grid(padding=(0, 2))
    table.add_column(
        style="bold", no_wrap=True, min_width=max((len(label) for label, _ in directions), default=0)
    )
    table.add_column(overflow="ellipsis", no_wrap=True)
    for label, text in directions:
        table.add_row(label, text)
    return table


def plain_table(*columns: str, numbers: bool = False) -> Table:
    """Make a table without frames; columns of numbers stand to the right."""
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="bright_black", expand=False)
    for index, column in enumerate(columns):
        right = (numbers and index > 0) or column in {"for", "handled"}
        table.add_column(column, justify="right" if right else "left", no_wrap=True)
    return table


def clock(duration_s: float) -> str:
    """Write a duration as a clock shows it: 0:07, 12:34, 1:02:03."""
    whole = max(0, round(duration_s))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def percent(ratio: Ratio) -> str:
    """Write a ratio; a dash over nothing."""
    return "–" if ratio.value is None else f"{100 * ratio.value:.0f} %"


def seconds(ratio: Ratio) -> str:
    """Write a mean duration; a dash over nothing."""
    return "–" if ratio.value is None else f"{ratio.value:.1f} s"
