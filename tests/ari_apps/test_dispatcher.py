"""Every event reaches who owns its channel; of those nobody owns yet, what matters is kept."""

from __future__ import annotations

from ari_apps.ari import messages
from ari_apps.dispatcher import KEPT_MAX, Dispatcher
from ari_apps.mailbox import Mailbox
from tests.ari_apps.reconcile.test_differences import NOW, channel


def key(channel_id: str) -> messages.Event:
    return messages.ChannelDtmfReceived(
        application="callfloor", timestamp=NOW, channel=channel(channel_id), digit="1", duration_ms=100
    )


def start(channel_id: str) -> messages.StasisStart:
    return messages.StasisStart(
        application="callfloor", timestamp=NOW, channel=channel(channel_id), args=["inbound"]
    )


def nothing() -> None:
    """Take no notice."""


def test_keys_without_end_are_not_kept_without_end_and_whoever_comes_after_them_is() -> None:
    arrived: list[messages.StasisStart] = []
    dispatcher = Dispatcher(arrived.append, nothing, nothing)
    dispatcher.put_by()
    for _ in range(KEPT_MAX + 10):
        dispatcher.event(key("script"))
    dispatcher.event(start("late"))
    assert (len(dispatcher.kept), dispatcher.unowned_total) == (KEPT_MAX + 1, 10)
    assert arrived == []
    dispatcher.catch_up()
    assert [one.channel.id for one in arrived] == ["late"]


def test_what_was_kept_goes_to_the_new_owner_and_what_is_forgotten_to_nobody() -> None:
    arrived: list[messages.StasisStart] = []
    dispatcher = Dispatcher(arrived.append, nothing, nothing)
    dispatcher.put_by()
    for channel_id in ("adopted", "gone", "gone too", "new"):
        dispatcher.event(start(channel_id))
    mailbox = Mailbox()
    dispatcher.own("adopted", mailbox)
    dispatcher.forget({"gone", "gone too"})
    dispatcher.catch_up()
    assert [one.channel.id for one in arrived] == ["new"]
    assert not mailbox.is_empty
