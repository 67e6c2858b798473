"""Clients of Asterisk's manager: each logs in and listens until it has heard the last event of a stream."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import panoramisk
import pyami_asterisk
import pystrix
from basicami import BasicAMI
from pydantic import SecretStr

from ami_listeners.clock import Clock
from ami_listeners.connection import Connection
from ami_listeners.fold import INTERESTS, Fold
from ami_listeners.messages import AmiEvent
from ami_listeners.received import Received
from ami_listeners.settings import AmiSettings

HOST, USER, SECRET = "127.0.0.1", "operator", "secret"
LAST = "TheEnd"
"""The name of the stream's last event."""
NEVER_S = 3600

Heard = Counter[str]
"""How often each event was heard, by its name; of ours each fact."""
Client = Callable[[int], Heard]
"""Listens at a port."""


class Lean(asyncio.Protocol):
    """The least that is of use: cut the stream, make a dictionary of every event, look at its name."""

    def __init__(self) -> None:
        self.heard: Heard = Counter()
        self.done = asyncio.get_running_loop().create_future()
        self._rest = b""

    def connection_made(self, transport: Any) -> None:
        """Log in."""
        transport.write(f"Action: Login\r\nUsername: {USER}\r\nSecret: {SECRET}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        """Take events as they come."""
        *blocks, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for block in blocks:
            lines = block.decode("utf-8", "replace").split("\r\n")
            headers = dict([line.split(": ", 1) for line in lines if ": " in line])
            name = headers.get("Event", "")
            self.heard[name] += 1
            if name == LAST:
                self.done.set_result(None)


def lean(port: int) -> Heard:
    """Listen by the lean protocol."""

    async def listen() -> Heard:
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.create_connection(Lean, HOST, port)
        await protocol.done
        transport.close()
        return protocol.heard

    return asyncio.run(listen())


def callfloor(port: int) -> Heard:
    """Listen and fold, as the listener does; what is counted are facts."""
    fold, heard = Fold(), Counter[str]()

    def receive(received: Received) -> None:
        for fact in fold.handle(received):
            heard[type(fact).__name__] += 1

    asyncio.run(connected(port, receive))
    return heard


def callfloor_unfolded(port: int) -> Heard:
    """Listen, but fold nothing; what is counted are the events that are worth folding."""
    heard = Counter[str]()

    def receive(received: Received) -> None:
        heard[type(received).__name__] += 1

    asyncio.run(connected(port, receive))
    return heard


async def connected(port: int, take: Callable[[Received], None]) -> None:
    """Run a connection of ours until the last event."""
    done = asyncio.Event()

    def receive(received: Received) -> None:
        take(received)
        if isinstance(received, AmiEvent) and received.name == LAST:
            done.set()

    settings = AmiSettings(
        host=HOST, port=port, username=USER, secret=SecretStr(SECRET), heartbeat_s=NEVER_S, queue_max=10**9
    )
    interests = {**INTERESTS, LAST.encode(): b""}
    connection = Connection(settings, clock=Clock(), receive=receive, interests=interests)
    running = connection.connect()
    await done.wait()
    connection.close()
    await running


def by_panoramisk(port: int) -> Heard:
    """Listen by panoramisk."""

    async def listen() -> Heard:
        heard: Heard = Counter()
        done = asyncio.Event()

        def hear(_: Any, event: Any) -> None:
            heard[event.event] += 1
            if event.event == LAST:
                done.set()

        manager = panoramisk.Manager(
            loop=asyncio.get_running_loop(), host=HOST, port=port, username=USER, secret=SECRET,
            ping_delay=NEVER_S, reconnect_timeout=NEVER_S,
        )  # fmt: skip
        manager.register_event("*", hear)
        await manager.connect()
        await done.wait()
        manager.close()
        return heard

    return asyncio.run(listen())


def by_pyami_asterisk(port: int) -> Heard:
    """Listen by pyami_asterisk."""

    async def listen() -> Heard:
        heard: Heard = Counter()
        done = asyncio.Event()

        def hear(event: Mapping[str, str]) -> None:
            heard[event["Event"]] += 1
            if event["Event"] == LAST:
                done.set()

        client = pyami_asterisk.AMIClient(
            host=HOST, port=port, username=USER, secret=SECRET, ping_delay=0, reconnect_timeout=0
        )
        client.register_event(["*"], hear)
        listening = asyncio.create_task(client.connect_ami())
        await done.wait()
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        client._writer.close()
        return heard

    return asyncio.run(listen())


def by_basicami(port: int) -> Heard:
    """Listen by basicami."""

    async def listen() -> Heard:
        heard: Heard = Counter()
        client = await BasicAMI.connect(HOST, port, USER, SECRET)
        while not heard[LAST]:
            heard.update([event["Event"] for event in await client.get_events(timeout=10)])
        await client.close()
        return heard

    return asyncio.run(listen())


def by_pystrix(port: int) -> Heard:
    """Listen by pystrix, which reads in one thread and calls back in another."""
    heard: Heard = Counter()
    done = threading.Event()

    def hear(event: Any, _: Any) -> None:
        heard[event.name] += 1
        if event.name == LAST:
            done.set()

    manager = pystrix.ami.Manager()
    manager.register_callback("", hear)
    manager.connect(HOST, port)
    manager.send_action(pystrix.ami.core.Login(USER, SECRET))
    done.wait()
    manager.close()
    return heard


CLIENTS: Mapping[str, Client] = {
    "lean dict": lean,
    "callfloor, to facts": callfloor,
    "callfloor, not folded": callfloor_unfolded,
    "panoramisk": by_panoramisk,
    "pyami_asterisk": by_pyami_asterisk,
    "basicami": by_basicami,
    "pystrix": by_pystrix,
}
