"""A caller, a queue, an agent: the way of most calls."""

from __future__ import annotations

from queue_strategies.facts import Answered, ContactEnded, Handled, WrapUpEnded
from tests.floor_lab import FloorLab

ONE_QUEUE = """
[site]
name = "test"

[[queues]]
name = "sales"
wrap_up_s = 1

[[agents]]
id = "anna"
name = "Anna Abel"
extension = "101"
queues = ["sales"]

[[agents]]
id = "bob"
extension = "102"
queues = ["sales"]

[[routes]]
to = "+4930100"
destination = "queue:sales"
"""


async def test_a_caller_is_answered_by_an_agent_who_then_wraps_up(floor_lab: FloorLab) -> None:
    floor = await floor_lab.start(ONE_QUEUE)
    await floor.come_to_work("anna")
    caller = await floor.world.call("+4930100", from_number="+491701", from_name="Zoë", speaks=440)
    rings = await floor.world.phone("anna").rings()
    assert rings.record.from_number == "+491701"
    await rings.answer(speaks=1000)
    await caller.answered()
    (answered,) = await floor.until_told(Answered)
    await caller.hang_up()
    await rings.ended()
    await floor.until_agent("anna", "wrap_up")
    await floor.until_told(WrapUpEnded)
    await floor.until_agent("anna", "ready")
    (handled,) = floor.told(Handled)
    (ended,) = floor.told(ContactEnded)
    assert (answered.agent, handled.agent, handled.ended_by, ended.ended_by) == (
        "anna",
        "anna",
        "caller",
        "caller",
    )
