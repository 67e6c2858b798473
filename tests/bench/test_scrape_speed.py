"""The yardstick of scrapes in short: both ways tell of everybody, and every scrape is measured."""

from __future__ import annotations

from tests.bench.scrape_speed import measure


async def test_every_scrape_of_both_ways_is_measured() -> None:
    found = await measure(queues=8, agents=20, times=2)
    assert {what: len(scrapes) for what, scrapes in found.items()} == {
        "first scrape": 1, "nothing changed": 2, "5 % changed": 2, "all changed": 2, "before": 2,
    }  # fmt: skip
    assert all(scrape.took_s > 0 and scrape.size > 10_000 for scrapes in found.values() for scrape in scrapes)
