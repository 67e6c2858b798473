"""Speech that Asterisk plays at the right speed, made once and kept within bounds."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import wave
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from ari_apps.ivr.espeak import EspeakNg, read_wav, without_phonemes
from ari_apps.ivr.resampling import resample
from ari_apps.ivr.speech import Pcm, Speech, SpeechError, prune
from ari_apps.local_asterisk.installation import AsteriskInstallation
from tests.asterisk_lab import AsteriskLab


def tone(hz: float, seconds: float, rate_hz: int = 22050) -> array[int]:
    return array(
        "h", (round(12000 * math.sin(2 * math.pi * hz * n / rate_hz)) for n in range(int(seconds * rate_hz)))
    )


def loudest_hz(samples: array[int], rate_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(np.array(samples, float) * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate_hz / len(samples))


def level_db(samples: array[int]) -> float:
    middle = np.array(samples[len(samples) // 8 : -len(samples) // 8], float)
    return float(20 * np.log10(np.sqrt((middle**2).mean()) * math.sqrt(2) / 12000 + 1e-9))


def files_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


async def until(it_is_so: Callable[[], bool]) -> None:
    for _ in range(6000):
        if it_is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to be")


@dataclass
class Whistle:
    """An engine that whistles, at eSpeak's rate, and counts how often."""

    hz: float = 1000.0
    seconds: float = 2.0
    name: str = "whistle"
    whistled: list[str] = field(default_factory=list)

    async def speak(self, text: str, language: str) -> Pcm:
        self.whistled.append(text)
        await asyncio.sleep(0)
        return Pcm(22050, tone(self.hz, self.seconds))


class Broken:
    name = "broken"

    async def speak(self, text: str, language: str) -> Pcm:
        raise SpeechError("out of breath")


@pytest.fixture(scope="module")
def espeak(installed_asterisk: AsteriskInstallation) -> EspeakNg:
    assert installed_asterisk.espeak is not None
    return EspeakNg(installed_asterisk.espeak)


@pytest.mark.parametrize("hz", [300, 1000, 3000])
def test_a_tone_keeps_its_pitch_its_length_and_its_loudness(hz: float) -> None:
    for rate_hz in (8000, 16000):
        resampled = resample(tone(hz, 0.5), 22050, rate_hz)
        assert len(resampled) == pytest.approx(rate_hz / 2, abs=1)
        assert loudest_hz(resampled, rate_hz) == pytest.approx(hz, abs=3)
        assert level_db(resampled) == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("hz", [4400, 5000, 7000, 9000])
def test_what_a_telephone_cannot_carry_is_gone_and_not_folded_back(hz: float) -> None:
    assert level_db(resample(tone(hz, 0.3), 22050, 8000)) < -55


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(-32768, 32767), max_size=200), st.sampled_from([8000, 11025, 16000, 22050, 44100])
)
def test_any_samples_can_be_resampled(samples: list[int], from_hz: int) -> None:
    resampled = resample(array("h", samples), from_hz, 8000)
    assert len(resampled) == math.ceil(len(samples) * 8000 / from_hz)


async def test_a_text_is_spoken_once_and_one_file_serves_all(tmp_path: Path) -> None:
    engine = Whistle()
    speech = Speech(engine, tmp_path / "speech")
    files = await asyncio.gather(*(speech.file_for("Hello", "en") for _ in range(20)))
    assert len(set(files)) == 1
    assert engine.whistled == ["Hello"]
    assert await Speech(engine, tmp_path / "speech").file_for("Hello", "en") == files[0]
    assert await speech.file_for("Hello", "fr") != files[0]
    assert engine.whistled == ["Hello", "Hello"]
    assert [name[-4:] for name in files_in(tmp_path / "speech")] == [".wav", ".wav"]


async def test_an_engine_that_fails_is_told_once_and_never_raises(tmp_path: Path) -> None:
    speech = Speech(Broken(), tmp_path)
    with capture_logs() as logs:
        assert [await speech.file_for("Hello", "en") for _ in range(3)] == [None] * 3
    assert [entry["reason"] for entry in logs] == ["out of breath"]
    assert await Speech(None, tmp_path).file_for("Hello", "en") is None
    missing = Speech(EspeakNg(("/nowhere/espeak-ng",)), tmp_path)
    assert await missing.file_for("Hello", "en") is None
    assert files_in(tmp_path) == []


async def test_a_folder_that_cannot_be_written_is_told_and_never_raises(tmp_path: Path) -> None:
    (tmp_path / "speech").write_text("a file where the folder should be")
    with capture_logs() as logs:
        assert await Speech(Whistle(), tmp_path / "speech").file_for("Hello", "en") is None
    assert [entry["event"] for entry in logs] == ["speech.failed"]


def test_the_cache_forgets_what_was_unused_for_longest_but_nothing_in_use(tmp_path: Path) -> None:
    for age in range(5):
        file = tmp_path / f"{age}.wav"
        file.write_bytes(bytes(1000))
        os.utime(file, (10_000 - age, 10_000 - age))
    prune(tmp_path, max_bytes=3000, used_before=20_000)
    assert sorted(file.stem for file in tmp_path.iterdir()) == ["0", "1", "2"]
    prune(tmp_path, max_bytes=0, used_before=9_999)
    assert sorted(file.stem for file in tmp_path.iterdir()) == ["0", "1"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "For sales press one."),
        ("es", "Para ventas, pulse uno."),
        ("fr", "Pour les ventes, tapez un."),
        ("it", "Per le vendite, premere uno."),
        ("ru", "Для продаж нажмите один."),
    ],
)
async def test_espeak_speaks_every_language_that_has_prompts(
    espeak: EspeakNg, language: str, text: str
) -> None:
    said = await espeak.speak(text, language)
    assert said.rate_hz == 22050
    assert 0.8 < len(said.samples) / said.rate_hz < 5
    assert max(said.samples) > 3000


async def test_a_text_is_never_a_command_an_option_or_a_phoneme(espeak: EspeakNg) -> None:
    plain = await espeak.speak("w", "en")
    for hostile in ("[[w]]", "--version w", "-v de w", "$(w)", "`w`"):
        assert len((await espeak.speak(hostile, "en")).samples) >= len(plain.samples)
    assert without_phonemes("[[a]]\x00\x1b[31m").split() == ["a", "31m"]
    with pytest.raises(SpeechError, match="voice"):
        await espeak.speak("hello", "xx")


async def test_an_engine_that_never_ends_is_ended(tmp_path: Path) -> None:
    speaker = tmp_path / "endless"
    speaker.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 1000\n")
    speaker.chmod(0o755)
    speaking = asyncio.create_task(EspeakNg((str(speaker),)).speak("hello", "en"))
    await until(lambda: (tmp_path / "pid").exists() and bool((tmp_path / "pid").read_text()))
    speaking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await speaking
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@given(st.binary(max_size=200))
def test_garbage_instead_of_a_wav_is_refused(garbage: bytes) -> None:
    for content in (garbage, b"RIFF" + garbage, b"RIFF\0\0\0\0WAVEfmt " + garbage):
        with contextlib.suppress(SpeechError):
            read_wav(content)


SCENE = """
[caller]
exten => listen,1,Answer(,i)
 same => n,Record({heard}:wav,0,20,kq)
[floor]
exten => speak,1,Answer(,i)
 same => n,Wait(0.5)
 same => n,Playback({file})
 same => n,Wait(0.3)
"""


async def hear(lab: AsteriskLab, file: Path, heard: Path) -> tuple[array[int], int]:
    """Let Asterisk play the file into a call, and record what the other side hears."""
    scene = SCENE.format(file=file, heard=heard.with_suffix(""))
    asterisk = await lab.run({"extensions.conf": scene}, modules=["res_clioriginate"])
    await asterisk.cli("channel originate Local/listen@caller extension speak@floor")
    await until(heard.exists)
    while "0 active channels" not in await asterisk.cli("core show channels"):
        pass
    with wave.open(str(heard)) as recording:
        return array("h", recording.readframes(recording.getnframes())), recording.getframerate()


def loud_part(samples: array[int]) -> array[int]:
    loud = np.flatnonzero(np.abs(np.array(samples, float)) > 200)
    return samples[int(loud[0]) : int(loud[-1]) + 1]


async def test_asterisk_plays_a_spoken_file_at_the_right_pitch_and_speed(
    asterisk_lab: AsteriskLab, tmp_path: Path
) -> None:
    file = await Speech(Whistle(hz=1000, seconds=2), tmp_path).file_for("whistle", "en")
    assert file is not None
    samples, rate_hz = await hear(asterisk_lab, file, tmp_path / "heard.wav")
    whistled = loud_part(samples)
    assert loudest_hz(whistled, rate_hz) == pytest.approx(1000, abs=5)
    assert len(whistled) / rate_hz == pytest.approx(2.0, abs=0.1)


async def test_what_espeak_says_lasts_as_long_in_a_call_as_it_was_spoken(
    asterisk_lab: AsteriskLab, espeak: EspeakNg, tmp_path: Path
) -> None:
    text = "For sales press one, for support press two."
    said = await espeak.speak(text, "en")
    file = await Speech(espeak, tmp_path).file_for(text, "en")
    assert file is not None
    samples, rate_hz = await hear(asterisk_lab, file, tmp_path / "heard.wav")
    spoken_s = len(loud_part(said.samples)) / said.rate_hz
    assert len(loud_part(samples)) / rate_hz == pytest.approx(spoken_s, abs=0.15)
