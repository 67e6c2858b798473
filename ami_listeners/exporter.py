"""Show the figures to Prometheus: everything is read when it is scraped, so that nothing can drift."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

Source = Callable[[], Iterable[Metric]]
"""Give metric families as they are now."""


class _Read(Collector):
    def __init__(self, source: Source) -> None:
        self._source = source

    def collect(self) -> Iterable[Metric]:
        return self._source()

    def describe(self) -> Iterable[Metric]:
        """Describe nothing ahead: what there is depends on the floor."""
        return ()


class Exporter:
    """What `/metrics` shows, from any number of sources."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    def add(self, source: Source) -> None:
        """Show what this source gives at every scrape; its families must be its own."""
        self._registry.register(_Read(source))

    def text(self, accept: str = "") -> tuple[bytes, str]:
        """Write everything in the format asked for; returns it with its content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a scrape."""
        body, content_type = self.text(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})
