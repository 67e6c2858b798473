"""Which calls supervisors hear, and where that leads: to the next call, another agent, a transfer, an end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial

import pytest

from ari_apps.ari import messages
from ari_apps.mailbox import Mailbox
from ari_apps.monitoring.leaving_out import LeavingOut
from ari_apps.outside_world import OutsideCall
from queue_strategies.facts import ContactEnded, Handled, MonitoringBegan, MonitoringEnded
from queue_strategies.model import AgentId
from tests.asterisk_lab import AsteriskLab
from tests.ears import gaps_ms
from tests.floor_lab import Floor, hears, hears_music, until
from tests.open_ears import Ear, heard_well, quiet_moment
from tests.served_floor import Row, ServedFloor
from tests.supervisors import (
    ANNA,
    BOB,
    CALLER,
    FLOOR,
    GAP_MS,
    MODES,
    SALES,
    SAM,
    SECOND,
    SUE,
    asked,
    everybody,
    join,
    talk,
    voices,
)

__all__ = ["FLOOR"]
MOBILE = "+49170999"
TAKES_OVER_S = 13
"""Longer than all switches of a call that is taken over take."""
WHISPERED_DBFS = -30.0
"""What a caller hears of a voice that nobody whispers; one that came through would be at -15."""


async def monitorings_left(floor: Floor) -> list[str]:
    """Return what supervisors have in Asterisk: phones, snoops, bridges."""
    assert floor.callfloor.apps is not None
    ari = floor.callfloor.apps.ari
    there = [*(one.id for one in await ari.list_channels()), *(one.id for one in await ari.list_bridges())]
    return [one for one in there if one.startswith(("ear-", "monitor-"))]


async def test_a_supervisor_follows_the_agent_through_hold_and_transfer_to_the_next_call(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna", "bob")
    at_sue = await join(floor, "sue", "anna", "whisper", SUE)
    at_sam = await join(floor, "sam", "bob", "listen", SAM)
    caller, at_anna = await talk(floor)
    await everybody((at_sue, ANNA, CALLER), (at_anna, CALLER, SUE))
    call = (await floor.call_of("+491701"))["id"]
    await floor.post(f"calls/{call}/hold")
    await everybody((at_sue, ANNA), (at_anna, SUE), (at_sam,))
    assert not {ANNA, SUE} & (await hears_music(caller)).tones
    await floor.post(f"calls/{call}/resume")
    await everybody((at_sue, ANNA, CALLER), (caller, ANNA))
    await floor.post(f"calls/{call}/transfer", {"to": "extension:102"})
    await (at_bob := await floor.world.phone("bob").rings()).answer(speaks=BOB)
    await everybody((at_sam, BOB, CALLER), (at_sue,), (at_bob, CALLER), (caller, BOB))
    second = await floor.world.call(SALES, from_number="+491702", speaks=SECOND)
    await (at_anna := await floor.world.phone("anna").rings()).answer(speaks=ANNA)
    await everybody((at_sue, ANNA, SECOND), (at_anna, SECOND, SUE), (second, ANNA))
    contacts = [(fact.supervisor, fact.agent) for fact in floor.told(MonitoringBegan) if fact.contact == call]
    assert contacts == [("sue", "anna"), ("sam", "bob")]


async def talk_by_app_queue(floor: Floor) -> tuple[OutsideCall, OutsideCall]:
    """Bring a caller and anna together in a queue that callfloor does not lead."""
    await floor.asterisk.asterisk.cli("dialplan add extension 700,1,Queue(sales) into from-trunk")
    caller = await floor.world.call("700", speaks=CALLER)
    await (at_anna := await floor.world.phone("anna").rings()).answer(speaks=ANNA)
    await hears(caller, ANNA)
    return caller, at_anna


async def log_in_anew(floor: Floor) -> None:
    """Let callfloor log in to the manager as that is configured now."""
    listener = floor.callfloor.listener
    assert listener is not None
    assert listener.connection.protocol is not None
    logins = listener.health.connects
    await floor.asterisk.asterisk.cli("manager reload")
    listener.connection.protocol.abort("the rights have changed")

    async def logged_in() -> bool:
        return listener.health.connects > logins

    await until(logged_in, "callfloor has logged in anew")


async def test_a_call_of_asterisks_own_queue_is_heard_too(floor: Floor) -> None:
    await floor.come_to_work("anna")
    at_sue = await join(floor, "sue", "anna", "listen", SUE)
    caller, at_anna = await talk_by_app_queue(floor)
    await everybody((at_sue, ANNA, CALLER), (caller, ANNA), (at_anna, CALLER))
    await at_sue.press("5")
    await everybody((at_sue, ANNA, CALLER), (caller, ANNA), (at_anna, CALLER, SUE))
    await at_sue.press("6")
    await everybody((at_sue, ANNA, CALLER), (caller, ANNA, SUE), (at_anna, CALLER, SUE))
    await caller.hang_up()
    await hears(at_sue)
    (ended,) = [fact for fact in await floor.until_told(MonitoringEnded, 3) if fact.mode == "barge"]
    assert await floor.rows("SELECT direction FROM calls WHERE call = %s", ended.contact) == [("inbound",)]


async def test_a_call_of_asterisks_own_queue_is_taken_over_and_given_back(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller, at_anna = await talk_by_app_queue(floor)
    at_sue = await join(floor, "sue", "anna", "listen", SUE)
    await everybody((at_sue, ANNA, CALLER))
    await heard_well(partial(over_and_back, floor, (caller, at_anna, at_sue)))


async def over_and_back(floor: Floor, parties: Sequence[OutsideCall]) -> list[str]:
    """Let sue take over from every mode and go back to it; say what was amiss."""
    begun = len(floor.told(MonitoringBegan))
    at_caller, at_agent, at_supervisor = (Ear(one, TAKES_OVER_S) for one in parties)
    moments = []
    for number, mode in enumerate(("take_over", "whisper", "take_over", "barge", "take_over", "listen"), 1):
        await floor.put("monitorings/sue", {"agent": "anna", "mode": mode})
        await floor.until_told(MonitoringBegan, begun + number)
        moments.append((mode, await quiet_moment()))
    await asyncio.gather(at_caller.hear_out(), at_agent.hear_out(), at_supervisor.hear_out())
    faults = []
    for mode, moment in moments:
        told = [ear.heard(moment) for ear in (at_caller, at_agent, at_supervisor)]
        print(f"{mode:10}", *told, sep="\n    ")
        if [voices(heard) for heard in told] != [*MODES[mode][1:]]:
            faults.append(f"{mode}: {', '.join(map(str, told))}")
    print(f"gaps of the caller's: {gaps_ms(at_caller.samples)} ms")
    if (gap_ms := max(gaps_ms(at_caller.samples), default=0)) > GAP_MS:
        faults.append(f"a gap of {gap_ms} ms at the caller")
    return faults


async def test_an_agent_left_out_of_a_call_of_asterisks_own_queue_is_let_back_whatever_happens(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna")
    caller, at_anna = await talk_by_app_queue(floor)
    at_sue = await join(floor, "sue", "anna", "take_over", SUE)
    await everybody((caller, SUE), (at_anna,), (at_sue, CALLER))
    apps, listener = floor.callfloor.apps, floor.callfloor.listener
    assert apps is not None
    assert listener is not None
    apps.monitoring.foreign.connection = None
    await at_sue.press("4")
    await everybody((caller,), (at_anna,), (at_sue, ANNA, CALLER))
    apps.monitoring.foreign.connection = listener.connection
    await everybody((caller, ANNA), (at_anna, CALLER), (at_sue, ANNA, CALLER))
    await at_sue.press("7")
    await everybody((caller, SUE), (at_anna,), (at_sue, CALLER))
    await floor.stop()
    await at_sue.ended()
    await everybody((caller, ANNA), (at_anna, CALLER))
    await floor.start()
    assert await monitorings_left(floor) == []


async def test_a_call_of_asterisks_own_queue_is_not_taken_over_by_a_manager_user_who_may_change_nothing(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna")
    caller, at_anna = await talk_by_app_queue(floor)
    listener = floor.callfloor.listener
    assert listener is not None
    conf = floor.asterisk.asterisk.config_dir / "manager.conf"
    conf.write_text((right := conf.read_text()).replace("write = reporting,call", "write = reporting"))
    try:
        await log_in_anew(floor)
        status, told = await asked(floor, "sue", "anna", "take_over")
        assert (status, told.split(":")[0]) == (409, "no take over of the call anna is on")
        assert "add call to the user's write line in manager.conf" in told
        at_sue = await join(floor, "sue", "anna", "listen", SUE)
        await at_sue.press("7")
        await everybody((caller, ANNA), (at_anna, CALLER), (at_sue, ANNA, CALLER))
    finally:
        conf.write_text(right)
        await log_in_anew(floor)


@pytest.mark.parametrize("talk", [talk, talk_by_app_queue])
async def test_what_a_callfloor_that_died_has_left_is_cleared_away_and_a_left_out_agent_is_heard_again(
    floor: Floor, talk: Callable[[Floor], Awaitable[tuple[OutsideCall, OutsideCall]]]
) -> None:
    await floor.come_to_work("anna")
    await floor.world.phone("sue").plug_in()
    caller, at_anna = await talk(floor)
    apps = floor.callfloor.apps
    assert apps is not None
    endpoint = await apps.ari.endpoint("PJSIP", "anna")
    assert endpoint is not None
    (agent,) = endpoint.channel_ids
    (bridge,) = [one for one in await apps.ari.list_bridges() if agent in one.channels]
    (customer,) = {*bridge.channels} - {agent}
    ear, phone = f"ear-left~{agent}", "monitor-left"
    mailboxes = {ear: Mailbox(), phone: Mailbox()}
    for channel, mailbox in mailboxes.items():  # what this one does not know, the next one will not either
        apps.dispatcher.own(channel, mailbox)
    await apps.ari.originate(endpoint="PJSIP/sue", id=phone, app_args="leg")
    await (at_sue := await floor.world.phone("sue").rings()).answer(speaks=SUE)
    await apps.ari.channel(customer).snoop(ear, spy="in", whisper="out")
    assert isinstance(await mailboxes[ear].take(5), messages.StasisStart)
    await LeavingOut(apps.ari, apps.monitoring.foreign).leave_out(agent)
    await (await apps.ari.bridge(phone).create()).add(phone, ear)
    stretch = MonitoringBegan(
        moment=floor.callfloor.clock.moment(), ear=agent, supervisor="sue", agent=AgentId("anna"),
        contact="c", channel=agent, mode="take_over", asked_by="sue",
    )  # fmt: skip
    floor.callfloor.remember(stretch)
    await everybody((caller, SUE), (at_anna,), (at_sue, CALLER))
    await floor.restart()
    await at_sue.ended()
    await everybody((caller, ANNA), (at_anna, CALLER))

    async def ended() -> list[tuple[object, ...]]:
        return await floor.rows(
            "SELECT ended_by, heard_s > 1 FROM monitorings WHERE ended_by = 'lost' AND ear = %s", agent
        )

    assert await until(ended, "the trail says that it ended") == [("lost", True)]
    assert await monitorings_left(floor) == []


async def test_both_sides_are_heard_and_told_after_an_attended_transfer_and_one_that_was_cancelled(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna", "bob")
    at_sue = await join(floor, "sue", "bob", "whisper", SUE)
    at_sam = await join(floor, "sam", "anna", "whisper", SAM)
    caller, _ = await talk(floor)
    call = (await floor.call_of("+491701"))["id"]
    for ending in ("cancel-consult", "complete-transfer"):
        await floor.post(f"calls/{call}/consult", {"to": "extension:102"})
        await (at_bob := await floor.world.phone("bob").rings()).answer(speaks=BOB)
        await everybody((at_sam, ANNA, BOB), (at_sue, ANNA, BOB), (at_bob, ANNA, SUE))
        at_caller = Ear(caller, 2)
        await floor.post(f"calls/{call}/{ending}")
        if ending == "cancel-consult":
            await everybody((at_sam, ANNA, CALLER), (at_sue,))
        else:
            await everybody((at_sam,), (at_sue, BOB, CALLER), (at_bob, CALLER, SUE))
        await at_caller.hear_out()
        assert max(at_caller.loudest(SAM), at_caller.loudest(SUE)) < WHISPERED_DBFS
    await at_sue.press("7")
    await everybody((at_sue, CALLER), (at_bob,), (caller, SUE))


async def test_a_key_leads_from_a_call_of_phone_to_phone_to_one_the_next_agent_dialled_and_back(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna", "bob", "carl")
    await floor.world.phone("sam").plug_in()
    direct = await floor.world.phone("sam").dial("101", speaks=SAM)
    await (at_anna := await floor.world.phone("anna").rings()).answer(speaks=ANNA)
    at_bob = await floor.world.phone("bob").dial(MOBILE, speaks=BOB)
    await (outside := await floor.world.number(MOBILE).rings()).answer(speaks=SECOND)
    at_sue = await join(floor, "sue", "anna", "whisper", SUE)
    for key, hearing, by in (("#", (BOB, SECOND), at_bob), ("0", (ANNA, SAM), at_anna)):
        await at_sue.press(key)
        await everybody((at_sue, *hearing), (by, hearing[1], SUE), (direct, ANNA), (outside, BOB))
    await at_sue.press("7")
    await everybody((at_sue, SAM), (at_anna,), (direct, SUE), (at_bob, SECOND))
    await at_sue.press("*")
    await at_sue.ended()
    ended = await floor.until_told(MonitoringEnded, 4)
    assert [(fact.agent, fact.mode, fact.ended_by) for fact in ended] == [
        ("anna", "whisper", "switched"),
        ("bob", "whisper", "switched"),
        ("anna", "whisper", "switched"),
        ("anna", "take_over", "supervisor"),
    ]


async def test_a_customer_goes_on_with_who_has_taken_over_when_the_agent_hangs_up(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller, at_anna = await talk(floor)
    at_sue = await join(floor, "sue", "anna", "take_over", SUE)
    await everybody((caller, SUE), (at_anna,), (at_sue, CALLER))
    await at_anna.hang_up()
    second = await floor.world.call(SALES, from_number="+491702", speaks=SECOND)
    await (at_anna := await floor.world.phone("anna").rings()).answer(speaks=ANNA)
    await everybody((caller, SUE), (at_sue, CALLER), (second, ANNA), (at_anna, SECOND))
    (handled,) = floor.told(Handled)
    assert (handled.agent, handled.ended_by) == ("anna", "agent")
    assert [fact.ended_by for fact in floor.told(MonitoringEnded)] == ["call"]

    async def only_the_phone() -> bool:
        return [one.split("-")[0] for one in await monitorings_left(floor)] == ["monitor"]

    await until(only_the_phone, "nothing but the phone is left of the supervisor")
    await at_sue.hang_up()
    assert (await caller.ended()).ended_by == "floor"
    (ended,) = await floor.until_told(ContactEnded)
    assert ended.contact == handled.contact


@pytest.fixture
async def served(floor: Floor, shared_asterisk_lab: AsteriskLab) -> AsyncIterator[ServedFloor]:
    """That floor with a callfloor that can be killed."""
    await floor.stop()
    served = ServedFloor(floor, shared_asterisk_lab.folder())
    await served.start()
    yield served
    await served.terminate()
    await served.close()
    await floor.start()


async def test_who_has_taken_over_from_agents_who_left_goes_on_with_callers_and_whom_they_called_after_a_kill(
    served: ServedFloor,
) -> None:
    floor = served.floor
    await floor.come_to_work("anna", "bob")
    caller, at_anna = await talk(floor)
    at_bob = await floor.world.phone("bob").dial(MOBILE, speaks=BOB)
    await (called := await floor.world.number(MOBILE).rings()).answer(speaks=SECOND)
    await hears(called, BOB)
    dialled = (await floor.call_of("102"))["id"]
    await floor.post(f"calls/{dialled}/recording-start")
    at_sue = await join(floor, "sue", "anna", "take_over", SUE)
    at_sam = await join(floor, "sam", "bob", "take_over", SAM)
    pairs = ((caller, SUE), (at_sue, CALLER), (called, SAM), (at_sam, SECOND))
    await everybody(*pairs, (at_anna,), (at_bob,))
    before = {call["id"] for call in await floor.get("calls")}
    await asyncio.gather(at_anna.hang_up(), at_bob.hang_up())
    await floor.until_agent("bob", "ready")
    await everybody(*pairs)
    await served.kill()
    await served.start()

    async def taken_up() -> bool:
        return {call["id"] for call in await floor.get("calls")} == before

    await until(taken_up, "both calls go on")
    await everybody(*pairs)
    assert not at_sue.is_over
    await at_sue.hang_up()
    assert (await caller.ended()).ended_by == "floor"
    await called.hang_up()
    assert (await at_sam.ended()).ended_by == "floor"
    kept = "SELECT * FROM recordings WHERE contact = %s AND kept_at IS NOT NULL ORDER BY began_at"

    async def both_kept() -> list[Row]:
        return [row for row in await served.rows(kept, dialled) if row["failed"] is None][1:]

    (without_bob,) = await until(both_kept, "what bob said, and what sam said after him, is kept")
    assert (without_bob["agents"], without_bob["duration_s"] > 1) == ([], True)
    (contact,) = await served.rows("SELECT * FROM contacts WHERE contact = %s", dialled)
    assert (contact["ended_by"], contact["called_number"]) == ("caller", MOBILE)


async def test_an_asterisk_that_dies_ends_each_stretch_in_the_trail_and_leaves_nothing(floor: Floor) -> None:
    await floor.come_to_work("anna")
    await talk(floor)
    await join(floor, "sue", "anna", "take_over", SUE)
    await join(floor, "sam", "anna", "listen", SAM)
    await floor.until_told(MonitoringBegan, 2)
    apps, asterisk = floor.callfloor.apps, floor.asterisk.asterisk
    assert apps is not None
    await asterisk.kill()
    await asterisk.start()
    ended = await floor.until_told(MonitoringEnded, 2)
    assert {(fact.supervisor, fact.ended_by) for fact in ended} == {("sue", "lost"), ("sam", "lost")}
    await apps.ari.ready(15)
    assert await floor.get("monitorings") == []
    assert await monitorings_left(floor) == []
    assert not [one for one in apps.dispatcher.owned() if one.startswith(("ear-", "monitor-"))]
    unended = "SELECT count(*) FROM monitorings WHERE began_at IS NOT NULL AND ended_at IS NULL"
    assert await floor.rows(unended) == [(0,)]
