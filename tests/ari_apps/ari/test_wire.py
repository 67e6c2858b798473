from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from ari_apps.ari import Malformed, operations, wire

SENDABLE = some.text(some.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), min_size=1)


@given(SENDABLE)
def test_every_id_stays_one_part_of_the_path(name: str) -> None:
    assume(name not in {".", ".."})
    path = wire.path(operations.CHANNELS_PLAY_WITH_ID, [name, "p"])
    _, channels, encoded, play, playback = path.split("/")
    assert (channels, play, playback) == ("channels", "play", "p")
    assert unquote(encoded) == name


@given(SENDABLE)
def test_every_value_arrives_as_it_was(value: str) -> None:
    query = wire.query(operations.CHANNELS_SET_CHANNEL_VAR, {"variable": "X", "value": value})
    assert dict(parse_qsl(urlsplit(f"?{query}").query))["value"] == value


@pytest.mark.parametrize("hostile", ["a\r\nb", "a\nb", "a\rb", "a\0b", "\ud800"])
def test_what_would_break_a_line_is_never_sent(hostile: str) -> None:
    with pytest.raises(Malformed):
        wire.path(operations.CHANNELS_GET, [hostile])
    with pytest.raises(Malformed):
        wire.query(operations.CHANNELS_ORIGINATE, {"callerId": hostile})
    with pytest.raises(Malformed):
        wire.variables({"NAME": hostile}, "test")
    with pytest.raises(Malformed):
        wire.variables({hostile: "value"}, "test")


@pytest.mark.parametrize("folded", ["", ".", ".."])
def test_an_id_that_a_url_folds_away_is_refused(folded: str) -> None:
    with pytest.raises(Malformed):
        wire.path(operations.CHANNELS_HANGUP, [folded])


def test_an_item_with_a_comma_cannot_become_two() -> None:
    with pytest.raises(Malformed):
        wire.query(operations.BRIDGES_ADD_CHANNEL, {"channel": ["1,2", "3"]})


def test_documented_defaults_are_sent_because_asterisk_does_not_apply_them() -> None:
    assert wire.query(operations.CHANNELS_MUTE, {}) == "direction=both"
    assert wire.query(operations.CHANNELS_MUTE, {"direction": "in"}) == "direction=in"
    assert wire.query(operations.CHANNELS_START_MOH, {}) == ""


def test_a_parameter_that_asterisk_does_not_have_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="colour"):
        wire.query(operations.CHANNELS_START_MOH, {"colour": "red"})
