"""Show on the terminal what the days say."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ari_apps.simulation.answer import Answer
from ari_apps.simulation.comparison import Row
from queue_strategies.simulation import DURATIONS, SHARES, Estimate, Experiment, bounds, bounds_of_moves

FEW_DAYS = 5
"""Fewer leave intervals so wide that they hardly tell anything (Student's t of 3 is 3.2, of 1 12.7)."""
GOOD_WHEN_LESS = frozenset({"ASA", "abandoned"})
GOOD_WHEN_MORE = frozenset({"service level"})


def show(console: Console, answer: Answer) -> None:
    """Print the answer."""
    console.print(answer.told, style="dim")
    recorded = answer.callers.recorded is not None
    console.print(comparison_table(answer.experiment, answer.rows, recorded=recorded))
    for sentence in sentences(answer.experiment, answer.rows):
        console.print(sentence)
    if len(answer.days) > 1:
        console.print("± is the interval in which the figure of endless days lies, at 95 %.", style="dim")
    if len(answer.days) < FEW_DAYS:
        console.print("So few days say little: more --days tell more surely.", style="dim")


def comparison_table(experiment: Experiment, rows: Sequence[Row], *, recorded: bool) -> Table:
    """Put the floors side by side; a difference that chance alone may have made is dim."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("")
    if recorded:
        table.add_column("as it was", justify="right")
    first, *others = (variant.name for variant in experiment.variants)
    table.add_column(first, justify="right")
    for name in others:
        table.add_column(name, justify="right", overflow="fold")
        table.add_column("difference", justify="right")
    place = ""
    for row in rows:
        if row.place != place:
            table.add_row(Text(row.place, style="bold"))
            place = row.place
        table.add_row(*_cells(row, recorded=recorded))
    return table


def _cells(row: Row, *, recorded: bool) -> list[Text | str]:
    cells: list[Text | str] = [f"  {row.figure}"]
    if recorded:
        cells.append("–" if row.recorded is None else number(row.figure, row.recorded))
    cells.append(estimated(row.figure, row.values[0]))
    for value, moved in zip(row.values[1:], row.differences, strict=True):
        cells += [estimated(row.figure, value), _moved(row.figure, moved)]
    return cells


def estimated(figure: str, value: Estimate | None) -> str:
    """Write a figure and how far it may be off."""
    if value is None:
        return "–"
    told = number(figure, value.value)
    return told if value.days < 2 else f"{told} ± {plain(figure, value.within(*bounds(figure)))}"


def _moved(figure: str, moved: Estimate | None) -> Text:
    if moved is None:
        return Text("–", "dim")
    told = f"{signed(figure, moved.value)}"
    if moved.days < 2:
        return Text(told)
    told += f" ± {plain(figure, moved.within(*bounds_of_moves(figure)))}"
    if moved.contains(0.0):
        return Text(told, "dim")
    better = (figure in GOOD_WHEN_MORE and moved.value > 0) or (figure in GOOD_WHEN_LESS and moved.value < 0)
    judged = figure in GOOD_WHEN_MORE | GOOD_WHEN_LESS
    return Text(told, ("green" if better else "red") if judged else "")


def number(figure: str, value: float) -> str:
    """Write a figure with its unit."""
    unit = " %" if figure in SHARES else " s" if figure in DURATIONS else ""
    return plain(figure, value) + unit


def plain(figure: str, value: float) -> str:
    """Write a figure without its unit."""
    return f"{100 * value:.1f}" if figure in SHARES else f"{value:.1f}"


def signed(figure: str, value: float) -> str:
    """Write by how much a figure moves."""
    told = plain(figure, abs(value))
    sign = "+" if value > 0 else "−"
    return told if float(told) == 0 else f"{sign}{told}"


def sentences(experiment: Experiment, rows: Sequence[Row]) -> list[str]:
    """Say of each other floor what becomes of the service level."""
    told = []
    for place, variant in enumerate(experiment.variants[1:], 1):
        for row in rows:
            before, after = row.values[0], row.values[place]
            moved = row.differences[place - 1]
            if row.figure != "service level" or before is None or after is None or moved is None:
                continue
            if not moved.value:
                told.append(f"With {variant.name} the service level of {row.place} would be what it is.")
                continue
            sure = moved.days > 1 and not moved.contains(0.0)
            told.append(
                f"With {variant.name} the service level of {row.place} would be "
                f"{number(row.figure, after.value)} instead of {number(row.figure, before.value)}"
                + ("." if sure else "; so small a difference may be chance, more --days would tell.")
            )
    return told
