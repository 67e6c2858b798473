"""Customers are asked how it was once the agent has gone: whoever stays, once in a while, and nobody else."""

from __future__ import annotations

import asyncio

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ari_apps.outside_world import OutsideCall
from queue_strategies.facts import Answered, ContactEnded, SurveyAnswered, SurveyOffered, WrapUpEnded
from tests.floor_lab import Floor, hears, until

SALES, SUPPORT = "+4930100", "+4930200"
EVA, JIM, KAI, LEA, MAX = (f"+49170{number}" for number in range(1, 6))

FLOOR = f"""
[site]
name = "survey"

[surveys.service]
greeting = "sound:beep"
thanks = "sound:beep"

[[surveys.service.questions]]
name = "satisfaction"
prompt = {{ en = "digits:5", fr = "sound:beep" }}
score = true
invalid_prompt = "sound:beep"

[[surveys.service.questions]]
name = "solved"
prompt = "digits:2"
keys = "12"
timeout_s = 1
tries = 1

[[queues]]
name = "sales"
survey = {{ ask = "service", again_after_days = 30 }}

[[queues]]
name = "support"
wrap_up_s = 1
survey = {{ ask = "service", again_after_days = 0 }}

[[agents]]
id = "anna"
queues = ["sales"]

[[agents]]
id = "bob"
queues = ["support"]

[[routes]]
to = "{SALES}"
destination = "queue:sales"

[[routes]]
to = "{SUPPORT}"
destination = "queue:support"
"""


async def talk(floor: Floor, caller: OutsideCall, agent: str) -> OutsideCall:
    """Let an agent and a caller hear each other; return the agent's side."""
    phone = await floor.world.phone(agent).rings()
    await phone.answer(speaks=1000)
    await asyncio.gather(hears(caller, 1000), hears(phone, 440))
    return phone


async def call_sales(floor: Floor, number: str) -> tuple[OutsideCall, OutsideCall]:
    caller = await floor.world.call(SALES, from_number=number, speaks=440)
    return caller, await talk(floor, caller, "anna")


async def test_a_customer_answers_after_the_agent_has_gone_and_is_not_asked_again_so_soon(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna")
    caller, phone = await call_sales(floor, EVA)
    await phone.hang_up()
    (offered,) = await floor.until_told(SurveyOffered)
    await floor.until_agent("anna", "ready")  # while the customer is asked
    await caller.press("95")  # 9 is no answer
    await floor.until_told(SurveyAnswered)
    await caller.press("1")
    record = await caller.ended()
    answers = await floor.until_told(SurveyAnswered, 2)
    said = [(one.question, one.answer, one.score, one.queue, one.agent) for one in answers]
    assert said == [("satisfaction", "5", 5, "sales", "anna"), ("solved", "1", None, "sales", "anna")]
    assert (offered.survey, record.ended_by, record.cause) == ("service", "floor", 16)
    assert await floor.rows("SELECT question, answer, score FROM survey_answers ORDER BY fact") == [
        ("satisfaction", "5", 5),
        ("solved", "1", None),
    ]
    figures = "SELECT scores, scores_satisfied, customer_satisfaction, mean_score"
    assert await floor.rows(f"{figures} FROM queue_figures") == [(1, 1, 1.0, 5.0)]
    assert await floor.rows(f"{figures} FROM agent_figures WHERE agent = 'anna'") == [(1, 1, 1.0, 5.0)]
    assert (await floor.metrics())["callfloor_queue_csat_ratio", "sales"] == 1.0

    await floor.rows("SELECT 1")  # the database has all of it
    floor.facts.clear()
    again, phone = await call_sales(floor, EVA)
    await phone.hang_up()
    await again.ended()
    await floor.restart()  # whoever has been asked is known afterwards too
    again, phone = await call_sales(floor, EVA)
    await phone.hang_up()
    await again.ended()
    assert floor.told(SurveyOffered) == []


async def test_who_hangs_up_or_cannot_be_looked_up_is_not_asked(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller, phone = await call_sales(floor, JIM)
    await caller.hang_up()
    await phone.ended()
    caller, phone = await call_sales(floor, "anonymous")
    await phone.hang_up()
    await caller.ended()
    caller, phone = await call_sales(floor, KAI)
    database = conninfo_to_dict(floor.database_url)["dbname"]
    elsewhere = make_conninfo(floor.database_url, dbname="postgres")
    async with await psycopg.AsyncConnection.connect(elsewhere, autocommit=True) as connection:
        await connection.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false')
        try:
            gone = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            await connection.execute(gone, [database])
            await phone.hang_up()
            await caller.ended()
        finally:
            await connection.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true')
    assert [ended.ended_by for ended in await floor.until_told(ContactEnded, 3)] == [
        "caller",
        "agent",
        "agent",
    ]
    assert floor.told(SurveyOffered) == []


async def test_the_last_agent_is_the_one_asked_about_and_whoever_says_nothing_is_bid_goodbye(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna", "bob")
    caller, phone = await call_sales(floor, LEA)
    call = await floor.call_of(LEA)
    await floor.post(f"calls/{call['id']}/transfer", {"to": "queue:support"})
    await phone.ended()
    phone = await talk(floor, caller, "bob")
    await phone.hang_up()
    (offered,) = await floor.until_told(SurveyOffered)
    assert (offered.queue, offered.agent) == ("support", "bob")
    await floor.until_told(WrapUpEnded)
    await caller.press("3")
    await floor.until_told(SurveyAnswered)
    await caller.ended()  # without a second answer
    assert [one.score for one in floor.told(SurveyAnswered)] == [3]


async def test_callfloor_that_restarts_meanwhile_bids_the_customer_goodbye(floor: Floor) -> None:
    await floor.come_to_work("bob")
    caller = await floor.world.call(SUPPORT, from_number=MAX, speaks=440)
    phone = await talk(floor, caller, "bob")
    await phone.hang_up()
    await floor.until_told(SurveyOffered)
    await floor.restart()
    await caller.ended()
    (ended,) = await floor.until_told(ContactEnded)
    assert len(floor.told(Answered)) == 1, ended

    async def ready() -> bool:
        return bool((await floor.get("agents/bob"))["state"] == "ready")

    await until(ready, "bob is ready")
