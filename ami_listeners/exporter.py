"""Show the figures to Prometheus: everything is read when it is scraped, so that nothing can drift."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from ami_listeners.exposition import Page, Pieces, Source

log = structlog.get_logger(__name__)

Families = Callable[[], Iterable[Metric]]
"""Give metric families as they are now."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PART_BYTES = 1 << 17
PATIENCE_S = 30.0
"""A reader that has not taken the text by then is let go of."""


class _Read(Collector):
    def __init__(self, families: Families) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families()

    def describe(self) -> Iterable[Metric]:
        """Describe nothing ahead: what there is depends on the floor."""
        return ()


class Exporter:
    """What `/metrics` shows, from any number of sources, each with metrics of its own."""

    def __init__(self, *, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._page = Page()
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._page.add(self._few)

    def show(self, source: Source) -> None:
        """Show the lines that this source gives at every scrape, however many."""
        self._page.add(source)

    def add(self, families: Families) -> None:
        """Show a few metrics, read all at once at every scrape."""
        self._registry.register(_Read(families))

    def text(self) -> str:
        """Write everything at once."""
        return self._page.text().decode()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a scrape, in parts, so that neither writing nor a slow reader holds up anything else."""
        parts = await self._page.read()
        answer = web.StreamResponse(headers={"Content-Type": CONTENT_TYPE})
        answer.content_length = sum(map(len, parts))
        try:
            async with asyncio.timeout(self._patience_s):
                await answer.prepare(request)
                for part in in_bulk(parts):
                    await answer.write(part)
                await answer.write_eof()
        except TimeoutError:
            log.warning("metrics.reader_too_slow", reader=request.remote)
            if request.transport is not None:
                request.transport.abort()
        return answer

    def _few(self) -> Pieces:
        yield generate_latest(self._registry)


def in_bulk(parts: Iterable[bytes]) -> Iterable[bytes]:
    """Put small parts together, up to what a socket takes at once."""
    heap: list[bytes] = []
    size = 0
    for part in parts:
        if size + len(part) > PART_BYTES and heap:
            yield b"".join(heap)
            heap, size = [], 0
        heap.append(part)
        size += len(part)
    if heap:
        yield b"".join(heap)
