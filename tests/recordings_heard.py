"""Recordings as somebody hears them who may: which voice is on which side, one after the other."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import aiohttp
import numpy as np

from ari_apps.outside_world.voices import RATE
from tests.ears import Samples, analyse
from tests.floor_lab import Floor, until

CALLER, ANNA, BOB, SUE, CARD = 440, 1000, 1400, 1800, 2400
KNOWN = {CALLER, ANNA, BOB}


@dataclass
class Recorded:
    """A recording as somebody hears it who may."""

    row: dict[str, Any]
    left: Samples
    right: Samples

    @property
    def lasted_s(self) -> float:
        return len(self.left) / RATE


async def ask(floor: Floor, path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    """Ask the REST API for a file."""
    token = {"Authorization": f"Bearer {floor.asterisk.secrets.get('api')}"}
    url = f"http://{floor.asterisk.configuration.http.listen}/api/v1/{path}"
    async with aiohttp.ClientSession() as session, session.get(url, headers=token | headers) as answer:
        return answer.status, await answer.read(), dict(answer.headers)


async def kept(floor: Floor, call: str) -> dict[str, Any]:
    """Find the one recording of a call once it is kept."""

    async def found() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = await floor.get(f"recordings?contact={call}")
        return [row for row in rows if row["kept_at"]]

    (row,) = await until(found, "the recording is kept")
    return row


async def recorded(floor: Floor, call: str) -> Recorded:
    """Hear the one recording of a call once it is kept."""
    row = await kept(floor, call)
    status, content, _ = await ask(floor, f"recordings/{row['recording']}/sound")
    assert status == 200
    return Recorded(row, *both_sides(content))


def both_sides(content: bytes) -> tuple[Samples, Samples]:
    """Read a WAV file: the left side, and the right."""
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, RATE, 2)
        both = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32768.0
    return both[0::2], both[1::2]


def story(side: Samples, step_s: float = 0.2) -> list[str]:
    """Tell what is heard on a side, one thing after the other."""
    step = round(RATE * step_s)
    told = []
    for begin in range(0, len(side) - step + 1, step):
        heard = analyse(side[begin : begin + step])
        loudest = max(heard.levels_dbfs, key=lambda tone: heard.levels_dbfs[tone])
        told.append("silence" if heard.silent else str(loudest) if loudest in KNOWN else "music")
    return [what for what, _ in groupby(told)]


def tones(side: Samples, begin: int) -> set[int]:
    """Tell which tones are in a fifth of a second."""
    return analyse(side[begin : begin + 1600]).tones if len(side) - begin >= 800 else set()


def said(side: Samples, step: int = RATE // 5) -> list[set[int]]:
    """Tell who is heard on a side, one after the other, of what lasts for three fifths of a second."""
    voices = [analyse(side[begin : begin + step]) for begin in range(0, len(side) - step + 1, step)]
    told = [frozenset(one for one in KNOWN | {SUE} if heard.levels_dbfs[one] > -30) for heard in voices]
    return [set(who) for who, group in groupby(told) if len(list(group)) >= 3]
