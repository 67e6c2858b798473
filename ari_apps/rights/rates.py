"""How often one may try: leaky buckets, one for each name or address."""

from __future__ import annotations

from collections import OrderedDict
from math import ceil

from aiolimiter import AsyncLimiter

from queue_strategies.errors import CallfloorError

MINUTE_S = 60.0
MOST_KNOWN = 10_000
"""Names and addresses remembered; who was quiet for longest is forgotten first."""


class TooOftenError(CallfloorError):
    """Somebody asks more often than anybody needs to."""

    def __init__(self, sentence: str, retry_after_s: int) -> None:
        super().__init__(f"{sentence}, try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class Rate:
    """So many a minute for each of whom they are counted, all at once if need be."""

    def __init__(self, a_minute: int) -> None:
        self._a_minute = a_minute
        self._buckets: OrderedDict[str, AsyncLimiter] = OrderedDict()

    async def spend(self, of: str, sentence: str) -> None:
        """Count one; raises TooOftenError, and does not count it, when there were too many."""
        if (bucket := self._buckets.pop(of, None)) is None:
            bucket = AsyncLimiter(self._a_minute, MINUTE_S)
        self._buckets[of] = bucket
        if len(self._buckets) > MOST_KNOWN:
            self._buckets.popitem(last=False)
        if not bucket.has_capacity():
            raise TooOftenError(sentence, ceil(MINUTE_S / self._a_minute))
        await bucket.acquire()
