"""A wire between a client and Asterisk's manager that can cut, freeze and split; it invents nothing."""

from __future__ import annotations

import asyncio
import itertools
from types import TracebackType


class Wire:
    """Listen on a port of its own, and carry bytes to and from the manager."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.target = (host, port)
        self.sent = b""
        """All that clients sent, over all connections."""
        self.connects = 0
        self.split_inside: list[bytes] = []
        """What Asterisk says is put on the wire in two segments, cut in the middle of these."""
        self._frozen = asyncio.Event()
        self._frozen.set()
        self._deaf = False
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Wire:
        await self.open()
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def open(self) -> None:
        """Listen, again on the same port if there was one."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", getattr(self, "port", 0))

    def close(self) -> None:
        """Break every connection and listen no more."""
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """Break every connection; new ones are taken."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def freeze(self) -> None:
        """Carry nothing more, and break nothing: a peer that hangs."""
        self._frozen.clear()

    def thaw(self) -> None:
        """Carry again."""
        self._frozen.set()

    def swallow(self) -> None:
        """Take what clients send and carry it no further."""
        self._deaf = True

    def hear(self) -> None:
        """Carry again what clients send."""
        self._deaf = False

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connects += 1
        far_reader, far_writer = await asyncio.open_connection(*self.target)
        self._writers += [writer, far_writer]
        for task in (
            asyncio.create_task(self._upstream(reader, far_writer)),
            asyncio.create_task(self._downstream(far_reader, writer)),
        ):
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _upstream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._frozen.wait()
                self.sent += data
                if not self._deaf:
                    writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()

    async def _downstream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._frozen.wait()
                for piece in self._pieces(data):
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.05 if self.split_inside else 0)
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()

    def _pieces(self, data: bytes) -> list[bytes]:
        cuts = sorted(place + len(mark) // 2 for mark in self.split_inside if (place := data.find(mark)) >= 0)
        edges = [0, *cuts, len(data)]
        return [data[a:b] for a, b in itertools.pairwise(edges)]
