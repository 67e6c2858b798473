"""What pressed keys amount to."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ari_apps.ivr.digits import (
    DTMF,
    Collected,
    Complete,
    Invalid,
    Matcher,
    Number,
    OneOf,
    Past,
    TimedOut,
    take,
    when_over,
)


def press(matcher: Matcher, keys: str) -> Collected:
    """Press the keys one by one, then wait."""
    outcome, _ = take(matcher, keys)
    return outcome or when_over(matcher, keys)


MENU = OneOf({"1", "2", "*"})
EXTENSIONS = OneOf({"0", "1", "101", "102", "2XX", "N00#"})
ACCOUNT = Number(min=4, max=10)


@pytest.mark.parametrize(
    ("matcher", "keys", "outcome"),
    [
        (MENU, "1", Complete("1")),
        (MENU, "*", Complete("*")),
        (MENU, "3", Invalid("3")),
        (MENU, "#", Invalid("#")),
        (MENU, "", TimedOut("")),
        (EXTENSIONS, "0", Complete("0")),
        (EXTENSIONS, "1", Complete("1")),
        (EXTENSIONS, "10", TimedOut("10")),
        (EXTENSIONS, "101", Complete("101")),
        (EXTENSIONS, "103", Invalid("103")),
        (EXTENSIONS, "2", TimedOut("2")),
        (EXTENSIONS, "279", Complete("279")),
        (EXTENSIONS, "200#", Complete("200#")),
        (EXTENSIONS, "100", Invalid("100")),
        (ACCOUNT, "1234#", Complete("1234")),
        (ACCOUNT, "1234", Complete("1234")),
        (ACCOUNT, "123", TimedOut("123")),
        (ACCOUNT, "123#", Invalid("123#")),
        (ACCOUNT, "#", Invalid("#")),
        (ACCOUNT, "12*", Invalid("12*")),
        (ACCOUNT, "1234567890", Complete("1234567890")),
        (Number(min=0, max=3), "#", Complete("")),
        (Number(min=2, max=2, end=""), "12", Complete("12")),
        (Number(min=2, max=4, end=""), "12#", Invalid("12#")),
        (Past("#", MENU), "#1", Complete("1")),
        (Past("#", MENU), "1", Complete("1")),
        (Past("#", MENU), "##", Invalid("#")),
    ],
)
def test_keys_amount_to_what_the_menu_makes_of_them(matcher: Matcher, keys: str, outcome: Collected) -> None:
    assert press(matcher, keys) == outcome


def test_keys_pressed_too_early_wait_for_the_next_question() -> None:
    assert take(MENU, "129") == (Complete("1"), "29")
    assert take(ACCOUNT, "1234#1") == (Complete("1234"), "1")
    assert take(ACCOUNT, "123") == (None, "123")


def test_the_most_literal_of_several_patterns_is_meant() -> None:
    menu = OneOf({"1XX", "10X", "101"})
    assert [menu.pattern_of(dialled) for dialled in ("101", "105", "199", "201")] == [
        "101",
        "10X",
        "1XX",
        None,
    ]


keys = st.text(DTMF, max_size=12)
patterns = st.text(DTMF + "XZN", min_size=1, max_size=5)
one_of = st.builds(OneOf, st.sets(patterns, min_size=1, max_size=6).map(frozenset))
number = st.tuples(st.integers(0, 6), st.integers(0, 6)).flatmap(
    lambda two: st.builds(Number, st.just(min(two)), st.just(max(*two, 1)), st.sampled_from(["#", "*", ""]))
)
matchers: st.SearchStrategy[Matcher] = st.one_of(one_of, number)


@settings(deadline=None)
@given(matchers, keys, keys)
def test_a_verdict_once_given_needs_no_further_key(matcher: Matcher, dialled: str, more: str) -> None:
    outcome, left = take(matcher, dialled)
    if outcome is not None:
        assert take(matcher, dialled + more) == (outcome, left + more)


def continuations(matcher: Matcher, dialled: str) -> Iterator[str]:
    """Every way, or one of each kind, to go on towards something right."""
    if isinstance(matcher, Number):
        yield from ("5" * count for count in range(8))
    if isinstance(matcher, OneOf):
        for pattern in matcher.patterns:
            yield pattern[len(dialled) :].translate(str.maketrans("XZN", "555"))


@settings(deadline=None)
@given(matchers, keys)
def test_an_incomplete_dialling_can_be_completed(matcher: Matcher, dialled: str) -> None:
    if take(matcher, dialled)[0] is None:
        finished = (press(matcher, dialled + more) for more in continuations(matcher, dialled))
        assert any(isinstance(outcome, Complete) for outcome in finished)


@settings(deadline=None)
@given(matchers, keys, keys)
def test_an_invalid_dialling_cannot(matcher: Matcher, dialled: str, more: str) -> None:
    if isinstance(matcher.judge(dialled), Invalid):
        assert isinstance(matcher.judge(dialled + more), Invalid)


@settings(deadline=None)
@given(one_of, keys)
def test_a_choice_is_always_one_that_was_offered(menu: OneOf, dialled: str) -> None:
    outcome = press(menu, dialled)
    if isinstance(outcome, Complete):
        assert menu.pattern_of(outcome.digits) in menu.patterns
        assert dialled.startswith(outcome.digits)


@settings(deadline=None)
@given(number, keys)
def test_a_number_has_the_length_and_the_digits_that_were_asked_for(asked: Number, dialled: str) -> None:
    outcome = press(asked, dialled)
    if isinstance(outcome, Complete):
        assert asked.min <= len(outcome.digits) <= asked.max
        assert outcome.digits == "" or outcome.digits.isdecimal()
