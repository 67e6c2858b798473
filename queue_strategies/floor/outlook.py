"""What a line's callers may expect: the estimated wait, and how estimates have turned out.

An estimate is judged when its caller is answered. A caller who left before is not left out, for those whose
wait is long are the ones who leave: the turn would have come when the next one behind is answered, and that
is what the estimate is judged by. If nobody behind is there any more, nothing is known, and nothing judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from queue_strategies.estimates import NO_WAIT, Estimate, Pace, Score, estimate
from queue_strategies.facts import EstimateJudged
from queue_strategies.floor.ranking import Rank
from queue_strategies.model import AgentState, ContactId, VisitId, VisitOutcome
from queue_strategies.requirement import ANYBODY, penalty_for

if TYPE_CHECKING:
    from queue_strategies.floor.desk import Desk
    from queue_strategies.floor.hall import Hall
    from queue_strategies.floor.line import Line, Seat
    from queue_strategies.floor.row import Row
    from queue_strategies.floor.visit import Visit

OCCUPIED = frozenset(
    {AgentState.TALKING, AgentState.RINGING, AgentState.WRAP_UP, AgentState.BUSY, AgentState.RESTING}
)
"""States of an agent at work in which no caller can be taken."""
LOOK_AGAIN_S = 1.0
"""So long what members did is taken as looked up; who is at work is never older than now."""
MOST_DEPARTED = 200


@dataclass(frozen=True, slots=True)
class Forecast:
    """What was expected of one visit at one moment."""

    moment: float
    expected: Estimate
    said_s: float | None
    """What the caller was told; None: it was kept back."""


@dataclass(frozen=True, slots=True)
class Departed:
    """A caller who left without an answer, and whose turn has not come yet."""

    rank: Rank
    contact: ContactId
    visit: VisitId
    forecasts: tuple[Forecast, ...]


@dataclass(frozen=True, slots=True)
class Staff:
    """Who could serve the callers of one row, what they did lately, and whom else they serve."""

    looked: float
    line_at_work: int
    """Members of the whole line who were at work then; when it changes, all of this has."""
    at_work: int
    service: Pace
    patience: Pace
    beside: Mapping[Row, float]
    """Which part of the callers of other rows of the queue falls to these members."""
    rivals: tuple[tuple[Line, float], ...]
    """Other queues, and which part of the callers of each."""


class Newcomer(NamedTuple):
    """Somebody who would come now, as an order of service sees a caller."""

    queue_name: str
    priority: int
    joined: float
    target_s: float
    share: float


@dataclass(slots=True)
class Outlook:
    """What one line's callers did and were told."""

    patience: Pace = field(default_factory=Pace)
    score: Score = field(default_factory=Score)
    departed: list[Departed] = field(default_factory=list)


def expect(visit: Visit, now: float) -> Estimate | None:
    """Estimate how long a waiting caller has yet to wait; None when nobody is at work, or nothing known."""
    line, row = visit.line, visit.row
    if row is None or row.asked.only is not None:
        row = line.row(ANYBODY)
    staff = _staff(row, now)
    place = line.unanswered.position(visit.rank)
    ahead: float = place - 1
    if staff.beside:
        ahead = sum(
            1.0 if one.row is row else staff.beside.get(one.row, 0.0)
            for one in islice(line.unanswered, place - 1)
            if one.row is not None
        )
    return _expect(row, staff, visit.rank, ahead)


def expect_newcomer(line: Line, now: float) -> Estimate | None:
    """Estimate how long somebody would wait who came now, without priority or wishes."""
    row = line.row(ANYBODY)
    if row.ready and not row.wanting:
        return NO_WAIT
    rank = line.order.rank(Newcomer(line.queue.name, 0, now, line.queue.service_level_s, line.queue.share))
    return _expect(row, _staff(row, now), rank, len(line.unanswered))


def _expect(row: Row, staff: Staff, rank: Rank, ahead: float) -> Estimate | None:
    ahead += sum(part * _before(row.line, other, rank) for other, part in staff.rivals)
    return estimate(ahead, staff.at_work, staff.service, staff.patience)


def _before(line: Line, other: Line, rank: Rank) -> int:
    """Count those of another queue who are served before this rank by agents of both."""
    if other.queue.weight == line.queue.weight:
        return other.unanswered.position(rank) - 1
    return len(other.unanswered) if other.queue.weight > line.queue.weight else 0


def _staff(row: Row, now: float) -> Staff:
    staff, line = row.staff, row.line
    if staff is None or staff.line_at_work != line.at_work or now - staff.looked >= LOOK_AGAIN_S:
        staff = row.staff = _look_up(row, now)
    return staff


def _look_up(row: Row, now: float) -> Staff:
    line = row.line
    fit = [seat for seat in line.seats.values() if penalty_for(row.asked, seat) is not None]
    present = [seat for seat in fit if seat.at_work]
    return Staff(
        looked=now,
        line_at_work=line.at_work,
        at_work=len(present),
        service=_service(fit, now),
        patience=_patience(line, now),
        beside=_beside(row, present),
        rivals=_rivals(line, present),
    )


def _service(seats: Iterable[Seat], now: float) -> Pace:
    service = Pace(moment=now)
    for desk in (seat.desk for seat in seats):
        desk.pace.fade(now)
        service.add(desk.pace)
        if desk.told.state in OCCUPIED:
            service.note(now, exposure_s=now - desk.counted_until)
    return service


def _patience(line: Line, now: float) -> Pace:
    patience = Pace(moment=now)
    line.outlook.patience.fade(now)
    patience.add(line.outlook.patience)
    for visit in line.unanswered:
        patience.note(now, exposure_s=visit.waited_s(now))
    return patience


def _beside(row: Row, present: list[Seat]) -> Mapping[Row, float]:
    parts = {}
    for other in row.line.rows():
        if other is not row and other.visits:
            able = sum(
                seat.at_work and penalty_for(other.asked, seat) is not None
                for seat in row.line.seats.values()
            )
            both = sum(penalty_for(other.asked, seat) is not None for seat in present)
            parts[other] = both / max(1, able)
    return parts


def _rivals(line: Line, present: Iterable[Seat]) -> tuple[tuple[Line, float], ...]:
    shared = Counter(other.line for seat in present for other in seat.desk.seats)
    return tuple(
        (other, min(1.0, count / max(1, other.at_work)))
        for other, count in shared.items()
        if other is not line and not other.queue.direct
    )


# -- what came ----------------------------------------------------------------------------------------------


def worked(desk: Desk, now: float) -> None:
    """Count what an agent did whose state has changed just now, before that is told."""
    was, state = desk.told.state, desk.state
    takes = state is AgentState.TALKING is not was
    if was not in OCCUPIED:
        desk.counted_until = now
    if takes or state not in OCCUPIED:
        desk.pace.note(now, events=takes, exposure_s=now - desk.counted_until)
        desk.counted_until = now


def answered(hall: Hall, visit: Visit) -> None:
    """Judge what was expected of a visit that is answered now, and of those who left ahead of it."""
    outlook, turn = visit.line.outlook, visit.rank
    outlook.patience.note(hall.now, exposure_s=visit.waited_s(hall.now))
    if visit.kept is None:  # who is called back is called when it suits, not when the turn comes
        _judge(hall, visit.line, visit.caller.contact, visit.caller.visit, visit.forecasts, came=True)
    if outlook.departed:
        for one in [one for one in outlook.departed if one.rank < turn]:
            _judge(hall, visit.line, one.contact, one.visit, one.forecasts, came=False)
        outlook.departed = [one for one in outlook.departed if one.rank > turn]
    _forget_if_nobody_waits(visit.line)


def left(hall: Hall, visit: Visit, outcome: VisitOutcome) -> None:
    """Take note of a caller who left without an answer."""
    outlook = visit.line.outlook
    gave_up = outcome in (VisitOutcome.ABANDONED, VisitOutcome.EXITED_BY_KEY)
    outlook.patience.note(hall.now, events=gave_up, exposure_s=visit.waited_s(hall.now))
    if visit.forecasts and visit.kept is None:
        caller = visit.caller
        outlook.departed.append(Departed(visit.rank, caller.contact, caller.visit, tuple(visit.forecasts)))
        del outlook.departed[:-MOST_DEPARTED]
    _forget_if_nobody_waits(visit.line)


def _forget_if_nobody_waits(line: Line) -> None:
    if not line.unanswered:
        line.outlook.departed.clear()


def _judge(
    hall: Hall,
    line: Line,
    contact: ContactId,
    visit: VisitId,
    forecasts: tuple[Forecast, ...] | list[Forecast],
    *,
    came: bool,
) -> None:
    for forecast in forecasts:
        actual_s = hall.now - forecast.moment
        line.outlook.score.judge(forecast.expected, actual_s)
        hall.tell(
            EstimateJudged(
                moment=hall.now,
                contact=contact,
                visit=visit,
                queue=line.queue.name,
                p50_s=forecast.expected.p50_s,
                p80_s=forecast.expected.p80_s,
                said_s=forecast.said_s,
                actual_s=actual_s,
                answered=came,
            )
        )
