"""Agents say what a call was about, by keys and over REST, and do not get away with saying nothing."""

from __future__ import annotations

import asyncio
import json

import pytest

from ami_listeners.clock import utc_now
from ami_listeners.personal_data import erase
from ari_apps.outside_world import OutsideCall
from queue_strategies.facts import DispositionGiven, WrapUpEnded
from tests.floor_lab import Floor, hears

SALES = "+4930100"
EVA, JIM = "+491701", "+491702"
HOSTILE = "=cmd|'/c calc'!A1 <script>alert(1)</script>\x1b[2J'; DROP TABLE facts; -- \\N\t\\.\nsee +491701"

FLOOR = f"""
[site]
name = "noted"

[[queues]]
name = "sales"
wrap_up_s = 0.5

[queues.dispositions]
choices = {{ 1 = "solved", 2 = "call-again" }}
resolved = ["solved"]
unresolved = ["call-again"]
required = true

[[agents]]
id = "anna"
queues = ["sales"]

[feature_codes]
said_disposition = "sound:beep"
said_no_disposition = "sound:beep"
said_disposition_owed = "sound:beep"

[[routes]]
to = "{SALES}"
destination = "queue:sales"
"""


async def talk(floor: Floor, number: str) -> tuple[OutsideCall, str]:
    """Let a caller talk with anna, and hang up; return the agent's side and the call's id."""
    caller = await floor.world.call(SALES, from_number=number, speaks=440)
    phone = await floor.world.phone("anna").rings()
    await phone.answer(speaks=1000)
    await asyncio.gather(hears(caller, 1000), hears(phone, 440))
    call = await floor.call_of(number)
    await caller.hang_up()
    await phone.ended()
    await floor.until_agent("anna", "wrap_up")
    return phone, str(call["id"])


async def test_wrap_up_ends_once_the_agent_has_dialled_what_the_call_was_about(floor: Floor) -> None:
    await floor.come_to_work("anna")
    _, call = await talk(floor, EVA)
    phone = floor.world.phone("anna")
    for code in ("*15", "*169"):  # no way round, and no such number
        await (await phone.dial(code)).ended()
    await floor.restart()
    shown = await floor.get("agents/anna")
    assert (shown["state"], shown["owes_disposition"], shown["call"], shown["ends_in_s"]) == (
        "wrap_up",
        True,
        call,
        None,
    )
    assert floor.told(DispositionGiven) == []
    await (await phone.dial("*162")).ended()
    await floor.until_agent("anna", "ready")
    (given,), (ended,) = floor.told(DispositionGiven), floor.told(WrapUpEnded)
    assert (given.contact, given.disposition, given.agent) == (call, "call-again", "anna")
    assert given.resolved is False
    assert (ended.ended_by, ended.wrap_up_s > 0.5) == ("agent", True)


async def test_a_note_is_text_and_nothing_else_and_the_last_word_holds(floor: Floor) -> None:
    await floor.come_to_work("anna")
    _, call = await talk(floor, JIM)
    wrong = {
        "solvd": "404.*did you mean solved",
        "../x": "400",
    }
    for disposition, why in wrong.items():
        with pytest.raises(AssertionError, match=why):
            await floor.put(f"calls/{call}/disposition", {"disposition": disposition})
    with pytest.raises(AssertionError, match="400"):
        await floor.put(f"calls/{call}/disposition", {"disposition": "solved", "note": "x" * 2001})
    with pytest.raises(AssertionError, match="404"):
        await floor.put("calls/nobody/disposition", {"disposition": "solved"})
    await floor.post("agents/anna/ready")  # who sees everybody need not wait
    await floor.until_agent("anna", "ready")
    assert [one.ended_by for one in floor.told(WrapUpEnded)] == ["supervisor"]
    await floor.rows("SELECT 1")
    for disposition in ("call-again", "solved"):  # the wrap-up is over, the call is still known
        await floor.put(f"calls/{call}/disposition", {"disposition": disposition, "note": HOSTILE})
    kept = HOSTILE.replace("\x1b", "")
    asked = "SELECT disposition, note, agent, given_by <> '' FROM dispositions WHERE contact = %s"
    assert await floor.rows(asked, call) == [("solved", kept, "anna", True)]
    asked = "measure=given&from=2020-01-01&key=sales&key=solved"
    listed = await floor.get(f"reports/dispositions/contacts?{asked}")
    assert [(row["disposition"], row["note"]) for row in listed["rows"]] == [("solved", kept)]
    assert "<script>" in json.dumps(listed)
    erased = "SELECT forget_number_in_tables('491701', 'nobody'), forget_number_in_facts('491701', 'nobody')"
    await floor.rows(erased)
    (note,) = (await floor.rows("SELECT note FROM dispositions WHERE contact = %s", call))[0]
    assert note == kept.replace("491701", "nobody")
    await erase(floor.callfloor.journal.database, JIM, utc_now())
    assert await typed(floor, call) == {""}, "what is typed of who was erased goes as a whole"
    await floor.put(f"calls/{call}/disposition", {"disposition": "solved", "note": "Jim, of Baker Street"})
    assert await typed(floor, call) == {""}, "afterwards too"
    asked = (
        "SELECT count(*) FROM facts WHERE body::text ~ 'calc|Baker'"
        " UNION ALL SELECT count(*) FROM audit WHERE detail ~ 'calc|Baker'"
    )
    assert await floor.rows(asked) == [(0,), (0,)]
    assert (await floor.rows("SELECT disposition FROM dispositions WHERE contact = %s", call)) == [
        ("solved",)
    ]


async def typed(floor: Floor, call: str) -> set[str]:
    """Return what is kept of what was typed about a call."""
    asked = (
        "SELECT note FROM dispositions WHERE contact = %s"
        " UNION ALL SELECT body->>'note' FROM facts WHERE kind = 'disposition_given' AND contact = %s"
    )
    return {note for (note,) in await floor.rows(asked, call, call)}
