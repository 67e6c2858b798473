"""Draw a report: what was counted as bars upon each other, a figure as lines; geometry alone, for SVG."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from ami_listeners.reports import wording
from ami_listeners.reports.answer import Answer, Cell, Column, Row
from ami_listeners.reports.period import Span, spans
from ami_listeners.reports.question import Question, Step
from ami_listeners.reports.subjects import DEFINITIONS
from queue_strategies.definitions import Unit

WIDTH, HEIGHT = 960.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 30.0, 10.0, 26.0
MOST_SPANS, MOST_LINES, MOST_LABELS = 400, 8, 12
"""More of them in a picture show nothing."""
BAR_HEIGHT, MOST_BARS, NAMES = 26.0, 40, 150.0
CLOCK_STEPS_S = (1, 2, 5, 10, 15, 30, *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 240, 480)))
PLOT = HEIGHT - TOP - BOTTOM


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a bar."""

    x: float
    y: float
    width: float
    height: float
    series: int
    """Which colour."""
    told: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points, broken where there is nothing to say."""

    path: str
    dots: tuple[tuple[float, float, str], ...]
    series: int


@dataclass(frozen=True, slots=True)
class Label:
    """Words at an axis."""

    at: float
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture."""

    title: str
    height: float = HEIGHT
    left: float = LEFT
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    across: tuple[Label, ...] = ()
    """Below, from left to right."""
    up: tuple[Label, ...] = ()
    """At the left, with a rule through the picture where it is drawn by spans."""
    legend: tuple[tuple[int, str], ...] = ()


def pictures(answer: Answer) -> tuple[Picture, ...]:
    """Draw what can be drawn of an answer."""
    question = answer.question
    if not isinstance(question, Question) or not answer.rows:
        return ()
    definition = DEFINITIONS[question.subject]
    named = {column.name: (place, column) for place, column in enumerate(answer.columns)}
    bars = [named[name] for name in definition.bars if name in named]
    if not bars:
        return ()
    if question.step is Step.ALL:
        return (_bars_of_names(answer, bars),) if len(answer.rows) <= MOST_BARS else ()
    cut = spans(question.since, question.until, question.step, question.zone, question.week_starts)
    if len(cut) > MOST_SPANS:
        return ()
    drawn = [_bars_of_spans(answer, bars, cut)]
    if definition.line in named:
        drawn += _lines(answer, *named[definition.line], cut)
    return tuple(drawn)


# -- span by span -------------------------------------------------------------------------------------------


def _bars_of_spans(answer: Answer, series: Sequence[tuple[int, Column]], cut: Sequence[Span]) -> Picture:
    rows: dict[Span, list[Row]] = {span: [] for span in cut}
    for row in answer.rows:
        if row.span is not None:
            rows[row.span].append(row)
    heights = {span: [_sum(rows[span], place) for place, _ in series] for span in cut}
    steps = ticks(max(map(sum, heights.values())), series[0][1].unit)
    slot = (WIDTH - LEFT - RIGHT) / len(cut)
    bars: list[Bar] = []
    for number, span in enumerate(cut):
        y = TOP + PLOT
        for which, ((_, column), value) in enumerate(zip(series, heights[span], strict=True)):
            height = PLOT * value / steps[-1]
            y -= height
            if height:
                told = f"{span.label}: {_told(value, column, answer)} {column.title}"
                bars.append(Bar(LEFT + (number + 0.1) * slot, y, 0.8 * slot, height, which, told))
    return Picture(
        title=_title(answer, series),
        bars=tuple(bars),
        across=tuple(_span_labels(cut)),
        up=tuple(_up(steps, series[0][1], answer)),
        legend=_legend(series, heights.values()),
    )


def _lines(answer: Answer, place: int, column: Column, cut: Sequence[Span]) -> Iterator[Picture]:
    keys = sorted({row.key for row in answer.rows})
    if len(keys) > MOST_LINES:
        return
    values = {(row.span, row.key): row.cells[place] for row in answer.rows}
    numbers = [value for value in values.values() if isinstance(value, int | float)]
    steps = ticks(max(numbers, default=0.0), column.unit)
    slot = (WIDTH - LEFT - RIGHT) / len(cut)
    lines = []
    for which, key in enumerate(keys):
        dots = []
        path = ""
        for number, span in enumerate(cut):
            value = values.get((span, key))
            if not isinstance(value, int | float):
                path += " "
                continue
            x, y = LEFT + (number + 0.5) * slot, TOP + PLOT * (1 - value / steps[-1])
            path += f"{'M' if path.endswith(' ') or not path else 'L'}{x:.1f},{y:.1f}"
            dots.append((x, y, f"{span.label}, {', '.join(key)}: {_told(value, column, answer)}"))
        lines.append(Line(path.strip(), tuple(dots), which))
    yield Picture(
        title=column.title,
        lines=tuple(lines),
        across=tuple(_span_labels(cut)),
        up=tuple(_up(steps, column, answer)),
        legend=tuple((which, ", ".join(key)) for which, key in enumerate(keys)) if len(keys) > 1 else (),
    )


def _span_labels(cut: Sequence[Span]) -> Iterator[Label]:
    slot = (WIDTH - LEFT - RIGHT) / len(cut)
    every = ceil(len(cut) / MOST_LABELS)
    one_day = len({span.label[:10] for span in cut}) == 1
    for number, span in enumerate(cut):
        if number % every == 0:
            short = span.label[11:] if one_day and len(span.label) > 14 else span.label[:16]
            yield Label(LEFT + (number + 0.5) * slot, short)


def _up(steps: Sequence[float], column: Column, answer: Answer) -> Iterator[Label]:
    for step in steps:
        yield Label(TOP + PLOT * (1 - step / steps[-1]), _told(step, column, answer))


# -- name by name -------------------------------------------------------------------------------------------


def _bars_of_names(answer: Answer, series: Sequence[tuple[int, Column]]) -> Picture:
    widths = [[_number(row.cells[place]) for place, _ in series] for row in answer.rows]
    steps = ticks(max(map(sum, widths)), series[0][1].unit)
    scale = (WIDTH - NAMES - RIGHT) / steps[-1]
    bars: list[Bar] = []
    for number, (row, values) in enumerate(zip(answer.rows, widths, strict=True)):
        x = NAMES
        for which, ((_, column), value) in enumerate(zip(series, values, strict=True)):
            told = f"{', '.join(row.key)}: {_told(value, column, answer)} {column.title}"
            if value:
                bars.append(Bar(x, TOP + number * BAR_HEIGHT, value * scale, BAR_HEIGHT * 0.75, which, told))
            x += value * scale
    names = (
        Label(TOP + (number + 0.4) * BAR_HEIGHT, " ".join(row.key)[:22])
        for number, row in enumerate(answer.rows)
    )
    return Picture(
        title=_title(answer, series),
        height=TOP + len(widths) * BAR_HEIGHT + BOTTOM,
        left=NAMES,
        bars=tuple(bars),
        across=tuple(Label(NAMES + step * scale, _told(step, series[0][1], answer)) for step in steps),
        up=tuple(names),
        legend=_legend(series, widths),
    )


def _title(answer: Answer, series: Sequence[tuple[int, Column]]) -> str:
    definition = DEFINITIONS[answer.question.subject]
    return definition.bars_title or series[0][1].title


# -- numbers ------------------------------------------------------------------------------------------------


def ticks(most: float, unit: Unit | None = Unit.COUNT) -> list[float]:
    """Return round steps from 0 to at least `most`, about four; those of seconds are round on a clock."""
    if most <= 0:
        return [0.0, 1.0]
    rough = most / 4
    power = 10.0 ** floor(log10(rough))
    usual = [times * power for times in (1.0, 2.0, 2.5, 5.0, 10.0)]
    if unit is Unit.COUNT:
        usual = [max(1.0, times * power) for times in (1.0, 2.0, 5.0, 10.0)]
    round_ones = [*CLOCK_STEPS_S, *usual] if unit is Unit.SECONDS else usual
    step = next(step for step in round_ones if step >= rough)
    return [step * number for number in range(ceil(most / step - 1e-9) + 1)]


def _sum(rows: Sequence[Row], place: int) -> float:
    return sum(_number(row.cells[place]) for row in rows)


def _number(cell: Cell) -> float:
    return float(cell) if isinstance(cell, int | float) else 0.0


def _told(value: float, column: Column, answer: Answer) -> str:
    return wording.worded(value, column, answer.question.zone)


def _legend(
    series: Sequence[tuple[int, Column]], values: Iterable[Sequence[float]]
) -> tuple[tuple[int, str], ...]:
    """Name the series that can be seen."""
    seen = [sum(column) for column in zip(*values, strict=True)]
    return tuple(
        (which, column.title) for which, (_, column) in enumerate(series) if seen[which] and len(series) > 1
    )
