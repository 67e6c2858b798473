"""Record what somebody outside hears: what the floor sends, in real time, gaps filled with silence."""

from __future__ import annotations

import asyncio
import wave
from array import array
from pathlib import Path

from ami_listeners.connection import Connection
from ari_apps.ids import new_id
from ari_apps.outside_world.voices import RATE, write_wav

WRITTEN_WITHIN_S = 1.0
LOOK_AGAIN_S = 0.02
LONGEST_HEADER = 100


class Ears:
    """MixMonitor, told to keep the receiving direction alone.

    Its clock is what the channel itself sends (option S), so who listens has to send, if only silence.
    """

    def __init__(self, ami: Connection, folder: Path) -> None:
        self._ami = ami
        self._folder = folder

    async def record(self, channel_id: str, seconds: float) -> Path:
        """Return a WAV file of what the channel received from now on; shorter when the call ends before."""
        path = self._folder / f"{new_id()}.wav"
        await self._ami.ask("MixMonitor", Channel=channel_id, File="", Options=f"r({path})S")
        try:
            await asyncio.sleep(seconds)
        finally:
            await self._ami.send_action({"Action": "StopMixMonitor", "Channel": channel_id})
        if not await written(path):
            write_wav(path, silence(seconds))  # nothing came, and nothing was said that could tell the time
        return path


async def written(path: Path) -> bool:
    """Wait until Asterisk has closed the file, of which nobody tells; False when there is nothing in it."""
    for _ in range(round(WRITTEN_WITHIN_S / LOOK_AGAIN_S)):
        if is_whole(path):
            return True
        await asyncio.sleep(LOOK_AGAIN_S)
    return False


def is_whole(path: Path) -> bool:
    """Tell whether the header of a WAV file counts everything that follows it."""
    try:
        with wave.open(str(path), "rb") as file:
            told = file.getnframes() * file.getsampwidth()
    except (FileNotFoundError, EOFError, wave.Error):
        return False
    return told > 0 and path.stat().st_size - told < LONGEST_HEADER


def silence(seconds: float) -> array[int]:
    """Make that much of it."""
    return array("h", bytes(2 * round(RATE * seconds)))
