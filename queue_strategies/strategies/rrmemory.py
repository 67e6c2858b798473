"""Ring the members in turn as app_queue does, its memory kept place by place.

app_queue remembers a place. Members from that place on come first, in the order of the list, and then those
before it; penalties are heeded before that. After a try it remembers the place of whoever would have been
rung next, ready or not, and the beginning of the list when there was nobody left (calc_metric, store_next_rr
and store_next_lin in app_queue.c).
"""

from __future__ import annotations

from queue_strategies.strategies.in_order import InOrder
from queue_strategies.strategies.strategy import M, Member, Ready, Roster, Score, Served


class RoundRobinMemory(InOrder):
    """Remember the place from one caller to the next (rrmemory, formerly roundrobin, and rrordered).

    rrmemory goes by the accidental order of a hash table; here both names mean the order of the list.
    """

    def __init__(self) -> None:
        self._turn = 0

    def choose(self, ready: Ready[M], caller: Served) -> M:
        """Return the first from the remembered place on."""
        return ready.first_from((self._turn,))

    def offered(self, member: Member, caller: Served, roster: Roster, penalty: int) -> None:
        """Remember who would have been next."""
        self._turn = roster.after(self._turn, penalty, member.place)

    def because(self, score: Score, now: float) -> str:
        """Say whose turn it is."""
        return f"turn of number {score[0] + 1}"


class Linear(InOrder):
    """Begin at the top for every caller, and remember the place for the same caller alone (linear)."""

    def choose(self, ready: Ready[M], caller: Served) -> M:
        """Return the first from this caller's place on."""
        return ready.first_from(caller.turn or (0,))

    def offered(self, member: Member, caller: Served, roster: Roster, penalty: int) -> None:
        """Remember who would have been next for this caller."""
        (turn,) = caller.turn or (0,)
        caller.turn = (roster.after(int(turn), penalty, member.place),)
