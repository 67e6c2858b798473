"""What is announced becomes sounds that exist, in every language, and numbers that can be cut off."""

from __future__ import annotations

import pytest

from ari_apps.announcer import sayings, values_told
from ari_apps.configuration.announcements import AnnouncementSettings
from ari_apps.ivr.numerals import sounds
from ari_apps.ivr.prompts import Prompts
from ari_apps.ivr.settings import LANGUAGES
from ari_apps.ivr.sounds import SoundFolders
from ari_apps.local_asterisk.installation import AsteriskInstallation
from queue_strategies.commands import Announce
from queue_strategies.model import ContactId, VisitId

SETTINGS = AnnouncementSettings(messages=("sound:queue-periodic-announce", "say:Hello"))


class Mute:
    """Speaks nothing, so that only recorded voices are heard."""

    async def file_for(self, text: str, language: str) -> None:
        return None


async def heard(announce: Announce, language: str, installation: AsteriskInstallation) -> list[str]:
    prompts = Prompts(SoundFolders(installation.data_dir / "sounds"), Mute())
    texts = [text for prompt in sayings(SETTINGS, announce) for text in prompt.spoken_in(language)]
    return await prompts.media(texts, language=language, values=values_told(announce))


def announce(**what: object) -> Announce:
    return Announce(VisitId("v"), ContactId("c"), **what)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_place_and_wait_are_told_in_recorded_voices(
    language: str, installed_asterisk: AsteriskInstallation
) -> None:
    both = announce(position=7, estimate_s=240.0)
    assert await heard(both, language, installed_asterisk) == [
        "sound:queue-thereare",
        "number:7",
        "sound:queue-callswaiting",
        "sound:queue-holdtime",
        "number:4",
        "sound:queue-minutes",
        "sound:queue-thankyou",
    ]


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ({"position": 1}, ["sound:queue-youarenext"]),
        ({"position": 5, "more_than": True}, ["sound:queue-quantity1", "number:5", "sound:queue-quantity2"]),
        (
            {"estimate_s": 60.0},
            ["sound:queue-holdtime", "sound:queue-less-than", "number:1", "sound:queue-minute"],
        ),
        ({"estimate_s": 30.0}, ["sound:queue-holdtime", "number:30", "sound:queue-seconds"]),
    ],
)
async def test_each_thing_has_words_of_its_own(
    what: dict[str, object], told: list[str], installed_asterisk: AsteriskInstallation
) -> None:
    said = await heard(announce(**what), "en", installed_asterisk)
    assert said == [*told, "sound:queue-thankyou"]


async def test_a_message_is_played_alone(installed_asterisk: AsteriskInstallation) -> None:
    assert await heard(announce(message=0), "en", installed_asterisk) == ["sound:queue-periodic-announce"]
    assert await heard(announce(message=7), "en", installed_asterisk) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_below_a_hundred_is_said_in_sounds_that_exist(
    language: str, installed_asterisk: AsteriskInstallation
) -> None:
    there = SoundFolders(installed_asterisk.data_dir / "sounds")
    for number in range(100):
        words = sounds(number, language)
        assert words
        assert all(there.has(word, language) for word in words), (number, words)
    assert sounds(100, language) is None


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        ("en", 42, "40 2"),
        ("fr", 21, "20 et 1"),
        ("fr", 71, "60 et 11"),
        ("fr", 80, "80"),
        ("fr", 81, "80 1"),
        ("fr", 99, "80 19"),
        ("es", 29, "29"),
        ("es", 31, "30 and 1"),
        ("it", 28, "28"),
        ("it", 29, "20 9"),
        ("ru", 15, "15"),
    ],
)
def test_numbers_are_put_together_as_each_language_does(language: str, number: int, words: str) -> None:
    assert sounds(number, language) == [f"digits/{word}" for word in words.split()]
