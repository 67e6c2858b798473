"""Ring the members in the order of the list, going on after the one who was rung last."""

from __future__ import annotations

from queue_strategies.strategy import Member, Score, Strategy


class RoundRobin(Strategy):
    """Order by the lap in which a member's turn comes, and by the place in the list.

    Whoever is not ready when the turn comes has to wait for the next lap, as with app_queue's rrmemory.
    Members of different penalties take their turns apart from each other.
    """

    def __init__(self) -> None:
        self._last_turns: dict[int, tuple[float, float]] = {}

    def score(self, member: Member) -> Score:
        """Return the next turn of this member."""
        lap, place = self._last_turns.get(member.penalty, (0, -1))
        return (lap if member.place > place else lap + 1, member.place)

    def offered(self, member: Member, score: Score) -> None:
        """Go on from here."""
        lap, place = score
        self._last_turns[member.penalty] = (lap, place)

    def because(self, member: Member, now: float) -> str:
        """Say whose turn it is."""
        return f"turn of number {member.place + 1}"
