"""At which number to call back: what a caller presses, and what is believed of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_apps.configuration.callback import CallbackSettings
from ari_apps.ivr.callback_dialogue import ask_number
from ari_apps.ivr.offline_walk import OfflineLine
from ari_apps.ivr.prompts import Prompts
from ari_apps.ivr.sounds import AnySound
from queue_strategies.model import ContactId

SETTINGS = CallbackSettings.model_validate(
    {
        "numbers": ["+4917*", "030*", "110"],
        "said_number": "digits:{callback}",
        "said_choice": "sound:choose",
        "said_ask": "sound:type",
        "said_wrong": "sound:wrong",
    }
)


class Mute:
    """Speaks nothing."""

    async def file_for(self, text: str, language: str) -> None:
        """Have no voice."""


async def asked(keys: str, *, caller: str = "+491701234") -> tuple[str | None, list[str]]:
    heard: list[str] = []
    line = OfflineLine(ContactId("c"), caller, "030999999", "en", keys, heard.append)
    return await ask_number(line, SETTINGS, Prompts(AnySound(), Mute())), heard


@pytest.mark.parametrize(
    ("keys", "number"),
    [
        ("1", "+491701234"),
        ("2030123456#1", "030123456"),
        ("2030123456#2030123457#1", "030123457"),
        ("20900123456#030123456#1", "030123456"),
        ("2030999999#030123456#1", "030123456"),
        ("*", None),
        (",,", None),
        ("2,", None),
        ("2030123456#*", None),
        ("20900123456#" * 10, None),
    ],
)
async def test_the_number_is_the_one_the_caller_has_confirmed(keys: str, number: str | None) -> None:
    assert (await asked(keys))[0] == number


@pytest.mark.parametrize(
    "caller", ["", "anonymous", "+390123456", "0900123456", "+49", "*21*0900#", "\u0661\u0662\u0663"]
)
async def test_who_has_no_number_that_may_be_called_must_type_one(caller: str) -> None:
    number, heard = await asked("030123456#1", caller=caller)
    assert number == "030123456"
    assert heard[:2] == ["hears type", "presses 030123456#"]
    assert "hears digits:030123456" in heard


@given(st.text("0123456789*#ABCD,", max_size=60), st.sampled_from(["", "+491701234", "+390123456"]))
async def test_whatever_is_pressed_only_allowed_numbers_are_called(keys: str, caller: str) -> None:
    number, _ = await asked(keys, caller=caller)
    assert number is None or (SETTINGS.allows(number) and len(number) <= SETTINGS.max_digits)
