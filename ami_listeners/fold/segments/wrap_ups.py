"""Wrap-ups, which belong to no channel any more: told of when they are over."""

from __future__ import annotations

from collections.abc import Container, Iterator

from ami_listeners.fold.lately import Lately
from ami_listeners.fold.segments.segment import Segment, began_of, ended_of
from queue_strategies.facts import Answered, Fact, Handled, SegmentKind, WrapUpEnded
from queue_strategies.model import VisitId


class WrapUps:
    """Follow visits from the answer to the end of the wrap-up; lines that are still `there` have none."""

    def __init__(self, there: Container[str]) -> None:
        self._there = there
        self._answered: dict[VisitId, Answered] = {}
        """Of visits whose talk goes on, or whose wrap-up does."""
        self._parted: dict[str, float] = {}
        """When visits were told to be over that a wrap-up follows, by the member's channel."""
        self.left = Lately[float]()
        """When lines were hung up."""

    def answered(self, fact: Answered) -> None:
        """Take in that a talk began."""
        self._answered[fact.visit] = fact

    def handled(self, fact: Handled) -> None:
        """Take in that it is over."""
        answered = self._answered.get(fact.visit)
        if answered is not None and fact.wrap_up_follows:
            self._parted[answered.offer] = fact.moment
        elif answered is not None:
            del self._answered[fact.visit]
            self._parted.pop(answered.offer, None)

    def ended(self, fact: WrapUpEnded) -> Iterator[Fact]:
        """Tell of a wrap-up when it is over, for nobody remembers one over a restart.

        There is none while the line is still there: that it was hung up was not heard.
        """
        answered = self._answered.pop(fact.visit, None)
        if answered is None:
            return
        told = self._parted.pop(answered.offer, fact.moment)
        began = max(told, self.left.get(answered.offer, told))
        if answered.offer in self._there or began > fact.moment:
            return
        segment = Segment(
            segment=f"{fact.visit}/{SegmentKind.WRAP_UP}/1",
            kind=SegmentKind.WRAP_UP,
            call=answered.contact,
            channel=answered.offer,
            party=fact.agent,
            began=began,
            agent=fact.agent,
            contact=answered.contact,
            visit=fact.visit,
            queue=fact.queue,
        )
        yield began_of(segment, heard=True)
        yield ended_of(segment, fact.moment, fact.ended_by, heard=True)
