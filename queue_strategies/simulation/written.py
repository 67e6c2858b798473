"""Read how people write distributions: 180s, lognormal:180s:90s, gamma:3min:1min, constant:5s."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches

from queue_strategies.simulation.distributions import (
    Constant,
    Distribution,
    DistributionError,
    Exponential,
    Gamma,
    LogNormal,
)

ONE: Mapping[str, Callable[[float], Distribution]] = {"exponential": Exponential, "constant": Constant}
TWO: Mapping[str, Callable[[float, float], Distribution]] = {"lognormal": LogNormal, "gamma": Gamma}


def read_distribution(
    text: str, read_duration: Callable[[str], float], usual: str = "exponential"
) -> Distribution:
    """Read a name, a mean and, where there is one, a standard deviation; a mean alone is of the usual name.

    Raises DistributionError, and whatever `read_duration` raises.
    """
    name, *durations = text.split(":") if ":" in text else (usual, text)
    known = [*ONE, *TWO]
    if name not in known:
        nearest = get_close_matches(name, known, n=1)
        hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(known)}"
        raise DistributionError(f"unknown distribution {name!r}, {hint}")
    seconds = [read_duration(duration) for duration in durations]
    if name in ONE and len(seconds) == 1:
        return ONE[name](*seconds)
    if name in TWO and len(seconds) == 2:
        return TWO[name](*seconds)
    what = "a mean" if name in ONE else "a mean and a standard deviation"
    example = f"{name}:180s" if name in ONE else f"{name}:180s:90s"
    raise DistributionError(f"{text!r}: {name} takes {what}, write {example}")
