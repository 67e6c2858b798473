"""How long to wait before trying again."""

from __future__ import annotations

from random import Random


def delay(attempt: int, *, first_s: float, cap_s: float, rng: Random) -> float:
    """Give the seconds before attempt 1, 2, 3 …: doubling up to the cap, and between half and all of that.

    The spread keeps many clients of one Asterisk from coming back in the same instant.
    """
    whole: float = min(cap_s, first_s * 2.0 ** min(attempt - 1, 30))
    return whole * rng.uniform(0.5, 1.0)
