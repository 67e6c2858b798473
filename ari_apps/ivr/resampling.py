"""Change the rate of a recording without aliasing: a polyphase filter, windowed sinc (Kaiser), pure Python.

After J. O. Smith, Digital Audio Resampling, with Kaiser's window for 60 dB of stop band. A second of speech
takes about fifty milliseconds; run it in a thread.
"""

from __future__ import annotations

from array import array
from functools import cache
from math import cosh, gcd, pi, sin, sqrt
from operator import mul

ZERO_CROSSINGS = 12
"""Of the sinc on each side; the transition band is about an eighth of the lower rate's half."""
KAISER_BETA = 5.65
CUT_OFF = 0.45
"""Of the lower of the two rates; half is Nyquist's limit."""


def resample(samples: array[int], from_hz: int, to_hz: int) -> array[int]:
    """Return 16-bit samples at another rate; the sound lasts as long as before."""
    if from_hz == to_hz:
        return samples
    divisor = gcd(from_hz, to_hz)
    up, down = to_hz // divisor, from_hz // divisor
    phases = _phases(up, down)
    width = len(phases[0])
    padded = [0] * (width // 2 - 1) + samples.tolist() + [0] * (width // 2 + 1)
    return array(
        "h",
        (
            max(
                -32768, min(32767, round(sum(map(mul, phases[at % up], padded[at // up : at // up + width]))))
            )
            for at in range(0, len(samples) * up, down)
        ),
    )


@cache
def _phases(up: int, down: int) -> tuple[tuple[float, ...], ...]:
    """Return the filter for each place an output sample can have between two input samples."""
    cut_off = CUT_OFF * min(1.0, up / down)
    half = round(ZERO_CROSSINGS / (2 * cut_off)) + 1
    return tuple(
        _normal([_tap(tap - phase / up, cut_off, half) for tap in range(1 - half, half + 1)])
        for phase in range(up)
    )


def _tap(distance: float, cut_off: float, half: int) -> float:
    if abs(distance) >= half:
        return 0.0
    sinc = 1.0 if distance == 0 else sin(2 * pi * cut_off * distance) / (2 * pi * cut_off * distance)
    return sinc * _bessel(KAISER_BETA * sqrt(1 - (distance / half) ** 2))


def _normal(taps: list[float]) -> tuple[float, ...]:
    total = sum(taps)
    return tuple(tap / total for tap in taps)


def _bessel(x: float) -> float:
    """Return I0(x), the modified Bessel function, by the trapezoidal rule on its integral."""
    steps = 32
    return sum(cosh(x * sin(pi * step / steps)) for step in range(steps)) / steps
