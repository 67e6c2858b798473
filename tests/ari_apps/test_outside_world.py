"""The outside world does what people do, on a plain Asterisk; and what the ears tell is so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from ari_apps.configuration.settings import Address
from ari_apps.outside_world import CallOver, RegistrationRefused, TransferRefused
from ari_apps.outside_world.registration import Registration, digest
from ari_apps.outside_world.transfers import outcome
from ari_apps.outside_world.voices import RATE, sound, voice_name
from tests.ari_apps.ivr.plain_floor import PlainFloor, plain_floor
from tests.asterisk_lab import AsteriskLab
from tests.ears import analyse, listen

PATIENT_S = 120.0
"""On a machine that others keep busy, too."""
SETTLE_S = 0.3
"""After an answer or a transfer, until everybody is bridged and speaks."""


@pytest.fixture(scope="module")
async def plain(shared_asterisk_lab: AsteriskLab) -> AsyncIterator[PlainFloor]:
    phones = {"anna": "101", "bob": "102", "carl": "103", "dora": "104"}
    async with plain_floor(shared_asterisk_lab, phones, no_transfers=["dora"]) as floor:
        for phone in phones:
            await floor.world.phone(phone).plug_in()
        yield floor


# -- who hears whom -----------------------------------------------------------------------------------------


async def test_two_people_hear_each_other_and_nobody_else(plain: PlainFloor) -> None:
    world = plain.world
    caller = await world.call("101", speaks=1000)
    call = await world.phone("anna").rings()
    await call.answer(speaks=440)
    others = await world.call("102", speaks=1400)
    await (await world.phone("bob").rings()).answer(speaks=620)
    await asyncio.sleep(SETTLE_S)
    heard_by_caller, heard_by_anna = await asyncio.gather(listen(caller), listen(call))
    assert (heard_by_caller.tones, heard_by_anna.tones) == ({440}, {1000})
    assert heard_by_anna.levels_dbfs[1000] == pytest.approx(-15, abs=2)
    await caller.speak(None)
    await asyncio.sleep(SETTLE_S)
    assert (await listen(call)).silent
    await caller.speak(800)
    await asyncio.sleep(SETTLE_S)
    assert (await listen(call)).tones == {800}
    await asyncio.gather(caller.hang_up(), others.hang_up())


async def test_who_is_put_on_hold_hears_music_and_then_the_other_side_again(plain: PlainFloor) -> None:
    caller = await plain.world.call("101", speaks=1000)
    call = await plain.world.phone("anna").rings()
    await call.answer(speaks=500)
    await caller.answered()
    await call.hold()
    await asyncio.sleep(SETTLE_S)
    heard_by_caller, heard_by_anna = await asyncio.gather(listen(caller, 2), listen(call, 2))
    assert heard_by_caller.tones == set()
    assert not heard_by_caller.silent
    assert heard_by_anna.silent
    await call.unhold()
    await asyncio.sleep(SETTLE_S)
    heard_by_caller, heard_by_anna = await asyncio.gather(listen(caller), listen(call))
    assert (heard_by_caller.tones, heard_by_anna.tones) == ({500}, {1000})
    await caller.hang_up()


async def test_keys_are_heard_on_the_other_side(plain: PlainFloor) -> None:
    caller = await plain.world.call("101")
    call = await plain.world.phone("anna").rings()
    await call.answer()
    await caller.answered()
    await caller.press("12#")
    await call.hears_keys("12#")
    await call.press("0*")
    await caller.hears_keys("0*")
    await caller.hang_up()


# -- how calls go -------------------------------------------------------------------------------------------


async def test_the_record_of_a_call_tells_what_happened_in_its_order(plain: PlainFloor) -> None:
    caller = await plain.world.call("101", from_number="+491701234567", from_name="Zoë Ünal")
    call = await plain.world.phone("anna").rings()
    assert (call.caller_number, call.caller_name) == ("+491701234567", "Zoë Ünal")
    await caller.rings()
    assert not caller.is_answered
    await call.answer()
    await caller.answered()
    await call.hang_up()
    seen, anna = await caller.ended(), await call.ended()
    assert seen.rang_at is not None
    assert seen.answered_at is not None
    assert seen.ended_at is not None
    assert seen.dialled_at < anna.dialled_at < seen.rang_at < seen.answered_at < seen.ended_at
    assert (seen.ended_by, seen.cause) == ("floor", 16)
    assert (anna.ended_by, anna.cause) == ("outside", 16)
    assert plain.world.log.of("+491701234567") == [seen]


async def test_a_caller_who_gives_up_cancels_the_call(plain: PlainFloor) -> None:
    caller = await plain.world.call("101")
    call = await plain.world.phone("anna").rings()
    await caller.hang_up()
    assert (await call.ended()).ended_by == "floor"
    assert (await caller.ended()).ended_by == "outside"
    with pytest.raises(CallOver, match="ended by outside with cause 16"):
        await caller.answered()


async def test_refusals_differ(plain: PlainFloor) -> None:
    anna = plain.world.phone("anna")
    refused = await plain.world.call("101")
    await (await anna.rings()).decline()
    busy = await plain.world.call("101")
    await (await anna.rings()).busy()
    nobody = await plain.world.call("999")
    ends = [await call.ended() for call in (refused, busy, nobody)]
    assert [(end.cause, end.sip_status) for end in ends] == [(21, 403), (17, 486), (1, 404)]


async def test_a_caller_may_withhold_the_number(plain: PlainFloor) -> None:
    caller = await plain.world.call("101", from_number=None)
    call = await plain.world.phone("anna").rings()
    assert call.caller_number == "anonymous"
    await caller.hang_up()


async def test_a_phone_calls_a_number_outside_and_nobody_has_another(plain: PlainFloor) -> None:
    anna, mobile = plain.world.phone("anna"), plain.world.number("+4930999")
    call = await anna.dial("00+4930999", speaks=500)
    rings = await mobile.rings()
    await call.rings()
    await rings.answer(speaks=900)
    await call.answered()
    await asyncio.sleep(SETTLE_S)
    heard = await asyncio.gather(listen(call), listen(rings))
    assert [one.tones for one in heard] == [{900}, {500}]
    await rings.hang_up()
    await call.ended()
    assert (await (await anna.dial("00+4930998")).ended()).sip_status == 404


# -- transfers ----------------------------------------------------------------------------------------------


async def test_a_phone_transfers_blind_and_then_attended(plain: PlainFloor) -> None:
    anna, bob, carl = (plain.world.phone(name) for name in ("anna", "bob", "carl"))
    caller = await plain.world.call("101", speaks=1000)
    with_anna = await anna.rings()
    await with_anna.answer(speaks=500)
    await caller.answered()
    await asyncio.sleep(SETTLE_S)
    await with_anna.transfer("102")
    with_bob = await bob.rings()
    await with_bob.answer(speaks=600)
    await with_anna.ended()
    await with_bob.hold()
    consultation = await bob.dial("103", speaks=600)
    with_carl = await carl.rings()
    await with_carl.answer(speaks=700)
    await consultation.answered()
    await asyncio.sleep(SETTLE_S)
    heard = await asyncio.gather(listen(consultation), listen(with_carl))
    assert [one.tones for one in heard] == [{700}, {600}]
    await with_bob.transfer_to(consultation)
    await asyncio.gather(with_bob.ended(), consultation.ended())
    await asyncio.sleep(SETTLE_S)
    heard = await asyncio.gather(listen(caller), listen(with_carl))
    assert [one.tones for one in heard] == [{700}, {1000}]
    await caller.hang_up()
    await with_carl.ended()


async def test_a_transfer_that_the_floor_refuses_leaves_the_call_as_it_was(plain: PlainFloor) -> None:
    caller = await plain.world.call("104", speaks=1000)
    call = await plain.world.phone("dora").rings()
    await call.answer(speaks=500)
    await caller.answered()
    with pytest.raises(TransferRefused):
        await call.transfer("102")
    assert not call.is_over
    assert (await listen(caller)).tones == {500}
    await caller.hang_up()


# -- phones that come and go --------------------------------------------------------------------------------


async def test_a_wrong_password_is_refused_and_the_right_one_is_not(plain: PlainFloor) -> None:
    bob = plain.world.phone("bob")
    await bob.sign_off()
    with pytest.raises(RegistrationRefused) as refusal:
        await bob.plug_in(wrong_password=True)
    assert refusal.value.status == 401
    assert "bob/sip:" not in await plain.asterisk.cli("pjsip show contacts")
    await bob.plug_in()
    assert "bob/sip:" in await plain.asterisk.cli("pjsip show contacts")


async def test_an_unplugged_phone_neither_rings_nor_says_goodbye(plain: PlainFloor) -> None:
    carl = plain.world.phone("carl")
    caller = await plain.world.call("103", speaks=1000)
    await (await carl.rings()).answer(speaks=500)
    await caller.answered()
    await carl.unplug()
    await asyncio.sleep(SETTLE_S)
    assert (await listen(caller)).silent
    assert not caller.is_over
    in_vain = await plain.world.call("103")
    await asyncio.sleep(SETTLE_S)
    assert not carl.is_called
    assert in_vain.record.rang_at is None
    await carl.plug_in()
    again = await plain.world.call("103")
    await (await carl.rings()).hang_up()
    await asyncio.gather(again.ended(), caller.hang_up(), in_vain.hang_up())


@pytest.mark.timeout(400)
async def test_fifty_phones_and_two_hundred_callers_are_there_at_once(asterisk_lab: AsteriskLab) -> None:
    phones = {f"phone{number}": str(1000 + number) for number in range(50)}
    async with plain_floor(asterisk_lab, phones) as floor:
        world = floor.world
        await asyncio.gather(*(world.phone(phone).plug_in() for phone in phones))
        callers = [await world.call("700", from_number=f"+49{number}") for number in range(200)]
        await asyncio.gather(*(caller.answered(PATIENT_S) for caller in callers))
        to_phones = [await world.call(extension) for extension in phones.values()]
        rings = await asyncio.gather(*(world.phone(phone).rings(PATIENT_S) for phone in phones))
        await asyncio.gather(*(call.answer() for call in rings))
        await asyncio.gather(*(call.answered(PATIENT_S) for call in to_phones))
        await asyncio.gather(*(call.hang_up() for call in [*callers, *rings]))
        ends = await asyncio.gather(*(call.ended(PATIENT_S) for call in [*callers, *to_phones]))
        assert {end.cause for end in ends} == {16}
        assert world.calls == []
    assert not world.asterisk.running


# -- the parts ----------------------------------------------------------------------------------------------


def test_the_digest_is_that_of_the_rfc() -> None:
    # RFC 2617, 3.5
    secret = digest("Mufasa", "testrealm@host.com", "Circle Of Life")
    nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
    response = digest(secret, nonce, "00000001", "0a4f113b", "auth", digest("GET", "/dir/index.html"))
    assert response == "6629fae49393a05397450978507c4ef1"


def test_a_registration_reads_its_own_answers_only() -> None:
    mine, other = (Registration("anna", Address("127.0.0.1", 5060), iter("abc").__next__) for _ in range(2))
    request = mine.request(Address("127.0.1.1", 40000), 3600).decode()
    call_id = next(line for line in request.split("\r\n") if line.startswith("Call-ID"))
    answer = (
        f"SIP/2.0 401 Unauthorized\r\n{call_id}\r\nCSeq: 1 REGISTER\r\n"
        'WWW-Authenticate: Digest realm="x",nonce="n",algorithm=SHA-256\r\n'
        'WWW-Authenticate: Digest realm="x",nonce="m",qop="auth"\r\n\r\n'
    )
    read = mine.read(answer.encode())
    assert read is not None
    assert (read.status, read.cseq, 'nonce="m"' in read.challenge) == (401, 1, True)
    assert mine.read(b"\xff\xfe") is None
    assert mine.read(answer.replace(call_id, "Call-ID: theirs").encode()) is None
    assert other.cseq == 0


def test_the_end_of_a_transfer_is_read_from_the_packets_that_tell_it() -> None:
    notify = b"NOTIFY sip:x SIP/2.0\r\nCall-ID: a\r\nCSeq: 3 NOTIFY\r\n\r\nSIP/2.0 %s\r\n"
    answer = b"SIP/2.0 %s\r\nCall-ID: a\r\nCSeq: 2 REFER\r\n\r\n"
    assert outcome(notify % b"100 Trying") is None
    assert outcome(notify % b"200 OK") == 200
    assert outcome(answer % b"202 Accepted") is None
    assert outcome(answer % b"405 Method Not Allowed") == 405
    assert outcome((answer % b"486 Busy").replace(b"REFER", b"INVITE")) is None


def test_the_ears_tell_tones_levels_and_gaps() -> None:
    tone = np.array(sound(500), dtype=float) / 32768
    other = np.array(sound(1400), dtype=float) / 32768
    second = tone[:RATE]
    assert analyse(second).tones == {500}
    assert analyse(second + other[:RATE]).tones == {500, 1400}
    assert analyse(second * 0.05).tones == set()
    broken = second.copy()
    broken[RATE // 2 : RATE // 2 + RATE // 10] = 0
    assert analyse(broken).gaps_ms == (100,)
    assert analyse(broken).tones == {500}
    assert analyse(np.zeros(RATE)).silent
    assert not analyse(broken).silent


def test_a_voice_has_no_seam_where_it_begins_again() -> None:
    for tone_hz in (440, 1000, 3280):
        once = np.array(sound(tone_hz), dtype=float)
        twice = np.concatenate([once, once])
        expected = 32_767 * 0.25 * np.sin(2 * np.pi * tone_hz * np.arange(len(twice)) / RATE)
        assert np.abs(twice - expected).max() <= 1


def test_nobody_speaks_a_tone_that_no_telephone_carries(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="300 to 3300 Hz"):
        voice_name(5000)
