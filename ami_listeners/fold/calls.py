"""Calls of Asterisk, whoever made them: from the first channel to the last, by their linkedid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ami_listeners.messages import AmiEvent
from queue_strategies.facts import CallEnded, CallStarted, Fact

UP = "6"
"""ChannelState of an answered channel."""


@dataclass(slots=True)
class Call:
    """One call that goes on."""

    began: float
    channels: set[str] = field(default_factory=set)
    answered: bool = False
    cause: int = 0
    missing_once: bool = False
    """Not among Asterisk's channels at the last look, though no hang-up was heard."""


class Calls:
    """Fold channel events into CallStarted and CallEnded."""

    def __init__(self) -> None:
        self.open: dict[str, Call] = {}
        self._call_of: dict[str, str] = {}

    def restore(self, call: str, began: float) -> None:
        """Believe a call that was open before a restart; the next listing tells whether it still is."""
        self.open[call] = Call(began)

    def alive(self, channel: str) -> bool:
        """Tell whether a channel (by its unique id) is known to exist."""
        return channel in self._call_of

    def handle(self, event: AmiEvent) -> Iterator[Fact]:
        """Take in what happened to a channel."""
        match event.name:
            case "Newchannel":
                yield from self._seen(event)
            case "Hangup":
                yield from self._gone(event)
            case _:
                yield from self._moved(event)

    def listed(self, items: Sequence[AmiEvent], asked: float, *, after_gap: bool) -> Iterator[Fact]:
        """Compare with all channels there are.

        A call that is missing has ended unheard. Without a gap before, it gets the benefit of the doubt once:
        its hang-up may be on the way.
        """
        there = {item.sent("Uniqueid") for item in items}
        # A call is known by who called, though others may be listed first.
        for item in sorted(items, key=is_called):
            yield from self._seen(item, began=asked - clock_seconds(item.text("Duration")))
        for channel in [each for each in self._call_of if each not in there]:
            call = self.open.get(self._call_of[channel])
            if call is None or call.missing_once or after_gap:
                yield from self._leave(channel, asked)
        for name, call in list(self.open.items()):
            if there.isdisjoint(call.channels):
                if call.missing_once or after_gap:
                    yield from self._end(name, asked)
                call.missing_once = True
            else:
                call.missing_once = False

    def _seen(self, event: AmiEvent, began: float | None = None) -> Iterator[Fact]:
        channel, name = event.sent("Uniqueid"), event.sent("Linkedid")
        if channel in self._call_of:
            yield from self._moved(event)
            return
        self._call_of[channel] = name
        call = self.open.get(name)
        if call is None:
            call = self.open[name] = Call(event.moment if began is None else began)
            yield CallStarted(
                moment=call.began,
                call=name,
                channel_name=event.text("Channel"),
                caller_number=event.text("CallerIDNum"),
                caller_name=event.text("CallerIDName"),
                called_number=event.text("Exten"),
                context=event.text("Context"),
            )
        call.channels.add(channel)
        call.answered |= event.sent("ChannelState") == UP and channel == name

    def _moved(self, event: AmiEvent) -> Iterator[Fact]:
        """Note an answer, and a channel that a bridge or a transfer made part of another call."""
        channel, name = event.sent("Uniqueid"), event.sent("Linkedid")
        before = self._call_of.get(channel)
        if before is None:
            return
        if name and name != before:
            self._call_of[channel] = name
            self.open.setdefault(name, Call(event.moment)).channels.add(channel)
            yield from self._left(before, channel, event.moment)
        call = self.open.get(channel) if channel == self._call_of[channel] else None
        if call is not None and not call.answered:
            call.answered = event.sent("ChannelState") == UP

    def _gone(self, event: AmiEvent) -> Iterator[Fact]:
        yield from self._moved(event)
        channel = event.sent("Uniqueid")
        call = self.open.get(self._call_of.get(channel, ""))
        if call is not None:
            call.cause = event.number("Cause") or call.cause
        yield from self._leave(channel, event.moment)

    def _leave(self, channel: str, moment: float) -> Iterator[Fact]:
        name = self._call_of.pop(channel, None)
        if name is not None:
            yield from self._left(name, channel, moment)

    def _left(self, name: str, channel: str, moment: float) -> Iterator[Fact]:
        call = self.open.get(name)
        if call is not None:
            call.channels.discard(channel)
            if not call.channels:
                yield from self._end(name, moment)

    def _end(self, name: str, moment: float) -> Iterator[Fact]:
        call = self.open.pop(name, None)
        if call is not None:
            duration_s = max(0.0, moment - call.began)
            yield CallEnded(
                moment=moment, call=name, cause=call.cause, duration_s=duration_s, answered=call.answered
            )


def is_called(item: AmiEvent) -> bool:
    """Tell a channel that was called from the one that its call began with."""
    return item.sent("Uniqueid") != item.sent("Linkedid")


def clock_seconds(text: str) -> float:
    """Read a duration as CoreShowChannels writes it: hours:minutes:seconds."""
    seconds = 0
    for part in text.split(":"):
        seconds = seconds * 60 + (int(part) if part.isdigit() else 0)
    return float(seconds)
