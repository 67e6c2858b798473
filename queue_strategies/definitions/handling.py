"""What is counted of talks, whether of a queue or of an agent, and the figure that both make of it."""

from __future__ import annotations

from typing import Protocol

from queue_strategies.definitions.expression import Quotient, Sum
from queue_strategies.definitions.measure import Figure, Measure, Unit


class Handling(Protocol):
    """Figures that sum up talks."""

    talk_s: float
    hold_s: float
    wrap_up_s: float


TIMES: tuple[Measure[Handling], ...] = (
    Measure(
        name="talk_s",
        text="Time talked, hold excluded",
        counted=lambda figures: figures.talk_s,
        column="talk_s",
        metric="talk_seconds",
        unit=Unit.SECONDS,
    ),
    Measure(
        name="hold_s",
        text="Time callers were held",
        counted=lambda figures: figures.hold_s,
        column="hold_s",
        metric="hold_seconds",
        unit=Unit.SECONDS,
    ),
    Measure(
        name="wrap_up_s",
        text="Time spent on work after talks",
        counted=lambda figures: figures.wrap_up_s,
        column="wrap_up_s",
        metric="wrap_up_seconds",
        unit=Unit.SECONDS,
    ),
)

AVERAGE_HANDLE_TIME = Figure(
    name="average_handle_time_s",
    title="AHT",
    text="Average handle time: talk, hold and wrap-up, over handled contacts",
    unit=Unit.SECONDS,
    of=Quotient(Sum(tuple(measure.name for measure in TIMES)), Sum(("handled",))),
)
