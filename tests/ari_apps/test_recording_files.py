"""What was recorded is put in its place, kept so that only the key opens it, and read from anywhere."""

from __future__ import annotations

import io
import os
import wave
from array import array
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ari_apps.console.sound import part
from ari_apps.outside_world.voices import RATE, write_wav
from ari_apps.recording.mixing import Mixed
from ari_apps.recording.shelf import Shelf
from ari_apps.recording.stereo import BETWEEN_S, Piece, Take, is_whole, join
from ari_apps.recording.vault import HEAD, PIECE, TAG, Kept, Key, UnreadableRecordingError, lock

KEY = Key.of("a secret made by chance")
SIZES = st.sampled_from([0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 150_000])


def locked(folder: Path, content: bytes, key: Key = KEY) -> Path:
    (folder / "plain").write_bytes(content)
    with (folder / "locked").open("wb") as file:
        lock(folder / "plain", file, key)
    return folder / "locked"


@settings(max_examples=30)
@given(SIZES, st.integers(0, 160_000), st.integers(0, 160_000))
def test_any_range_of_a_locked_file_is_that_of_the_plain_one(size: int, begin: int, end: int) -> None:
    content = os.urandom(size)
    with TemporaryDirectory() as folder:
        path = locked(Path(folder), content)
        assert size < 16 or content[:16] not in path.read_bytes()
        kept = Kept(path, KEY)
        assert (kept.size, kept.read(begin, end)) == (size, content[begin:end])


@pytest.mark.parametrize("harm", ["changed", "cut", "moved", "grown"])
def test_what_is_not_as_it_was_kept_is_not_read(tmp_path: Path, harm: str) -> None:
    path = locked(tmp_path, os.urandom(3 * PIECE))
    content = path.read_bytes()
    first, second = HEAD, HEAD + PIECE + TAG
    harmed = {
        "changed": content[:-20] + bytes([content[-20] ^ 1]) + content[-19:],
        "cut": content[: HEAD + 2 * (PIECE + TAG)],
        "moved": content[:first] + content[second : second + PIECE + TAG] + content[first:second],
        "grown": content + content[second : second + PIECE + TAG],
    }
    path.write_bytes(harmed[harm])
    kept = Kept(path, KEY)
    with pytest.raises(UnreadableRecordingError, match="not as it was kept"):
        kept.read(0, kept.size)


def test_another_key_is_named_and_reads_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnreadableRecordingError, match=KEY.name):
        Kept(locked(tmp_path, b"sound"), Key.of("another"))


@pytest.mark.parametrize(
    "name", ["../../secrets/api", "/etc/passwd", "2026/11/22/x.wav", "unfinished/a.json", ""]
)
def test_a_file_that_is_no_recording_is_not_opened(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableRecordingError):
        Shelf(tmp_path, KEY).open(name)


def piece(path: Path, level: int, seconds: float) -> Path:
    write_wav(path, array("h", [level]) * round(seconds * RATE))
    return path


def test_each_voice_stands_where_it_was_said_and_a_pause_is_a_moment_of_silence(tmp_path: Path) -> None:
    caller = piece(tmp_path / "caller", 100, 25)  # longer than is written at once
    anna, bob = piece(tmp_path / "anna", 200, 12), piece(tmp_path / "bob", 300, 3)
    again = piece(tmp_path / "again", 400, 1)
    first = Take([Piece(anna, 0.5), Piece(bob, 20.0)], [Piece(caller)])
    lasted_s = join([first, Take([Piece(tmp_path / "gone")], [Piece(again)])], tmp_path / "both")
    assert lasted_s == 25 + BETWEEN_S + 1
    with wave.open(str(tmp_path / "both")) as file:
        both = array("h", file.readframes(file.getnframes()))
    left, right = both[0::2], both[1::2]
    assert runs(left) == [(0, 0.5), (200, 12), (0, 7.5), (300, 3), (0, 2 + BETWEEN_S + 1)]
    assert runs(right) == [(100, 25), (0, BETWEEN_S), (400, 1)]


def test_a_file_that_asterisk_has_not_closed_is_noticed_and_read_to_its_end(tmp_path: Path) -> None:
    whole = piece(tmp_path / "whole", 100, 2)
    cut = tmp_path / "cut"
    cut.write_bytes(whole.read_bytes()[:40] + bytes(4) + whole.read_bytes()[44:-1])  # its head says nothing
    assert (is_whole(whole), is_whole(cut), is_whole(tmp_path / "none")) == (True, False, False)
    join([Take([Piece(cut)], [Piece(whole)])], tmp_path / "both")
    with wave.open(str(tmp_path / "both")) as file:
        both = array("h", file.readframes(file.getnframes()))
    assert (runs(both[0::2]), runs(both[1::2])) == ([(100, 2 - 1 / RATE), (0, 1 / RATE)], [(100, 2)])


def test_who_speaks_beside_the_agent_is_heard_with_the_agent(tmp_path: Path) -> None:
    anna, loud = piece(tmp_path / "anna", 20_000, 3), piece(tmp_path / "sue", 20_000, 1)
    join([Take([Piece(anna), Piece(loud, 1.0, beside=True)], [])], tmp_path / "both")
    with wave.open(str(tmp_path / "both")) as file:
        left = array("h", file.readframes(file.getnframes()))[0::2]
    assert runs(left) == [(20_000, 1), (32_767, 1), (20_000, 1)]


def runs(side: array[int]) -> list[tuple[int, float]]:
    """Say how long which level lasts."""
    found: list[tuple[int, float]] = []
    begin = 0
    for end in range(1, len(side) + 1):
        if end == len(side) or side[end] != side[begin]:
            found.append((side[begin], (end - begin) / RATE))
            begin = end
    return found


@settings(max_examples=30)
@given(st.integers(0, 3_000), st.integers(0, 3_000))
def test_a_recording_with_both_sides_in_one_reads_like_a_file_of_its_own(begin: int, end: int) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        take = Take([Piece(piece(folder / "l", 1000, 0.1))], [Piece(piece(folder / "r", -400, 0.1))])
        join([take], folder / "both")
        together = Mixed(Kept(folder / "both", KEY))
        whole = together.read(0, together.size)
        with wave.open(io.BytesIO(whole)) as file:
            assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (1, RATE, RATE // 10)
            assert set(array("h", file.readframes(RATE))) == {300}
        assert together.read(begin, end) == whole[begin:end]


@given(st.integers(0, 50), st.integers(0, 60), st.integers(0, 60))
def test_a_range_is_within_the_sound_or_there_is_none(size: int, begin: int, end: int) -> None:
    for asked in (f"bytes={begin}-{end}", f"bytes={begin}-", f"bytes=-{end}"):
        found = part(asked, size)
        assert found is None or 0 <= found[0] < found[1] <= size
    assert part(f"bytes={begin}-{end}", size) == (
        (begin, min(size, end + 1)) if begin < min(size, end + 1) else None
    )
    assert part(None, size) == part("bytes=0-1,3-4", size) == part("lines=1-2", size) == (0, size)
