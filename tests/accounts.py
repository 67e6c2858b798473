"""Hold the database against what the SIP side saw: each call is kept exactly once, or lies in a told gap."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.bench.sip_traces import CallSeen

Row = Mapping[str, Any]
Span = tuple[float, float]

CALLS = """
SELECT call, caller_number, heard, extract(epoch FROM started_at)::float8 AS began,
    extract(epoch FROM ended_at)::float8 AS ended FROM calls
"""
VISITS = """
SELECT visit, contact AS call, queue, outcome, handled, wait_s, talk_s + hold_s AS talk_s, agent,
    extract(epoch FROM joined_at)::float8 AS joined, extract(epoch FROM decided_at)::float8 AS decided
FROM visits
"""
GAPS = """
SELECT extract(epoch FROM began_at)::float8 AS began, extract(epoch FROM ended_at)::float8 AS ended FROM gaps
"""
SHORT_ABANDON_S = 5.0
CLOCKS_S = 0.05
"""What Asterisk and SIPp need to tell of the same moment."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database has."""

    calls: Mapping[str, Sequence[Row]]
    """By the caller's number."""
    visits: Mapping[str, Sequence[Row]]
    """By the call."""
    gaps: Sequence[Span]


@dataclass(slots=True)
class Account:
    """How many calls were told whole, in part, and not at all because nobody listened."""

    whole: int = 0
    touched: int = 0
    unheard: int = 0

    @property
    def calls(self) -> int:
        """Count them all."""
        return self.whole + self.touched + self.unheard


async def account_for(
    seen: Mapping[str, Sequence[CallSeen]], database_url: str, *, tolerance_s: float = 5.0
) -> Account:
    """See that each call of the SIP side, by the queue it called, is in the database once or inside a gap.

    A call that no gap touches has to be told as SIP saw it: queue, answered or not, agent or none, wait and
    talk within the tolerance, which is wide, as a starved machine hears late. One that a gap touches in part
    is there once, and has an end.
    """
    kept = await read(database_url)
    account, faults = Account(), list[str]()
    for queue, calls in seen.items():
        for call in calls:
            if call.answered is None or (call.ended is not None and call.ended < call.answered):
                continue  # never got as far as the queue, or hung up before that was told
            faults += [f"{call.number}: {fault}" for fault in audit(queue, call, kept, account, tolerance_s)]
    faults += invented(seen, kept)
    assert not faults, "\n".join([f"{account}, {len(kept.gaps)} gaps", *faults])
    return account


async def read(database_url: str) -> Kept:
    """Read what is kept of calls, visits and gaps."""
    calls, visits = defaultdict[str, list[Row]](list), defaultdict[str, list[Row]](list)
    async with await psycopg.AsyncConnection.connect(database_url, row_factory=dict_row) as connection:
        for row in await (await connection.execute(CALLS)).fetchall():
            calls[row["caller_number"] or ""].append(row)
        for row in await (await connection.execute(VISITS)).fetchall():
            visits[row["call"]].append(row)
        gaps = [(row["began"], row["ended"]) for row in await (await connection.execute(GAPS)).fetchall()]
    return Kept(calls, visits, joined(sorted(gaps)))


def touched(began: float, ended: float | None, gaps: Sequence[Span]) -> list[Span]:
    """Give the gaps that have something in common with a span."""
    return [
        gap for gap in gaps if (ended is None or gap[0] - CLOCKS_S <= ended) and began <= gap[1] + CLOCKS_S
    ]


def joined(gaps: Sequence[Span]) -> list[Span]:
    """Make one of gaps that overlap or touch."""
    whole: list[Span] = []
    for began, ended in gaps:
        if whole and began <= whole[-1][1] + CLOCKS_S:
            whole[-1] = (whole[-1][0], max(ended, whole[-1][1]))
        else:
            whole.append((began, ended))
    return whole


def audit(queue: str, call: CallSeen, kept: Kept, account: Account, tolerance_s: float) -> Iterator[str]:
    """Yield what is wrong with what is kept of one call."""
    assert call.answered is not None
    began, ended = call.answered, call.ended if call.ended is not None else float("inf")
    calls = kept.calls.get(call.number, ())
    visits = [visit for each in calls for visit in kept.visits.get(each["call"], ())]
    if len(calls) > 1 or len(visits) > 1:
        yield f"told {len(calls)} times, visits {len(visits)}"
        return
    gaps = touched(began, ended, kept.gaps)
    if not gaps:
        account.whole += 1
        yield from wrong(queue, call, calls, visits, tolerance_s)
    elif not calls:
        account.unheard += 1
        if not any(gap[0] - CLOCKS_S <= began and ended <= gap[1] + CLOCKS_S for gap in gaps):
            yield f"from {began:.3f} to {ended:.3f} is missing, and more than {gaps} of it"
    else:
        account.touched += 1
        yield from open_ends(calls, visits)
        yield from belied(queue, call, visits)


def wrong(
    queue: str, call: CallSeen, calls: Sequence[Row], visits: Sequence[Row], tolerance_s: float
) -> Iterator[str]:
    """Yield in what a call that was heard whole is told otherwise than SIP saw it."""
    if not (calls and visits):
        yield f"{call.answered} to {call.ended}: no gap, but {len(calls)} calls and {len(visits)} visits"
        return
    (visit,), answered = visits, call.agent_answered is not None
    yield from open_ends(calls, visits)
    yield from belied(queue, call, visits)
    outcome = "answered" if answered else "abandoned" if call.hung_up else "lost"
    if (visit["outcome"], visit["handled"]) != (outcome, answered):
        yield f"is {visit['outcome']}, handled {visit['handled']}; SIP saw {call}"
    elif call.answered is not None and call.ended is not None:
        decided = call.agent_answered or call.ended
        times = {"wait_s": decided - call.answered, "talk_s": call.ended - decided}
        for name, expected_s in times.items():
            if abs(visit[name] - expected_s) > tolerance_s:
                yield f"{name} {visit[name]:.3f}, SIP saw {expected_s:.3f}"


def open_ends(calls: Sequence[Row], visits: Sequence[Row]) -> Iterator[str]:
    """Yield what has no end, though the call has."""
    yield from (f"call {call['call']} goes on" for call in calls if call["ended"] is None)
    yield from (f"visit {visit['visit']} goes on" for visit in visits if visit["decided"] is None)


def belied(queue: str, call: CallSeen, visits: Sequence[Row]) -> Iterator[str]:
    """Yield what was told and cannot be, gap or not."""
    for visit in visits:
        if visit["queue"] != queue:
            yield f"is said to have called {visit['queue']}, not {queue}"
        if visit["outcome"] == "answered" and call.agent_answered is None:
            yield f"is said to be answered by {visit['agent']}, where SIP saw no answer"


def invented(seen: Mapping[str, Sequence[CallSeen]], kept: Kept) -> Iterator[str]:
    """Yield calls that are kept and that nobody made, and calls that are kept under two names."""
    known = {call.number for call in chain.from_iterable(seen.values())}
    yield from (
        f"{number!r} never called: {rows}" for number, rows in kept.calls.items() if number not in known
    )
    times = Counter(visit["visit"] for visits in kept.visits.values() for visit in visits)
    yield from (f"visit {visit} is kept {count} times" for visit, count in times.items() if count > 1)
    named = {call["call"] for rows in kept.calls.values() for call in rows}
    for call, visits in kept.visits.items():
        if call not in named and not all(
            touched(visit["joined"], visit["decided"], kept.gaps) for visit in visits
        ):
            yield f"visits of a call that is not kept: {visits}"


@dataclass(frozen=True, slots=True)
class Log:
    """What METRICS.md makes of one queue's calls as SIP saw them; all of them are over."""

    calls: Sequence[CallSeen]

    @property
    def waits(self) -> list[float]:
        """Give how long the answered waited, ringing included."""
        return [c.agent_answered - c.answered for c in self.calls if c.agent_answered and c.answered]

    @property
    def talks(self) -> list[float]:
        """Give how long they talked."""
        return [c.ended - c.agent_answered for c in self.calls if c.agent_answered and c.ended]

    @property
    def vain(self) -> list[float]:
        """Give how long those waited who hung up unanswered."""
        return [
            c.ended - c.answered
            for c in self.calls
            if c.ended and c.answered and c.hung_up and not c.agent_answered
        ]

    def level(self, within_s: float) -> float:
        """Give the service level: answered in time over answered and abandoned, short abandons left out."""
        long_s = [wait for wait in self.vain if wait > SHORT_ABANDON_S]
        return sum(wait <= within_s for wait in self.waits) / (len(self.waits) + len(long_s))
