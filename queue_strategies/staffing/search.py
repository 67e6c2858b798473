"""Find the fewest agents: by halving where one more is never worse, else by leaving out whole stretches."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable


def first_of_growing(is_enough: Callable[[int], bool], fewest: int, likely: int, most: int) -> int | None:
    """Return the first from `fewest` to `most` that is enough, where each one after it is, too.

    From the likely number by growing steps up, or down to where it is not, and halved between.
    """
    step, enough = 1, likely
    while not is_enough(enough):
        if enough >= most:
            return None
        fewest, enough, step = enough + 1, min(enough + step, most), step * 2
    return fewest + bisect_left(range(fewest, enough), True, key=is_enough)


def first_of_any(
    is_enough: Callable[[int], bool], can_be: Callable[[int, int], bool], fewest: int, most: int
) -> int | None:
    """Return the first from `fewest` to `most` that is enough, in whatever order they are.

    `can_be` tells of a stretch, both ends included, whether any of it can be enough; what cannot is left out.
    """
    stretches = [(fewest, most)] if fewest <= most else []
    while stretches:
        low, high = stretches.pop()
        if low == high:
            if is_enough(low):
                return low
        elif can_be(low, high):
            middle = (low + high) // 2
            stretches += [(middle + 1, high), (low, middle)]
    return None
