"""Messages callers leave, and those they do not."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ari_apps.ivr.box_settings import VoicemailSettings
from ari_apps.ivr.offline_walk import OfflineLine
from ari_apps.ivr.prompts import Prompts
from ari_apps.ivr.sounds import AnySound
from ari_apps.ivr.voicemail import Voicemail
from ari_apps.line import CallerGone, Recorded
from queue_strategies.facts import Fact, VoicemailLeft
from queue_strategies.model import ContactId

AT = dt.datetime(2026, 12, 24, 18, 30, 5, tzinfo=dt.UTC)


class Mute:
    async def file_for(self, text: str, language: str) -> Path | None:
        return None


class SpeakingLine(OfflineLine):
    """A caller who leaves a message of a given length in a file, and may hang up at its end."""

    folder: Path
    duration_s: float = 7.5
    talking_s: float | None = None
    hangs_up: bool = False
    recorded: bool = False

    async def play(self, media: Sequence[str]) -> None:
        if self.recorded and self.hangs_up:
            raise CallerGone
        await super().play(media)

    async def record(self, name: str, **how: Any) -> Recorded:
        self.recorded = True
        path = self.folder / f"{name}.wav"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"RIFF")
        return Recorded(name, path, self.duration_s, self.talking_s)


@dataclass
class Box:
    folder: Path
    facts: list[Fact] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def line(self, **traits: Any) -> SpeakingLine:
        line = SpeakingLine(ContactId("c1"), "+49151", "100", "en", "", self.heard.append)
        line.caller_name = "Bobby \N{SNOWMAN}"
        line.folder = self.folder
        for name, value in traits.items():
            setattr(line, name, value)
        return line

    async def take(self, line: SpeakingLine, **settings: Any) -> VoicemailLeft | None:
        voicemail = Voicemail(
            prompts=Prompts(AnySound(), Mute()),
            remember=self.facts.append,
            now=lambda: 42.0,
            at=lambda: AT,
            new_id=lambda: "id1",
        )
        return await voicemail.take_message(line, "sales", VoicemailSettings.model_validate(settings))

    def files(self) -> list[str]:
        return sorted(str(file.relative_to(self.folder)) for file in self.folder.rglob("*.*"))


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


NAME = "voicemail/sales/20261224T183005-id1"


async def test_a_message_lies_in_its_box_with_a_note_of_who_called_and_when(box: Box) -> None:
    left = await box.take(box.line(), greeting="sound:vm-intro")
    assert box.heard == ["hears vm-intro", "hears beep", "hears vm-goodbye"]
    assert left == VoicemailLeft(
        moment=42.0, contact=ContactId("c1"), box="sales", recording=NAME, duration_s=7.5
    )
    assert box.facts == [left]
    assert box.files() == [f"{NAME}.json", f"{NAME}.wav"]
    assert json.loads((box.folder / f"{NAME}.json").read_text()) == {
        "box": "sales",
        "contact": "c1",
        "caller_number": "+49151",
        "caller_name": "Bobby \N{SNOWMAN}",
        "called_number": "100",
        "left_at": "2026-12-24T18:30:05+00:00",
        "duration_s": 7.5,
        "recording": NAME,
    }


async def test_a_caller_who_hangs_up_after_speaking_has_left_a_message(box: Box) -> None:
    with pytest.raises(CallerGone):
        await box.take(box.line(hangs_up=True))
    assert [type(fact) for fact in box.facts] == [VoicemailLeft]
    assert box.files() == [f"{NAME}.json", f"{NAME}.wav"]


@pytest.mark.parametrize("traits", [{"duration_s": 0.4}, {"duration_s": 30.0, "talking_s": 0.2}])
async def test_a_message_in_which_nobody_speaks_is_thrown_away(box: Box, traits: dict[str, float]) -> None:
    assert await box.take(box.line(**traits)) is None
    assert (box.facts, box.files()) == ([], [])


async def test_a_note_that_cannot_be_written_does_not_lose_the_message(box: Box) -> None:
    (box.folder / f"{NAME}.json").mkdir(parents=True)
    (box.folder / f"{NAME}.json" / "in the way").touch()
    line = box.line()

    async def record(name: str, **how: Any) -> Recorded:
        return Recorded(name, box.folder / f"{name}.wav", 5.0)

    line.record = record  # type: ignore[method-assign]
    assert await box.take(line) is not None
    assert [type(fact) for fact in box.facts] == [VoicemailLeft]


async def test_without_a_beep_none_is_heard(box: Box) -> None:
    await box.take(box.line(), beep=False, thanks=[])
    assert box.heard == ["hears vm-intro"]
