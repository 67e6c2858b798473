"""Legs, as they really go: which events come, in which order, with which ends."""

from __future__ import annotations

import asyncio

import pytest

from ari_apps.ari import Ari, Conflict, Gone, Refused, messages
from ari_apps.ari.messages import ChannelDestroyed, ChannelStateChange, Dial, StasisStart
from tests.ari_apps.ari.switchboard import Listening, Switchboard, subject


async def test_a_phone_that_answers_rings_then_enters_our_application(ari: Ari, listening: Listening) -> None:
    leg = await ari.originate(
        endpoint="PJSIP/answering",
        id="leg-answers",
        app_args=["agent", "offer-1"],
        caller_id='"Ann \u2603" <+491>',
        variables={"FLOOR_OFFER": "offer-1"},
    )
    started = await listening.next(StasisStart, leg.id)
    assert started.args == ["agent", "offer-1"]
    assert started.channel.state == "Up"
    # one kind keeps its order; Dial and ChannelStateChange overtake each other in a quarter of the calls
    assert [dial.dialstatus for dial in listening.heard(Dial, leg.id)] == ["", "RINGING", "ANSWER"]
    states = [change.channel.state for change in listening.heard(ChannelStateChange, leg.id)]
    assert states == ["Ringing", "Up"]
    assert [event for event in listening.events if subject(event) == leg.id][-1] is started
    assert await leg.get_variable("FLOOR_OFFER") == "offer-1"


@pytest.mark.parametrize(
    ("phone", "cause", "sip", "state"),
    [
        ("busy", 17, 486, "Down"),
        ("declining", 21, 403, "Ringing"),
        ("ringing", 19, 480, "Ringing"),
        ("unplugged", 19, 480, "Down"),
    ],
)
async def test_how_a_leg_ended_is_told_when_it_is_destroyed(
    ari: Ari, listening: Listening, phone: str, cause: int, sip: int, state: str
) -> None:
    leg = await ari.originate(endpoint=f"PJSIP/{phone}", id=f"leg-{phone}", timeout_s=0.5)
    ended = await listening.next(ChannelDestroyed, leg.id)
    assert (ended.cause, ended.tech_cause, ended.channel.state) == (cause, sip, state)
    assert listening.heard(StasisStart, leg.id) == []


async def test_a_phone_that_is_not_registered_is_refused_without_any_event(
    ari: Ari, listening: Listening
) -> None:
    with pytest.raises(Refused) as refusal:
        await ari.originate(endpoint="PJSIP/unregistered", id="leg-away")
    assert (refusal.value.status, refusal.value.reason) == (500, "Allocation failed")
    with pytest.raises(Refused):
        await ari.originate(endpoint="PJSIP/nobody-of-this-name", id="leg-nobody")
    marker = await ari.originate(endpoint="PJSIP/busy", id="leg-marker")
    await listening.next(ChannelDestroyed, marker.id)
    assert not [event for event in listening.events if subject(event) in {"leg-away", "leg-nobody"}]


async def test_no_end_of_a_leg_is_lost_however_quickly_it_comes(ari: Ari, listening: Listening) -> None:
    """Asterisk subscribes us when the leg has begun already: one that is busy at once must be heard."""
    ids = [f"quick-{number}" for number in range(60)]
    for leg in ids:
        await ari.originate(endpoint="PJSIP/busy", id=leg)
    await listening.until(
        lambda: {event.channel.id for event in listening.heard(ChannelDestroyed)} >= set(ids),
        "60 busy phones",
    )


async def test_one_id_is_one_leg(ari: Ari) -> None:
    await ari.originate(endpoint="PJSIP/ringing", id="twice")
    with pytest.raises(Conflict):
        await ari.originate(endpoint="PJSIP/ringing", id="twice")


async def test_a_created_leg_is_dialled_after_it_has_entered(ari: Ari, listening: Listening) -> None:
    leg = await ari.create_channel(endpoint="PJSIP/answering", id="made", variables={"A": "1"})
    await listening.next(StasisStart, leg.id)
    await leg.dial(timeout_s=5)
    await listening.until(
        lambda: [e.channel.state for e in listening.heard(ChannelStateChange, leg.id)][-1:] == ["Up"],
        "answer",
    )


async def test_a_caller_and_an_agent_meet_in_a_bridge_and_part(
    ari: Ari, switchboard: Switchboard, listening: Listening
) -> None:
    await switchboard.call_comes_in("inbound,+4930")
    caller = (await listening.next(StasisStart)).channel
    agent = await ari.originate(endpoint="PJSIP/answering", id="agent-leg")
    await listening.next(StasisStart, agent.id)
    bridge = await ari.bridge("talk").create(name="a talk")
    await bridge.add(caller.id, agent)
    there = await bridge.get()
    assert there is not None
    assert set(there.channels) == {caller.id, agent.id}
    await agent.hangup()
    await listening.next(ChannelDestroyed, agent.id)
    await bridge.remove(caller.id, agent, "never-was")
    there = await bridge.get()
    assert there is not None
    assert there.channels == []
    await bridge.destroy()
    async with asyncio.timeout(10):
        while await bridge.get() is not None:  # noqa: ASYNC110 - Asterisk answers before the bridge has gone
            await asyncio.sleep(0.01)


async def test_ending_what_has_ended_is_no_error_and_beginning_is(ari: Ari, listening: Listening) -> None:
    leg = await ari.originate(endpoint="PJSIP/answering", id="gone-leg")
    await listening.next(StasisStart, leg.id)
    await leg.stop_moh()
    await leg.ring_stop()
    await leg.hangup()
    await listening.next(ChannelDestroyed, leg.id)
    for end in (leg.hangup, leg.stop_moh, leg.ring_stop, leg.unhold, leg.unmute, leg.stop_silence):
        await end()
    await ari.playback("never").stop()
    await ari.recording("never").stop()
    await ari.bridge("never").destroy()
    await ari.bridge("never").remove("nobody")
    for begin in (leg.answer, leg.ring, leg.hold, leg.mute, leg.start_moh):
        with pytest.raises(Gone):
            await begin()
    with pytest.raises(Gone):
        await leg.get_variable("X")
    with pytest.raises(Gone):
        await leg.play("sound:beep", "p")
    with pytest.raises(Gone):
        await leg.set_variables({"A": "1", "B": "2"})
    assert await leg.get() is None
    bridge = await ari.bridge("empty").create()
    with pytest.raises(Gone):
        await bridge.add(leg)
    with pytest.raises(Conflict):
        await bridge.create()


async def test_a_channel_outside_our_application_is_a_conflict(ari: Ari, switchboard: Switchboard) -> None:
    await switchboard.asterisk.cli("channel originate Local/line@phones extension line@phones")
    stranger = ari.channel((await ari.list_channels())[0].id)
    with pytest.raises(Conflict):
        await stranger.start_moh()


async def test_what_a_channel_hears_is_begun_and_ended(ari: Ari, listening: Listening) -> None:
    leg = await ari.originate(endpoint="PJSIP/answering", id="ear")
    await listening.next(StasisStart, leg.id)
    await leg.start_moh()
    await leg.stop_moh()
    await leg.hold()
    await leg.unhold()
    await leg.mute()
    await leg.unmute("in")
    await leg.start_silence()
    await leg.stop_silence()
    await leg.send_dtmf("12#")
    await leg.play(["sound:beep", "tone:ring"], "song", lang="en")
    await listening.next(messages.PlaybackStarted)
    await ari.playback("song").control("pause")
    await ari.playback("song").stop()
    await listening.next(messages.PlaybackFinished)
    assert await leg.rtp_statistics() is not None
    spy = await leg.snoop("spy", spy="both", app_args="snoop")
    assert (await listening.next(StasisStart, spy.id)).args == ["snoop"]


async def test_a_bridge_is_recorded_kept_and_thrown_away(ari: Ari) -> None:
    bridge = await ari.bridge("recorded").create()
    await bridge.record("talk/one", format="wav")
    recording = ari.recording("talk/one")
    while (there := await recording.get()) is None or there.state != "recording":  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await recording.pause()
    await recording.unpause()
    await recording.mute()
    await recording.unmute()
    await recording.stop()
    stored = ari.stored_recording("talk/one")
    assert (await stored.file())[:4] == b"RIFF"
    with pytest.raises(Conflict):
        await bridge.record("talk/one", format="wav")
    await stored.delete()
    assert await stored.get() is None
    with pytest.raises(Gone):
        await stored.file()


HOSTILE = ["a/b", "a b+c", "100%", "?x=1&y=2#z", "é\u2603", "a,b", "';--", "..x", "Local/1@x-0;1", "%2F"]


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_hostile_ids_and_values_arrive_as_they_are(
    ari: Ari, listening: Listening, hostile: str
) -> None:
    leg = await ari.originate(
        endpoint="PJSIP/answering", id=hostile, caller_id=f'"{hostile}" <1>', variables={"V": hostile}
    )
    started = await listening.next(StasisStart, hostile)
    assert started.channel.id == hostile
    assert await leg.get_variable("V") == hostile
    await leg.set_variable("W", hostile)
    await leg.set_variables({"X": hostile, "Y": ""})
    assert await leg.get_variable("W") == hostile
    assert await leg.get_variable("X") == hostile
    assert await leg.get_variable("never set") is None
    await leg.play("sound:beep", f"p-{hostile}")
    await listening.next(messages.PlaybackStarted)
    await ari.playback(f"p-{hostile}").stop()
    bridge = await ari.bridge(f"b-{hostile}").create(name=hostile)
    there = await bridge.get()
    assert there is not None
    assert (there.id, there.name) == (f"b-{hostile}", hostile)
    await leg.hangup()
    await listening.next(ChannelDestroyed, hostile)
