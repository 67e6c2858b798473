"""Ring the members in turn, going on after the one who was rung last."""

from __future__ import annotations

from queue_strategies.strategies.in_order import InOrder
from queue_strategies.strategies.strategy import M, Member, Ready, Roster, Score, Served

BEGINNING: Score = (-1, -1)


def following(ready: Ready[M], last: Score) -> M:
    """Return the next in the list after the last who was rung, if that was one of the same penalty."""
    penalty, place = last
    leading, _ = next(ready.penalties())
    return ready.first_from((place + 1,)) if penalty == leading else ready.first()


class RoundRobin(InOrder):
    """Go on after whoever was rung last for this queue (mod_callcenter: round-robin).

    mod_callcenter goes on at the last one's penalty even where a lower one is ready; here penalties are
    strict.
    """

    def __init__(self) -> None:
        self._last = BEGINNING

    def choose(self, ready: Ready[M], caller: Served) -> M:
        """Return the next."""
        return following(ready, self._last)

    def offered(self, member: Member, caller: Served, roster: Roster, penalty: int) -> None:
        """Go on from here."""
        self._last = (penalty, member.place)

    def because(self, score: Score, now: float) -> str:
        """Say whose turn it is."""
        return f"turn of number {score[0] + 1}"


class TopDown(RoundRobin):
    """Begin at the top of the list for every caller, and go on after whoever was rung last for the same one.

    (mod_callcenter: top-down.)
    """

    def choose(self, ready: Ready[M], caller: Served) -> M:
        """Return the next for this caller."""
        return following(ready, caller.turn or BEGINNING)

    def offered(self, member: Member, caller: Served, roster: Roster, penalty: int) -> None:
        """Go on from here for this caller."""
        caller.turn = (penalty, member.place)
