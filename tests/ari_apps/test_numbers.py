"""What is kept of the numbers and names that callers send."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_apps.numbers import NUMBER_MAX, plain_name, plain_number


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("+491701234567", "+491701234567"),
        ("+49 (0)170/123-45.67", "+4901701234567"),
        ("4930123;phone-context=+49", "4930123"),
        ("*11", "*11"),
        ("anonymous", ""),
        ("Anonymous", ""),
        ("dad", ""),
        ("s", ""),
        ("anna2", ""),
        ("1\r\nHangup()", "1"),
        ("", ""),
    ],
)
def test_what_can_be_dialled_is_kept_of_a_number_and_a_word_is_no_number(sent: str, kept: str) -> None:
    assert plain_number(sent) == kept


@given(st.text())
def test_nothing_a_caller_sends_is_more_than_a_number_and_a_name_on_one_line(sent: str) -> None:
    number, name = plain_number(sent), plain_name(sent)
    assert set(number) <= set("0123456789+*#ABCDabcd")
    assert len(number) <= NUMBER_MAX
    assert plain_number(number) == number
    assert len(name.splitlines()) <= 1
