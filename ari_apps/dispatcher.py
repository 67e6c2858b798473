"""Bring every ARI event to whoever owns the channel it speaks of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from ari_apps.ari import messages
from ari_apps.mailbox import Mailbox

SPARED = (messages.ChannelDtmfReceived, messages.ChannelTalkingStarted, messages.ChannelTalkingFinished)
"""Events a caller can make at will; beyond a mailbox's size they are dropped."""
KEPT_MAX = 10_000
"""Events put by, before what can be spared is dropped."""


class Dispatcher:
    """The ARI client's sink: put events into mailboxes, announce channels nobody owns; never waits."""

    def __init__(
        self,
        arrived: Callable[[messages.StasisStart], None],
        reconnected: Callable[[], None],
        disconnected: Callable[[], None],
    ) -> None:
        self._arrived = arrived
        self._reconnected = reconnected
        self._disconnected = disconnected
        self._owners: dict[str, Mailbox] = {}
        self._put_by: list[messages.Event] | None = None
        self.unowned_total = 0

    def own(self, channel_id: str, mailbox: Mailbox) -> None:
        """Send a channel's events to this mailbox; what an earlier owner has not read goes along."""
        before = self._owners.get(channel_id)
        self._owners[channel_id] = mailbox
        if before is not None and before is not mailbox:
            before.empty_into(mailbox)

    def disown(self, channel_id: str) -> None:
        """Forget a channel that is gone."""
        self._owners.pop(channel_id, None)

    def owned(self) -> frozenset[str]:
        """Return the ids of all channels that have an owner."""
        return frozenset(self._owners)

    def event(self, event: messages.Event) -> None:
        """Hand one event on."""
        channel_id = channel_of(event)
        owner = self._owners.get(channel_id) if channel_id else None
        if owner is not None:
            owner.put(event, can_be_spared=isinstance(event, SPARED))
        elif self._put_by is not None:
            self._keep(event, self._put_by)
        elif isinstance(event, messages.StasisStart):
            self._arrived(event)
        else:
            self.unowned_total += 1

    def _keep(self, event: messages.Event, kept: list[messages.Event]) -> None:
        if len(kept) < KEPT_MAX or not isinstance(event, SPARED):
            kept.append(event)
        else:
            self.unowned_total += 1

    def put_by(self) -> None:
        """Keep what concerns unowned channels, until it is known which of them are to be adopted."""
        if self._put_by is None:
            self._put_by = []

    @property
    def kept(self) -> Sequence[messages.Event]:
        """What was put by, in its order."""
        return tuple(self._put_by or ())

    def forget(self, channel_ids: Collection[str]) -> None:
        """Drop what was put by of these channels."""
        if self._put_by is not None:
            self._put_by = [event for event in self._put_by if channel_of(event) not in channel_ids]

    def catch_up(self) -> None:
        """Hand on what was put by, to those who own the channels now."""
        kept, self._put_by = self._put_by or [], None
        for event in kept:
            self.event(event)

    def send(self, channel_id: str, item: object) -> None:
        """Tell a channel's owner something that is no event of Asterisk's."""
        if (owner := self._owners.get(channel_id)) is not None:
            owner.put(item)

    def tell_all(self, item: object) -> None:
        """Tell every owner something that concerns all channels."""
        for owner in {id(owner): owner for owner in self._owners.values()}.values():
            owner.put(item)

    def connected(self, gap: bool) -> None:
        """Note that events flow again; what was missed has to be found out."""
        self._reconnected()

    def disconnected(self, reason: str) -> None:
        """Note that events have stopped; calls go on in Asterisk, if that does."""
        self._disconnected()


def channel_of(event: messages.Event) -> str | None:
    """Return the id of the channel an event speaks of, None when it speaks of none."""
    match event:
        case messages.PlaybackStarted() | messages.PlaybackContinuing() | messages.PlaybackFinished():
            return _target(event.playback.target_uri)
        case messages.RecordingStarted() | messages.RecordingFinished() | messages.RecordingFailed():
            return _target(event.recording.target_uri)
        case messages.ChannelTransfer():
            return event.referred_by.source_channel.id
        case _:
            channel = getattr(event, "channel", None)
            return channel.id if isinstance(channel, messages.Channel) else None


def _target(uri: str) -> str | None:
    kind, _, target = uri.partition(":")
    return target if kind == "channel" else None
