"""An ear that is open all the time: what was heard at a moment, and how steadily, is asked afterwards."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ari_apps.outside_world import OutsideCall
from ari_apps.outside_world.voices import RATE
from tests.ears import Heard, analyse, decibels, gaps_ms, read

SETTLES_S = 0.2
"""So long after a switch is told, sound that was under way has come."""
SETTLED_S = 0.5
"""So long is listened to say what was heard."""
ROUNDS = 3
BESIDE_S = 0.25
"""So long nothing changes before and after that, for what an ear loses on a busy machine."""
WINDOW = RATE // 20


class Ear:
    """One party's ear, open all the time; what was heard at a moment is asked afterwards."""

    def __init__(self, party: OutsideCall, seconds: float) -> None:
        self._task = asyncio.create_task(party.recorded(seconds))
        self._party, self._seconds = party, seconds
        self._began = time.monotonic()
        self.samples = np.zeros(0)
        self.lost_s = 0.0
        """How much of it a busy machine did not write down: at most by so much a moment is earlier in it."""

    async def hear_out(self) -> None:
        """Wait for the end."""
        self.samples = read(await self._task)
        if not self._party.is_over:
            self.lost_s = max(0.0, self._seconds - len(self.samples) / RATE)

    def heard(self, moment: float) -> Heard:
        """Say what was heard in the half second around a moment, half of what was lost taken to be before."""
        middle = moment - self._began - self.lost_s / 2
        return analyse(self._between(middle - SETTLED_S / 2, middle + SETTLED_S / 2))

    def _between(self, since_s: float, until_s: float) -> NDArray[np.float64]:
        return self.samples[max(0, round(since_s * RATE)) : max(0, round(until_s * RATE))]

    def loudest(self, tone_hz: int) -> float:
        """Measure a tone in the moment in which it was loudest, in dBFS."""
        begins = range(0, len(self.samples) - WINDOW, WINDOW // 2)
        return max(level(self.samples[at : at + WINDOW], tone_hz) for at in begins)

    def steady(self, tone_hz: int, since: float, until: float) -> Steadiness:
        """Say how steadily a tone was heard between two moments."""
        piece = self._between(since - self._began, until - self._began - self.lost_s)
        levels = [
            level(piece[at : at + WINDOW], tone_hz) for at in range(0, len(piece) - WINDOW, WINDOW // 2)
        ]
        usual = float(np.median(levels))
        smooth = [float(np.median(levels[at : at + 9])) for at in range(len(levels) - 8)]
        return Steadiness(
            gap_ms=max(gaps_ms(piece), default=0),
            dip_db=usual - min(levels),
            jump_db=max(abs(one - usual) for one in smooth),
        )


async def quiet_moment() -> float:
    """Let what changed last settle, and return a moment around which nothing changes."""
    await asyncio.sleep(SETTLES_S + BESIDE_S + SETTLED_S / 2)
    moment = time.monotonic()
    await asyncio.sleep(SETTLED_S / 2 + BESIDE_S)
    return moment


async def heard_well(listen: Callable[[], Awaitable[list[str]]]) -> None:
    """Listen, and again where something was amiss: what a busy machine does to sound it does not repeat.

    Fails with what was amiss in each of `ROUNDS`.
    """
    told = [await listen()]
    while told[-1] and len(told) < ROUNDS:
        told.append(await listen())
    assert not told[-1], told


@dataclass(frozen=True)
class Steadiness:
    """How steadily a tone was heard."""

    gap_ms: int
    """The longest stretch without any sound."""
    dip_db: float
    """How much softer the softest 50 ms were than usual; the seam of the tone itself, every 2 s, is 2.5."""
    jump_db: float
    """By how much a quarter of a second was softer or louder than usual."""


def level(samples: NDArray[np.float64], tone_hz: int) -> float:
    """Measure a tone in a moment's sound."""
    window = np.hanning(len(samples))
    turn = np.exp(-2j * np.pi * tone_hz / RATE * np.arange(len(samples)))
    return decibels(float(2 * abs(np.sum(samples * window * turn)) / np.sum(window) / np.sqrt(2)))


def beside(samples: NDArray[np.float64], tone_hz: int) -> float:
    """Measure how loud is what is heard beside a tone, in the loudest tenth of a second."""
    spectrum, hz = np.fft.rfft(samples), np.fft.rfftfreq(len(samples), 1 / RATE)
    spectrum[abs(hz - tone_hz) < 60] = 0
    rest = np.fft.irfft(spectrum)
    tenths = rest[: len(rest) // 800 * 800].reshape(-1, 800)
    return decibels(float(np.sqrt(np.max(np.median(tenths**2, axis=1)))))
