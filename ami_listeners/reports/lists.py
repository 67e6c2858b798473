"""The columns of lists of contacts, offers and states."""

from __future__ import annotations

from collections.abc import Iterable

from ami_listeners.reports.answer import Column
from ami_listeners.reports.counts import Count
from queue_strategies.definitions import Unit

COUNTS = "counts"
"""What a row adds to the number whose list it stands in."""


def _column(name: str, text: str, unit: Unit | None = None, title: str = "", *, main: bool = True) -> Column:
    return Column(
        name=name,
        title=title or name.removesuffix("_s").replace("_", " "),
        text=text,
        unit=unit,
        main=main,
    )


KNOWN = {
    column.name: column
    for column in (
        _column("at", "When it was decided, made or began", title="when"),
        _column("number", "The caller's number"),
        _column("name", "The caller's name, as the network told it"),
        _column("called", "The number that was called"),
        _column("direction", "Whether the call came in or went out, or which way was listened to"),
        _column("queue", "The queue"),
        _column("queues", "The queues, in their order"),
        _column("outcome", "How it ended, the last of several visits"),
        _column("wait_s", "Time waited", Unit.SECONDS),
        _column("agent", "The agent"),
        _column("agents", "Who answered"),
        _column("talk_s", "Time talked, hold excluded", Unit.SECONDS),
        _column("hold_s", "Time held", Unit.SECONDS, main=False),
        _column("wrap_up_s", "Time spent on work after the talk", Unit.SECONDS, main=False),
        _column("transfers", "How often it was transferred", Unit.COUNT, main=False),
        _column("transferred_to", "Where it was transferred to", main=False),
        _column("ended_by", "Who ended it"),
        _column("duration_s", "From beginning to end", Unit.SECONDS),
        _column("rang_s", "How long the phone rang", Unit.SECONDS, title="rang"),
        _column("because", "Why this agent was chosen", main=False),
        _column("state", "What the agent did"),
        _column("reason", "Why"),
        _column("began_at", "When it began", title="from"),
        _column("ended_at", "When it ended", title="until"),
        _column("party", "Who it was, or spoke, or heard"),
        _column("did", "What this side of the call did"),
        _column("lasted_s", "From beginning to end", Unit.SECONDS),
        _column("disposition", "What the call was about"),
        _column("note", "What was typed about it"),
        _column("given_by", "Who said so, where that was not the agent", title="said by", main=False),
        _column("survey", "What the customer was asked after the call", main=False),
        _column("question", "The question"),
        _column("answer", "The key that was pressed"),
        _column("mos", "Mean opinion score", title="MOS"),
        _column("worst_mos", "The lowest while it lasted", title="worst MOS"),
        _column("loss", "Share of packets lost", Unit.RATIO),
        _column("jitter_ms", "Jitter in milliseconds", title="jitter, ms"),
        _column("round_trip_ms", "Round trip in milliseconds", title="round trip, ms"),
        _column("codec", "The codec", main=False),
        _column("call", "The call's id in Asterisk", main=False),
        _column("channel", "The channel", main=False),
        _column("visit", "The visit's id", main=False),
        _column("offer", "The offer's id", main=False),
        _column("contact", "The contact's id, for `callfloor why`", main=False),
    )
}


def columns_of_list(names: Iterable[str], count: Count) -> tuple[Column, ...]:
    """Give the columns of a list whose rows have these names; what is summed up is one of them."""
    columns = list(columns_of_rows(names))
    if count.value is not None:
        columns.append(Column(name=COUNTS, title=count.title, text=count.text, unit=count.unit))
    return tuple(columns)


def columns_of_rows(names: Iterable[str]) -> tuple[Column, ...]:
    """Give the columns of rows that have these names."""
    return tuple(KNOWN[name] for name in names if name != COUNTS)
