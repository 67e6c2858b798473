"""The list of a queue's members, ready or not."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable


class Roster:
    """Places by penalty; what app_queue walks through to find whose turn is next."""

    def __init__(self, members: Iterable[tuple[int, int]] = ()) -> None:
        self._places: dict[int, list[int]] = {}
        for penalty, place in sorted(members):
            self._places.setdefault(penalty, []).append(place)
        self._last = max((places[-1] for places in self._places.values()), default=0)

    def after(self, turn: int, penalty: int, place: int) -> int:
        """Return whose turn it is when the member at this place was rung while it was `turn`'s.

        The order is that of the penalties, and within one from `turn` on and round. When nobody follows, it
        begins anew, or behind the last if nobody stands there (store_next_rr in app_queue.c).
        """
        same = self._places.get(penalty, [])
        following = bisect_right(same, place)
        if following < len(same) and not place < turn <= same[following]:
            return same[following]
        if following == len(same) and same and place >= turn > same[0]:
            return same[0]
        for higher in sorted(self._places):
            if higher > penalty:
                places = self._places[higher]
                first = bisect_left(places, turn)
                return places[first if first < len(places) else 0]
        return 0 if self._last > turn else turn + 1
