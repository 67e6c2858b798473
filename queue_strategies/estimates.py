"""Estimate how long a caller has yet to wait, and judge the estimates by what came.

With n agents at work, each of whom takes a caller every c seconds, a caller is taken every c/n seconds; and
each of those ahead may give up, at a rate of θ. Who has j others ahead moves up after an exponential time of
rate n/c + jθ, so the wait is the sum of such times from j down to 0 (the Erlang-A queue seen from one place
in it; without abandonment it is Erlang's distribution). Its mean and variance are exact, its quantiles those
of the gamma distribution with the same two. c and θ are known from what happened lately, and no better than
from so many events: that uncertainty widens the distribution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import NormalDist

HALF_LIFE_S = 1800.0
"""What happened so long ago counts half."""
_FADING_S = HALF_LIFE_S / math.log(2)
LEAST_EVENTS = 3.0
"""Callers that must have been taken lately before anything is estimated."""
PATIENT_S = 300.0
"""Waiting without anybody's giving up that is added to what was seen: one impatient caller is no rule."""
MINUTE_S = 60.0
ONE_BY_ONE = 64
"""Places summed up one by one; beyond them the sum is an integral to within a thousandth."""
_NORMAL = NormalDist()
_Z50, _Z80 = _NORMAL.inv_cdf(0.5), _NORMAL.inv_cdf(0.8)


@dataclass(slots=True)
class Pace:
    """How often something happens: events, and the time in which they could have happened; both fade."""

    events: float = 0.0
    exposure_s: float = 0.0
    moment: float = -math.inf
    """Up to when it has faded."""

    def note(self, moment: float, *, events: float = 0.0, exposure_s: float = 0.0) -> None:
        """Add what happened up to a moment; of a long time the distant part counts less."""
        self.fade(moment)
        self.events += events
        self.exposure_s += _FADING_S * -math.expm1(-exposure_s / _FADING_S)

    def fade(self, moment: float) -> None:
        """Let everything grow old until a moment."""
        if moment > self.moment:
            if self.events or self.exposure_s:
                left = math.exp((self.moment - moment) / _FADING_S)
                self.events *= left
                self.exposure_s *= left
            self.moment = moment

    def add(self, other: Pace) -> None:
        """Add what somebody else did, who has faded up to the same moment."""
        self.events += other.events
        self.exposure_s += other.exposure_s


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long the wait will yet be, in seconds: half and four fifths of all waits are no longer."""

    p50_s: float
    p80_s: float


NO_WAIT = Estimate(0.0, 0.0)


def estimate(ahead: float, agents: int, service: Pace, patience: Pace) -> Estimate | None:
    """Estimate the wait of a caller who has so many others ahead; None when there is nothing to go by.

    `agents` are those at work now. `service` counts callers taken, over the time agents were occupied;
    `patience` counts callers who gave up, over the time callers waited. `ahead` need not be whole: a caller
    whom other agents may take just as well is ahead by a part.
    """
    if agents <= 0 or service.events < LEAST_EVENTS or service.exposure_s <= 0:
        return None
    taken = agents * service.events / service.exposure_s
    giving_up = patience.events / (patience.exposure_s + PATIENT_S)
    mean, variance = _moments(ahead + 1, taken, giving_up)
    variance += mean * mean / service.events
    return Estimate(_gamma_quantile(mean, variance, _Z50), _gamma_quantile(mean, variance, _Z80))


def _moments(steps: float, taken: float, giving_up: float) -> tuple[float, float]:
    """Return mean and variance of the time until somebody has moved up so many steps."""
    mean = variance = 0.0
    whole = math.ceil(min(steps, ONE_BY_ONE))
    for ahead in range(whole):
        rate = taken + ahead * giving_up
        part = min(1.0, steps - ahead)
        mean += part / rate
        variance += part / (rate * rate)
    if steps > ONE_BY_ONE:
        first = taken + (ONE_BY_ONE - 0.5) * giving_up
        last = taken + (steps - 0.5) * giving_up
        more = steps - ONE_BY_ONE
        mean += math.log(last / first) / giving_up if last > first else more / first
        variance += more / (first * last)
    return mean, variance


def _gamma_quantile(mean: float, variance: float, z: float) -> float:
    """Return a quantile by its normal deviate; Wilson and Hilferty, PNAS 17 (1931) 684."""
    ninth = variance / (9 * mean * mean)
    return mean * max(0.0, 1 - ninth + z * math.sqrt(ninth)) ** 3


def rounded(seconds: float, to_s: float) -> float:
    """Round a wait up, so that nobody is promised less than was estimated; never to nothing.

    From a minute on, seconds are not told.
    """
    said_s = max(to_s, math.ceil(seconds / to_s - 1e-9) * to_s)
    return said_s if said_s < MINUTE_S else math.ceil(said_s / MINUTE_S) * MINUTE_S


# -- what came ----------------------------------------------------------------------------------------------

JUDGED_LATELY = 100.0
"""Estimates that the score remembers, the older ones less and less."""
LEAST_JUDGED = 20.0
"""Before so many nothing is held against them."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which shares of waits below P50, and from which share below P80, estimates are good."""

    p50_low: float
    p50_high: float
    p80_low: float


GOOD = Bounds(0.30, 0.75, 0.70)
TOLERABLE = Bounds(0.20, 0.88, 0.60)
"""Wider than GOOD, so that announcing does not stop and go with every caller."""


@dataclass(slots=True)
class Score:
    """How waits have lately compared with what was estimated."""

    judged: float = 0.0
    below_p50: float = 0.0
    below_p80: float = 0.0
    trusted: bool = field(default=True)
    """Whether estimates may be announced; lost beyond TOLERABLE, regained within GOOD."""

    def judge(self, told: Estimate, actual_s: float) -> None:
        """Count one estimate against the wait that came."""
        keeps = 1 - 1 / JUDGED_LATELY
        self.judged = self.judged * keeps + 1
        self.below_p50 = self.below_p50 * keeps + (actual_s <= told.p50_s)
        self.below_p80 = self.below_p80 * keeps + (actual_s <= told.p80_s)
        if self.judged >= LEAST_JUDGED:
            self.trusted = self._within(TOLERABLE if self.trusted else GOOD)

    def _within(self, bounds: Bounds) -> bool:
        p50, p80 = self.below_p50 / self.judged, self.below_p80 / self.judged
        return bounds.p50_low <= p50 <= bounds.p50_high and p80 >= bounds.p80_low
