"""Calls of Asterisk, whoever made them: from the first channel to the last, by their linkedid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ami_listeners.fold.call import Call
from ami_listeners.fold.channels import UP, Channel, Channels
from ami_listeners.fold.directions import Directions
from ami_listeners.fold.lately import Lately
from ami_listeners.messages import AmiEvent
from queue_strategies.facts import CallEnded, CallOriginated, CallStarted, Fact

REACHED = frozenset({"5", UP})
"""ChannelState of one who was called, as soon as it is known by which number: Ringing and Up."""
SNOOP = "Snoop/"
"""Begins the names of channels by which a call is heard or recorded: they are no party of any."""
REASONS = {17: "busy", 18: "no answer", 19: "no answer", 20: "unreachable", 21: "refused"}
"""Why who was dialled was not reached, by Q.850 cause."""


class Calls:
    """Fold channel events into CallStarted, CallOriginated and CallEnded.

    `changed` is told of each channel that may do something else now, when, and whether that was heard; `gone`
    likewise of each that ended, and gives what ended with it.
    """

    def __init__(
        self,
        channels: Channels,
        calls: dict[str, Call],
        directions: Directions,
        changed: Callable[[Channel, float, bool], None],
        gone: Callable[[str, float, bool], Iterable[Fact]],
        catching_up: Callable[[], bool] = lambda: False,
    ) -> None:
        self.open = calls
        self.channels = channels
        self._over = Lately[None]()
        """Channels that are no more: what is told of one later is old."""
        self._directions, self._changed, self._ended = directions, changed, gone
        self._catching_up = catching_up
        self._handlers: dict[str, Callable[[AmiEvent], Iterable[Fact]]] = {
            "Newchannel": self._seen,
            "Newstate": self._moved,
            "Hangup": self._gone,
            "BridgeEnter": self._moved,
        }

    def call_of(self, channel_id: str) -> str | None:
        """Name the call a channel is part of; None for a channel that is not known."""
        channel = self.channels.known.get(channel_id)
        return None if channel is None else channel.call

    def restore(self, call: str, began: float) -> None:
        """Believe a call that was open before a restart; the next listing tells whether it still is."""
        self.open[call] = Call(began)

    def alive(self, channel: str) -> bool:
        """Tell whether a channel (by its unique id) is known to exist."""
        return channel in self.channels.known

    def handle(self, event: AmiEvent) -> Iterable[Fact]:
        """Take in what happened to a channel."""
        return self._handlers[event.name](event)

    def listed(self, items: Sequence[AmiEvent], asked: float, *, after_gap: bool) -> Iterator[Fact]:
        """Compare with all channels there are.

        A call that is missing has ended unheard. Without a gap before, it gets the benefit of the doubt once:
        its hang-up may be on the way.
        """
        there = {item.channel for item in items}
        # A call is known by who called, though others may be listed first.
        for item in sorted(items, key=is_called):
            yield from self._seen(item, began=asked - clock_seconds(item.text("Duration")))
        for channel in [each for each in self.channels.known.values() if each.id not in there]:
            call = self.open.get(channel.call)
            if call is None or call.missing_once or after_gap:
                yield from self._leave(channel.id, asked, heard=False)
        for name, call in list(self.open.items()):
            if there.isdisjoint(call.channels):
                if call.missing_once or after_gap:
                    yield from self._end(name, asked, heard=False)
                call.missing_once = True
            else:
                call.missing_once = False

    # -- channels come and go -------------------------------------------------------------------------------

    def _seen(self, event: AmiEvent, began: float | None = None) -> Sequence[Fact]:
        id_, name = event.channel, event.sent("Linkedid")
        if (known := self.channels.known.get(id_)) is not None:
            return [*self._told(known, event, began), *self._moved(event)]
        if id_ in self._over or event.sent("Channel").startswith(SNOOP):
            return ()
        channel = self.channels.add(event, id_, name)
        call = self.open.get(name)
        if call is None:
            call = self.open[name] = Call(event.moment if began is None else began, untold=True)
        facts = self._told(channel, event, began)
        call.channels.add(id_)
        call.answered |= channel.up and id_ == name
        self._changed(channel, event.moment, began is None)
        return facts

    def _told(self, channel: Channel, event: AmiEvent, began: float | None) -> list[Fact]:
        """Tell that a call began: of one that was under way, once it is listed who called."""
        call = self.open.get(channel.call)
        if call is None or not call.untold:
            return []
        if self._catching_up() and began is None and channel.id != channel.call:
            return []
        call.untold = False
        call.began = call.began if began is None else min(call.began, began)
        return [self._start(channel, call, event)]

    def _start(self, channel: Channel, call: Call, event: AmiEvent) -> CallStarted:
        call.dialled = not channel.calls_us
        call.originated = call.dialled and channel.id == channel.call and "." in channel.id and not channel.up
        if channel.calls_us:
            call.from_inside = self._directions.inside(channel.account, channel.party)
            held = self.channels.holding.get(channel.account) if call.from_inside else None
            call.asked_for = next(iter(held)).call if held else ""
        return CallStarted(
            moment=call.began,
            call=channel.call,
            channel_name=channel.name,
            caller_number=event.text("CallerIDNum"),
            caller_name=event.text("CallerIDName"),
            called_number=event.text("Exten"),
            context=event.text("Context"),
            direction=call.direction(),
        )

    def _moved(self, event: AmiEvent) -> Sequence[Fact]:
        """Note that a channel rings or was answered, and which call it is part of by now."""
        channel = self.channels.known.get(event.channel)
        if channel is None:
            return ()
        facts = self._joined(channel, event)
        if not channel.up and (state := event.sent("ChannelState")) in REACHED:
            self._reached(channel, event)
            if state == UP:
                channel.up = True
                self._changed(channel, event.moment, True)
                return [*facts, *self._answered(channel, event.moment)]
        return facts

    def _reached(self, channel: Channel, event: AmiEvent) -> None:
        """Note who was called, by the number that was dialled."""
        if not (channel.calls_us or channel.half or channel.reached):
            channel.reached = True
            call = self.open.get(channel.call)
            if call is not None:
                inside = self._directions.inside(channel.account, event.text("CallerIDNum"))
                call.outside |= not inside
                call.inside |= inside and channel.id != channel.call

    def _answered(self, channel: Channel, moment: float) -> Sequence[Fact]:
        call = self.open.get(channel.id) if channel.id == channel.call else None
        if call is None or call.answered:
            return ()
        call.answered = True
        return [self._originated(channel, call, moment)] if call.originated else ()

    def _originated(self, channel: Channel, call: Call, moment: float, reason: str = "") -> CallOriginated:
        call.originated = False
        return CallOriginated(
            moment=moment,
            call=channel.call,
            channel=channel.id,
            to=channel.account,
            reached=not reason,
            reason=reason,
        )

    def _joined(self, channel: Channel, event: AmiEvent) -> Sequence[Fact]:
        """Note a channel that a bridge or a transfer made part of another call."""
        before, name = channel.call, event.sent("Linkedid")
        if name == before or not name:
            return ()
        channel.call = name
        self.open.setdefault(name, Call(event.moment)).channels.add(channel.id)
        return list(self._left(before, channel.id, event.moment, into=name))

    def _gone(self, event: AmiEvent) -> Iterator[Fact]:
        id_ = event.channel
        channel = self.channels.known.get(id_)
        if channel is not None:
            if event.sent("Linkedid") in self.open:
                yield from self._joined(channel, event)
            call = self.open.get(channel.call)
            if call is not None:
                call.cause = event.number("Cause") or call.cause
                if call.originated and id_ == channel.call:
                    why = REASONS.get(call.cause, "failed")
                    yield self._originated(channel, call, event.moment, why)
        yield from self._leave(id_, event.moment)
        self._over.note(id_, None)

    def _leave(self, id_: str, moment: float, *, heard: bool = True) -> Iterator[Fact]:
        yield from self._ended(id_, moment, heard)
        channel = self.channels.known.get(id_)
        if channel is not None:
            self.channels.remove(id_)
            yield from self._left(channel.call, id_, moment, heard=heard)

    def _left(
        self, name: str, channel: str, moment: float, *, into: str = "", heard: bool = True
    ) -> Iterator[Fact]:
        call = self.open.get(name)
        if call is not None:
            call.channels.discard(channel)
            call.into = into or call.into
            if not call.channels:
                yield from self._end(name, moment, heard=heard)

    def _end(self, name: str, moment: float, *, heard: bool = True) -> Iterator[Fact]:
        call = self.open.pop(name, None)
        if call is not None:
            yield CallEnded(
                moment=moment,
                heard=heard,
                call=name,
                cause=call.cause,
                duration_s=max(0.0, moment - call.began),
                answered=call.answered,
                direction=call.direction(),
                into=call.into,
            )


def is_called(item: AmiEvent) -> bool:
    """Tell a channel that was called from the one that its call began with."""
    return item.channel != item.sent("Linkedid")


def clock_seconds(text: str) -> float:
    """Read a duration as CoreShowChannels writes it: hours:minutes:seconds."""
    seconds = 0
    for part in text.split(":"):
        seconds = seconds * 60 + (int(part) if part.isdigit() else 0)
    return float(seconds)
