"""How good a call sounds to people, estimated from what the network did to it: the E-model of ITU-T G.107.

Everything that is not measured has G.107's default value (table 3); with no delay and no loss R is 93.2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

BASIC_RATIO = 94.77
"""Ro: of signal to noise, when every parameter has its default."""
SIMULTANEOUS_IMPAIRMENT = 1.41
"""Is: what comes with the voice itself, when every parameter has its default."""
TALKER_ECHO_LOUDNESS = 65.0
"""TELR, dB: how little one hears of one's own voice, by default."""
WEIGHTED_ECHO_PATH_LOSS = 110.0
"""WEPL, dB: how little of an echo goes round again, by default."""
NOTICED_DELAY_MS = 100.0
"""What people talk over without noticing."""
PACKET_MS = 20.0
BUFFER_PER_JITTER = 2.0
"""A phone holds packets back for about twice the jitter."""


@dataclass(frozen=True, slots=True)
class Codec:
    """What coding costs, and how well it hides losses: Ie and Bpl of G.113, appendix I."""

    impairment: float
    robustness: float


G711 = Codec(0.0, 25.1)
"""With packet-loss concealment, which phones have; without, its robustness is 4.3."""
CODECS: Mapping[str, Codec] = {
    "ulaw": G711,
    "alaw": G711,
    "g729": Codec(11.0, 19.0),
    "g723": Codec(15.0, 16.1),
    "gsm-efr": Codec(5.0, 10.0),
}
"""By Asterisk's names. G.113 rates narrow-band codecs; what is not here is taken for G.711."""


def mos(r: float) -> float:
    """Turn R into a mean opinion score, 1 (bad) to 4.5 (G.107, annex B).

    Below R = 6.5 the cubic falls under 1, where no opinion is.
    """
    if r >= 100:
        return 4.5
    return max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6) if r > 0 else 1.0


def r_factor(*, one_way_delay_ms: float, loss: float, codec: str = "ulaw", burst_ratio: float = 1.0) -> float:
    """Rate a call from 0 to 93.2 by the delay from mouth to ear and the share of packets lost.

    `burst_ratio` is 1 when packets are lost by chance, more when several are lost in a row.
    """
    spoiled = delay_impairment(one_way_delay_ms) + loss_impairment(loss, codec, burst_ratio)
    return max(0.0, BASIC_RATIO - SIMULTANEOUS_IMPAIRMENT - spoiled)


def mouth_to_ear_ms(*, round_trip_ms: float, jitter_ms: float) -> float:
    """Estimate the delay one way: half the way there and back, filling a packet, and holding back."""
    return round_trip_ms / 2 + PACKET_MS + BUFFER_PER_JITTER * jitter_ms


def loss_impairment(loss: float, codec: str = "ulaw", burst_ratio: float = 1.0) -> float:
    """Give Ie,eff: what coding and the share of lost packets (0 to 1) cost (G.107, 7.5)."""
    known = CODECS.get(codec, G711)
    percent = 100 * min(max(loss, 0.0), 1.0)
    if not percent:
        return known.impairment
    return known.impairment + (95 - known.impairment) * percent / (percent / burst_ratio + known.robustness)


def delay_impairment(one_way_ms: float) -> float:
    """Give Id: what hearing oneself late, going round twice, and waiting for an answer cost (G.107, 7.4)."""
    delay = max(0.0, one_way_ms)
    return _talker_echo(delay) + _listener_echo(2 * delay) + _slow_answers(delay)


def _talker_echo(delay: float) -> float:
    """Idte. Where the formula goes below nothing, at a few milliseconds, an echo is no gain."""
    masked = 6 * math.exp(-0.3 * delay**2)
    loudness = TALKER_ECHO_LOUDNESS - 40 * math.log10((1 + delay / 10) / (1 + delay / 150)) + masked
    between = (BASIC_RATIO - (80 + 2.5 * (loudness - 14))) / 2
    return max(0.0, (between + math.hypot(between, 10) - 1) * (1 - math.exp(-delay)))


def _listener_echo(round_trip: float) -> float:
    """Idle."""
    between = (BASIC_RATIO - 10.5 * (WEIGHTED_ECHO_PATH_LOSS + 7) / math.pow(round_trip + 1, 0.25)) / 2
    return between + math.hypot(between, 13)


def _slow_answers(delay: float) -> float:
    """Idd."""
    if delay <= NOTICED_DELAY_MS:
        return 0.0
    x = math.log2(delay / NOTICED_DELAY_MS)
    return 25 * (math.pow(1 + x**6, 1 / 6) - 3 * math.pow(1 + (x / 3) ** 6, 1 / 6) + 2)
