from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as some

from ari_apps.ari.back_off import delay


@given(some.integers(1, 10_000), some.integers())
def test_the_wait_grows_to_its_cap_and_never_beyond(attempt: int, seed: int) -> None:
    waited = delay(attempt, first_s=0.2, cap_s=3.0, rng=Random(seed))
    assert 0.1 <= waited <= 3.0
    assert waited >= min(1.5, 0.2 * 2.0 ** min(attempt - 1, 20) / 2)


def test_two_clients_do_not_come_back_in_the_same_instant() -> None:
    waits = {delay(10, first_s=0.2, cap_s=3.0, rng=Random(seed)) for seed in range(20)}
    assert len(waits) == 20
