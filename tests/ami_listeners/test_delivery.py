"""Events are handed on as they came, in their order, be it at once or later; what did not fit is told of."""

from __future__ import annotations

import asyncio
import contextlib
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from ami_listeners.clock import Clock
from ami_listeners.delivery import SLICE_S, Delivery
from ami_listeners.messages import AmiEvent
from ami_listeners.received import Gap, Received


class Nobody:
    """Nobody is called back."""

    def __bool__(self) -> bool:
        return False

    def wants(self, name: bytes) -> bool:
        """Want nothing."""
        return False

    async def call(self, event: AmiEvent) -> int:
        """Call nobody."""
        return 0


async def settled(delivery: Delivery) -> None:
    """Let it hand on whatever waits."""
    for _ in range(100):
        await asyncio.sleep(0)
    assert delivery.inbox.idle


def numbers(received: list[Received]) -> list[int]:
    return [each.number("Number") for each in received if isinstance(each, AmiEvent)]


@given(
    chunks=st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=8),
    each_takes=st.sampled_from([0.0, SLICE_S / 3, SLICE_S * 2]),
)
def test_events_are_handed_on_in_the_order_in_which_they_came(
    chunks: list[tuple[int, bool]], each_takes: float
) -> None:
    """Some at once, some when they have waited, however long each takes to handle."""
    ticks, got = count(), list[Received]()
    number = count(1)

    async def play() -> None:
        clock = Clock(moment=lambda: next(ticks) * each_takes)
        delivery = Delivery(clock, got.append, {b"Said": b"", b"Set": b"Wanted"}, Nobody(), limit=1000)
        running = asyncio.create_task(delivery.run())
        for length, others_turn in chunks:
            blocks = [b"Event: Said\r\nNumber: %d" % next(number) for _ in range(length)]
            delivery.arrived(
                [*blocks, b"Event: Set\r\nNumber: 99", b"Response: Success", b""], clock.moment()
            )
            if others_turn:
                await asyncio.sleep(0)
        await settled(delivery)
        assert delivery.unasked == ({b"Set": len(chunks)} if chunks else {})
        assert delivery.came == len(got) + len(chunks)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(play())
    assert numbers(got) == list(range(1, next(number)))


async def test_one_fault_costs_one_event_and_a_full_inbox_is_told_of() -> None:
    got: list[Received] = []

    def receive(received: Received) -> None:
        got.append(received)
        if isinstance(received, AmiEvent) and received.number("Number") == 1:
            raise ValueError("not this one")

    ticks = count()
    delivery = Delivery(Clock(moment=lambda: next(ticks)), receive, None, Nobody(), limit=3)
    delivery.arrived([b"Event: Said\r\nNumber: %d" % each for each in range(9)], moment=0.0)
    running = asyncio.create_task(delivery.run())
    await settled(delivery)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert numbers(got) == [0, 1, 2, 3, 4]
    assert isinstance(got[-1], Gap)
    assert got[-1].reason == "4 events did not fit"
    assert (delivery.failed, delivery.inbox.dropped) == (1, 4)
