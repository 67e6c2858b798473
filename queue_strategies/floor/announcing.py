"""Tell waiting callers where they stand, and what the queue has to say; decide what and when.

The place in the line and the estimated wait are told together, regularly and as soon as the place has
changed; messages have a rhythm of their own. Nothing is said within `least_gap_s` of the last, nor to a
caller for whom an agent has picked up. A caller found after a restart is taken to have been told just then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from queue_strategies.announcements import Announcements, EstimateRule, PositionRule
from queue_strategies.commands import Announce
from queue_strategies.estimates import rounded
from queue_strategies.events import AnnouncementEnded
from queue_strategies.floor import outlook
from queue_strategies.floor.outlook import Forecast
from queue_strategies.floor.visit import Place

if TYPE_CHECKING:
    from queue_strategies.floor.hall import Hall
    from queue_strategies.floor.visit import Visit

LOOK_AGAIN_S = 5.0
"""A place is looked at so often whether it has changed."""
LONGEST_S = 120.0
"""An announcement of whose end nobody tells is over after so long."""


@dataclass(slots=True)
class Notice:
    """What one waiting caller was told, and when more is due."""

    regular: float
    """When place and wait are due, changed or not."""
    look: float
    """When to look at the place."""
    message: float
    """When the next message is due."""
    quiet_until: float
    speaks_since: float | None = None
    says_message: bool = False
    place: int | None = None
    """The last that was told."""
    estimates: int = 0
    messages: int = 0

    def next(self, rules: Announcements) -> float | None:
        """Return when something is to be looked at or said."""
        if self.speaks_since is not None:
            return self.speaks_since + LONGEST_S
        dues = [self.regular] * rules.tells_place + [self.message] * bool(rules.messages)
        if rules.position is not PositionRule.NEVER:
            dues.append(self.look)
        return max(self.quiet_until, min(dues)) if dues else None


def due(hall: Hall, visit: Visit) -> float | None:
    """Return when something may be to be said to a caller; None: never."""
    rules = visit.line.queue.announcements
    if rules is None or visit.off_line:
        return None
    if visit.notice is None:
        visit.notice = _resumed(visit, rules, hall.now) if visit.caller.adopted else _begun(visit, rules)
    return visit.notice.next(rules)


def _begun(visit: Visit, rules: Announcements) -> Notice:
    start = visit.began + rules.start_s
    return Notice(start, start, visit.began + rules.message_start_s, visit.began)


def _resumed(visit: Visit, rules: Announcements, now: float) -> Notice:
    return Notice(
        regular=now + rules.every_s,
        look=now,
        message=now + rules.message_every_s,
        quiet_until=now + rules.least_gap_s,
        place=visit.line.unanswered.position(visit.rank),
        messages=_heard_before(now - visit.began, rules),
    )


def _heard_before(waited_s: float, rules: Announcements) -> int:
    """Count the messages an earlier process will have played."""
    since_first_s = waited_s - rules.message_start_s
    return 0 if since_first_s < 0 else 1 + int(since_first_s / max(rules.message_every_s, LOOK_AGAIN_S))


def speak(hall: Hall, visit: Visit) -> None:
    """Say what is due to a waiting caller, if anything is; the caller is to be armed again."""
    rules, notice = visit.line.queue.announcements, visit.notice
    if rules is None or notice is None or visit.place is not Place.WAITING or visit.off_line:
        return
    if notice.speaks_since is not None and notice.speaks_since + LONGEST_S <= hall.now:
        _over(notice, rules, hall.now)
    moment = notice.next(rules)
    if moment is None or moment > hall.now:
        return
    told = _place_and_wait(hall, visit, rules, notice)
    if told is None and rules.messages and notice.message <= hall.now:
        told = _message(hall, visit, rules, notice)
        notice.message = hall.now + rules.message_every_s
        notice.says_message = True
    if told is not None:
        notice.speaks_since = hall.now
        hall.order(told)


def ended(hall: Hall, event: AnnouncementEnded) -> None:
    """Note that a caller has heard an announcement, or as much of it as could be played."""
    visit = hall.visits.get(event.visit)
    rules = None if visit is None else visit.line.queue.announcements
    if visit is None or rules is None or visit.notice is None or visit.notice.speaks_since is None:
        return
    _over(visit.notice, rules, hall.now)
    if visit.place is Place.WAITING:
        hall.arm(visit)


def _over(notice: Notice, rules: Announcements, now: float) -> None:
    if rules.relative and notice.says_message:
        notice.message = now + rules.message_every_s
    elif rules.relative:
        notice.regular = now + rules.every_s
    notice.quiet_until = now + rules.least_gap_s
    notice.speaks_since, notice.says_message = None, False


# -- what is said -------------------------------------------------------------------------------------------


def _place_and_wait(hall: Hall, visit: Visit, rules: Announcements, notice: Notice) -> Announce | None:
    """Tell the place, the wait or both, whatever of them is to be told now."""
    regular, place = notice.regular <= hall.now, visit.line.unanswered.position(visit.rank)
    changed = rules.position is not PositionRule.NEVER and place != notice.place
    notice.look = hall.now + LOOK_AGAIN_S
    if not rules.tells_place or not (regular or changed):
        return None
    if regular:
        notice.regular = hall.now + max(rules.every_s, LOOK_AGAIN_S)
    if place == 1 and not rules.to_first:
        return None
    shown = place if _tells(rules, notice, place) else None
    estimate_s = _estimate_s(hall, visit, rules, notice) if regular or shown is not None else None
    if shown is None and estimate_s is None:
        return None
    if shown is not None:
        notice.place = place
    many = rules.position is PositionRule.MORE_THAN and place > rules.position_limit
    return Announce(
        visit.caller.visit,
        visit.caller.contact,
        position=rules.position_limit if many and shown is not None else shown,
        more_than=many and shown is not None,
        estimate_s=estimate_s,
    )


def _tells(rules: Announcements, notice: Notice, place: int) -> bool:
    if rules.only_up and notice.place is not None and place >= notice.place:
        return False
    match rules.position:
        case PositionRule.NEVER:
            return False
        case PositionRule.LIMIT:
            return place <= rules.position_limit
        case PositionRule.ALWAYS | PositionRule.MORE_THAN:
            return True


def _estimate_s(hall: Hall, visit: Visit, rules: Announcements, notice: Notice) -> float | None:
    """Return the wait to tell, and remember what was expected, told or kept back."""
    if rules.estimate is EstimateRule.NEVER or visit.offers or (rules.estimate_once and notice.estimates):
        return None
    expected = outlook.expect(visit, hall.now)
    if expected is None:
        return None
    chosen_s = expected.p50_s if rules.estimate is EstimateRule.P50 else expected.p80_s
    said_s = rounded(chosen_s, rules.round_to_s) if visit.line.outlook.score.trusted else None
    notice.estimates += said_s is not None
    visit.forecasts.append(Forecast(hall.now, expected, said_s))
    return said_s


def _message(hall: Hall, visit: Visit, rules: Announcements, notice: Notice) -> Announce:
    """Choose the next message, by turns or by chance."""
    number = int(hall.chance() * rules.messages) if rules.random else notice.messages
    notice.messages += 1
    return Announce(visit.caller.visit, visit.caller.contact, message=number % rules.messages)
