"""Answers about staffing as a terminal shows them."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ari_apps.staffing.answer import Answer, model
from queue_strategies.staffing import ExpectedFigures, Goals, Plan, Traffic

NOTHING = "–"
ENDLESS = "∞"


def show_answer(given: Answer) -> RenderableType:
    """Draw what was asked, the answer, and the table around it."""
    losses = has_losses(given.traffic)
    columns = _columns(given.goals, losses)
    table = Table(box=None, pad_edge=False)
    for column in ("agents", *columns):
        table.add_column(column, justify="right", no_wrap=True)
    for agents, figures in given.around.items():
        row = _row(figures, given.goals, losses) if figures else (ENDLESS,) * len(columns)
        if agents == given.agents:
            table.add_row(f"→ {agents}", *row, style="bold")
        else:
            table.add_row(str(agents), *row, style="dim")
    endless = any(figures is None for figures in given.around.values())
    notes = _notes(given.goals, endless=endless)
    return Group(Text(_asked(given)), Text(), _told(given), Text(), table, notes)


def show_plan(plan: Plan, goals: Goals, shrinkage: float) -> RenderableType:
    """Draw a row for each interval, and the whole below."""
    table = Table(box=None, pad_edge=False, show_footer=True)
    table.add_column("interval", "all")
    whole = (f"{plan.calls:.0f}", f"{plan.agent_hours:.1f} h", f"{plan.scheduled_hours:.1f} h")
    for column, footer in zip(("calls", "agents", "scheduled"), whole, strict=True):
        if column != "scheduled" or shrinkage:
            table.add_column(column, footer, justify="right", no_wrap=True)
    traffics = [planned.interval.traffic for planned in plan.intervals]
    losses = any(has_losses(traffic) for traffic in traffics if traffic)
    ends = (_percent(plan.service_level.value), _seconds(plan.asa_s.value), _percent(plan.occupancy.value))
    lost = (_percent(plan.abandoned.value), _percent(plan.blocked.value)) if losses else ()
    columns = _columns(goals, losses, brief=True)
    for column, footer in zip(columns, (*ends, *lost), strict=True):
        table.add_column(column, footer, justify="right", no_wrap=True)
    for planned in plan.intervals:
        scheduled = (str(planned.scheduled),) if shrinkage else ()
        row = (
            _row(planned.figures, goals, losses, brief=True) if planned.figures else (NOTHING,) * len(columns)
        )
        table.add_row(planned.interval.name, f"{planned.calls:.0f}", str(planned.agents), *scheduled, *row)
    return Group(table, _notes(goals))


def has_losses(traffic: Traffic) -> bool:
    """Tell whether callers can hang up or be blocked."""
    return traffic.patience_s is not None or traffic.lines is not None


def _asked(given: Answer) -> str:
    traffic = given.traffic
    calls = f"{traffic.calls_per_s * 3600:.6g} calls/h, AHT {traffic.aht_s:g} s: {traffic.load:.6g} erlang"
    patience = f"patience {traffic.patience_s:g} s" if traffic.patience_s is not None else "nobody hangs up"
    lines = f", {traffic.lines} lines" if traffic.lines is not None else ""
    asked = f"{calls}; {patience}{lines} ({model(traffic, given.agents)})"
    if not traffic.redial:
        return asked
    all_calls = f"{given.figures.calls_per_s * 3600:.0f} calls/h with theirs"
    return f"{asked}\n{traffic.redial * 100:g} % of those who are lost call again: {all_calls}"


def _notes(goals: Goals, *, endless: bool = False) -> Text:
    lines = [f"≤ {goals.within_s:g} s: {goals.formula}"]
    if endless:
        lines.append(f"{ENDLESS}: the queue grows without end")
    return Text("\n".join(["", *lines]), "dim")


def _told(given: Answer) -> Text:
    goals, agents = given.goals, f"{given.agents} agent{'' if given.agents == 1 else 's'}"
    if given.scheduled != given.agents:
        agents += f" ({given.scheduled} scheduled)"
    if goals.are_none:
        return Text(agents, "bold")
    are = "is" if given.agents == 1 else "are"
    if goals.met_by(given.figures):
        return Text(f"{agents} {are} enough for {_promised(goals)}", "bold green")
    return Text(f"{agents} {are} not enough for {_promised(goals)}", "bold yellow")


def _promised(goals: Goals) -> str:
    promises = []
    if goals.service_level is not None:
        promises.append(f"{goals.service_level * 100:g} % within {goals.within_s:g} s")
    if goals.asa_s is not None:
        promises.append(f"ASA {goals.asa_s:g} s")
    for share, name in (
        (goals.abandoned, "abandoned"),
        (goals.blocked, "blocked"),
        (goals.occupancy, "busy"),
    ):
        if share is not None:
            promises.append(f"at most {share * 100:g} % {name}")
    return ", ".join(promises)


def _columns(goals: Goals, losses: bool, *, brief: bool = False) -> tuple[str, ...]:
    always = (f"≤ {goals.within_s:g} s", "ASA", "occupancy")
    line = () if brief else ("must wait", "queue")
    return (*always, *line, *(("abandoned", "blocked") if losses else ()))


def _row(figures: ExpectedFigures, goals: Goals, losses: bool, *, brief: bool = False) -> tuple[str, ...]:
    level = _percent(figures.service_level(goals.formula).value)
    always = (level, _seconds(figures.asa_s), _percent(figures.occupancy))
    line = () if brief else (_percent(figures.waiting), f"{figures.queue_length:.1f}")
    lost = (_percent(figures.abandoned), _percent(figures.blocked)) if losses else ()
    return (*always, *line, *lost)


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{share * 100:.1f} %"


def _seconds(seconds: float | None) -> str:
    return NOTHING if seconds is None else f"{seconds:.1f} s"
