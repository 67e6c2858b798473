"""What callers hear, and what hostile callers cannot make it."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from ari_apps.ivr.prompts import PromptError, Prompts, fill, read
from ari_apps.ivr.sounds import AnySound, SoundFolders, Sounds


class Repeater:
    """Speaks by naming a file after what it was told."""

    async def file_for(self, text: str, language: str) -> Path | None:
        return Path(f"/spoken/{language}/{text}")


class Mute:
    async def file_for(self, text: str, language: str) -> Path | None:
        return None


async def media(
    *expressions: str, sounds: Sounds | None = None, language: str = "en", **values: str
) -> list[str]:
    return await Prompts(sounds or AnySound(), Repeater()).media(
        expressions, language=language, values=values
    )


async def test_every_kind_of_prompt_becomes_something_asterisk_plays() -> None:
    assert await media(
        "sound:welcome", "say:Hello", "digits:12*#", "number:42", "recording:boss/hello", "silence:12",
        "tone:ring;tonezone=fr", "file:/srv/a b/hello.wav", "/srv/bye.wav",
    ) == [
        "sound:welcome", "sound:/spoken/en/Hello", "digits:12*#", "number:42", "recording:boss/hello",
        "sound:silence/10", "sound:silence/2", "tone:ring;tonezone=fr", "sound:/srv/a b/hello",
        "sound:/srv/bye",
    ]  # fmt: skip


async def test_what_the_caller_dialled_can_be_said_in_digits_in_speech_or_as_a_number() -> None:
    assert await media("digits:{digits}", "number:{digits}", "say:You dialled {digits}.", digits="4711") == [
        "digits:4711",
        "number:4711",
        "sound:/spoken/en/You dialled 4 7 1 1.",
    ]


async def test_a_value_that_is_not_there_or_no_number_is_left_out() -> None:
    assert (
        await media(
            "digits:{pin}", "number:{tier}", "number:{digits}", "say:{nothing}", tier="gold", digits=""
        )
        == []
    )


@pytest.mark.parametrize(
    "expression",
    [
        "welcome", "", ":", "sound:", "sound:../secret", "sound:a/../../b", "sound:a,b", "sound:{caller}",
        "say:", "say:  ",
        "digits:abc", "number:4.5", "silence:0", "silence:61", "recording:{caller}", "file:relative.wav",
        "file:/a,b.wav", "tone:x;y", "http://example.com/a.wav",
    ],
)  # fmt: skip
def test_what_cannot_be_played_is_refused_with_the_remedy(expression: str) -> None:
    with pytest.raises(PromptError, match=r"write|begin"):
        read(expression)


async def test_a_missing_sound_is_spoken_instead_or_left_out_and_told_once(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "hello.gsm").touch()
    (tmp_path / "jingle.wav").touch()
    prompts = Prompts(SoundFolders(tmp_path), Repeater())
    asked = [
        "sound:hello",
        "sound:jingle",
        "sound:welcome",
        "sound:welcome|Welcome to Acme",
        "file:/nowhere/x.wav",
    ]
    with capture_logs() as logs:
        for _ in range(3):
            assert await prompts.media(asked, language="en_GB", values={}) == [
                "sound:hello",
                "sound:jingle",
                "sound:/spoken/en_GB/Welcome to Acme",
            ]
    assert [(entry["event"], entry["sound"]) for entry in logs] == [
        ("prompts.sound_missing", "welcome"),
        ("prompts.sound_missing", "/nowhere/x"),
    ]


async def test_a_sound_that_arrives_later_is_played(tmp_path: Path) -> None:
    sounds = SoundFolders(tmp_path)
    assert not sounds.has("promo/may", "en")
    (tmp_path / "promo").mkdir()
    (tmp_path / "promo" / "may.wav").touch()
    assert sounds.has("promo/may", "en")
    assert not sounds.has("promo/ma", "en")


async def test_without_a_speech_engine_a_beep_is_heard_and_the_reason_told_once() -> None:
    prompts = Prompts(AnySound(), Mute())
    with capture_logs() as logs:
        for _ in range(3):
            assert await prompts.media(["say:Hello", "sound:welcome"], language="en", values={}) == [
                "sound:beep",
                "sound:welcome",
            ]
    assert [entry["event"] for entry in logs] == ["prompts.not_spoken"]


def test_a_caller_s_name_is_spoken_without_what_could_be_code() -> None:
    spoken = fill(
        "Hello {caller_name}, your tier is {tier}.",
        {"caller_name": "[[w]] <b>Bobby; $(rm)\x00\n{tier}", "tier": "gold"},
    )
    assert spoken == "Hello w b Bobby rm tier, your tier is gold."


anything = st.dictionaries(st.sampled_from(["caller", "caller_name", "digits", "tier"]), st.text())


@settings(deadline=None)
@given(anything)
async def test_nothing_a_caller_sends_reaches_asterisk_but_digits(values: Mapping[str, str]) -> None:
    uris = await Prompts(AnySound(), Mute()).media(
        ["digits:{digits}", "digits:{caller}", "number:{tier}", "say:Hello {caller_name} at {caller}"],
        language="en",
        values=values,
    )
    for uri in uris:
        kind, _, rest = uri.partition(":")
        assert kind in {"digits", "number"} or uri == "sound:beep"
        assert uri == "sound:beep" or set(rest) <= set("0123456789*#")


@given(anything)
def test_nothing_a_caller_sends_is_spoken_but_letters_digits_and_plain_punctuation(
    values: Mapping[str, str],
) -> None:
    for letter in fill("{caller}{caller_name}{digits}{tier}", values):
        assert letter.isalnum() or letter in " .,:'-"
    assert len(fill("{tier}", values)) <= 400 * 18  # NFKC makes at most 18 letters of one
