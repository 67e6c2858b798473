from __future__ import annotations

import json
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as some

from ari_apps.ari import AriHealth, messages
from ari_apps.ari.decoding import decode

KINDS = sorted(kind.__name__ for kind in get_args(messages.AnyEvent))
ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20),
    lambda inner: (
        some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=15,
)
FIELDS = some.sampled_from(
    [
        "application",
        "timestamp",
        "channel",
        "args",
        "bridge",
        "playback",
        "cause",
        "digit",
        "peer",
        "id",
        "name",
    ]
)
CALLER = {"name": 'Ünï "x" 𝄞', "number": "+49;tel=1"}
CHANNEL: dict[str, Any] = {
    "id": "1700000000.1",
    "protocol_id": "abc@example",
    "name": "PJSIP/anna-00000001",
    "state": "Up",
    "caller": CALLER,
    "connected": CALLER,
    "accountcode": "",
    "dialplan": {"context": "in", "exten": "1", "priority": 1, "app_name": "Stasis", "app_data": "callfloor"},
    "creationtime": "2026-11-21T19:27:08.154+0000",
    "language": "en",
}
START: dict[str, Any] = {
    "type": "StasisStart",
    "application": "callfloor",
    "timestamp": "2026-11-21T19:27:08.154+0000",
    "args": ["inbound"],
    "channel": CHANNEL,
    "asterisk_id": "02:fc:00:00:00:01",
}


def test_a_call_that_enters_is_typed_whatever_the_caller_is_called() -> None:
    event = decode(json.dumps(START).encode(), AriHealth())
    assert isinstance(event, messages.StasisStart)
    assert event.channel.caller.name == CALLER["name"]
    assert event.channel.dialplan.app_name == "Stasis"
    assert event.timestamp.isoformat() == "2026-11-21T19:27:08.154000+00:00"


def test_what_asterisk_adds_later_is_ignored() -> None:
    later = {**START, "mood": "good", "channel": {**CHANNEL, "colour": ["red"]}}
    assert isinstance(decode(json.dumps(later).encode(), AriHealth()), messages.StasisStart)


def test_an_unknown_event_is_counted_and_skipped() -> None:
    figures = AriHealth()
    for _ in range(3):
        assert decode(json.dumps({**START, "type": "ChannelDreamt"}).encode(), figures) is None
    assert figures.unknown_events_total == {"ChannelDreamt": 3}
    assert figures.decode_errors_total == 0


def test_inventing_event_names_does_not_fill_our_memory() -> None:
    figures = AriHealth()
    for number in range(1000):
        decode(json.dumps({"type": f"Dreamt{number}"}).encode(), figures)
    assert len(figures.unknown_events_total) <= 101
    assert figures.unknown_events_total.total() == 1000


def test_a_known_event_without_its_fields_is_an_error_that_is_counted() -> None:
    figures = AriHealth()
    assert decode(b'{"type": "StasisStart", "application": "callfloor"}', figures) is None
    assert figures.decode_errors_total == 1


@given(some.binary(max_size=300))
def test_no_bytes_can_stop_the_reader(text: bytes) -> None:
    decode(text, AriHealth())


@given(some.sampled_from([*KINDS, "Dreamt", "", 7, None]), some.dictionaries(FIELDS, ANYTHING, max_size=8))
def test_no_message_can_stop_the_reader(kind: object, fields: dict[str, Any]) -> None:
    figures = AriHealth()
    event = decode(json.dumps({**fields, "type": kind}).encode(), figures)
    told = figures.events_total.total() + figures.unknown_events_total.total() + figures.decode_errors_total
    assert told == 1
    assert (event is None) == (not figures.events_total)


def test_nesting_without_end_does_not_stop_the_reader() -> None:
    figures = AriHealth()
    assert decode(b'{"type":"ChannelUserevent","userevent":' + b"[" * 100_000, figures) is None
    assert figures.decode_errors_total == 1
