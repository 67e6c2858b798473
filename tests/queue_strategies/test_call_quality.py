"""The E-model gives what G.107 and G.113 print, and nobody hears better for more delay or loss."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_strategies.call_quality import (
    CODECS,
    delay_impairment,
    loss_impairment,
    mos,
    mouth_to_ear_ms,
    r_factor,
)

DELAYS = st.floats(0, 2_000)
SHARES = st.floats(0, 1)
NAMES = st.sampled_from([*CODECS, "opus"])


@pytest.mark.parametrize(
    ("r", "opinion"), [(93.2, 4.41), (90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58)]
)
def test_the_opinions_of_annex_b_of_g_107(r: float, opinion: float) -> None:
    assert mos(r) == pytest.approx(opinion, abs=0.01)


def test_a_call_without_delay_and_loss_is_rated_as_g_107_rates_its_defaults() -> None:
    rating = r_factor(one_way_delay_ms=0, loss=0)
    assert rating == pytest.approx(93.2, abs=0.05)
    assert mos(rating) == pytest.approx(4.41, abs=0.005)


def test_opinions_end_where_people_have_none() -> None:
    assert (mos(-5), mos(0), mos(3), mos(100), mos(120)) == (1, 1, 1, 4.5, 4.5)


@pytest.mark.parametrize(
    ("codec", "loss", "impairment"),
    [
        ("ulaw", 0.0, 0.0),
        ("g729", 0.0, 11.0),
        ("g723", 0.0, 15.0),
        ("g729", 0.02, 19.0),
        ("g729", 0.05, 28.5),
        ("ulaw", 0.01, 3.64),
        ("alaw", 0.05, 15.78),
    ],
)
def test_what_codecs_and_losses_cost_by_g_113(codec: str, loss: float, impairment: float) -> None:
    assert loss_impairment(loss, codec) == pytest.approx(impairment, abs=0.01)


def test_losses_in_a_row_cost_more() -> None:
    assert loss_impairment(0.05, burst_ratio=2) > loss_impairment(0.05) + 1


@pytest.mark.parametrize(
    ("one_way_ms", "at_least", "at_most"), [(100, 0, 3), (200, 3.04, 8), (400, 24.07, 33)]
)
def test_delay_costs_little_at_first_and_much_later(
    one_way_ms: float, at_least: float, at_most: float
) -> None:
    """At 200 and 400 ms slow answers alone (Idd) cost 3.04 and 24.07; echo comes on top."""
    assert at_least <= delay_impairment(one_way_ms) <= at_most


def test_the_way_to_the_ear_is_half_the_round_trip_a_packet_and_what_a_phone_holds_back() -> None:
    assert mouth_to_ear_ms(round_trip_ms=80, jitter_ms=5) == 40 + 20 + 10


@given(delays=st.tuples(DELAYS, DELAYS), losses=st.tuples(SHARES, SHARES), codec=NAMES)
def test_nobody_hears_better_for_more_delay_or_more_loss(
    delays: tuple[float, float], losses: tuple[float, float], codec: str
) -> None:
    better = r_factor(one_way_delay_ms=min(delays), loss=min(losses), codec=codec)
    worse = r_factor(one_way_delay_ms=max(delays), loss=max(losses), codec=codec)
    assert 0 <= worse <= better + 1e-9 <= 93.3
    assert 1 <= mos(worse) <= mos(better) + 1e-9 <= 4.42


@given(st.floats(-50, 150), st.floats(-50, 150))
def test_a_higher_rating_is_no_worse_opinion(one: float, other: float) -> None:
    assert 1 <= mos(min(one, other)) <= mos(max(one, other)) + 1e-12 <= 4.5 + 1e-12
