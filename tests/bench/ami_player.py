"""Play a recorded stream to whoever logs in, from a process of its own: `playing(stream)`."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe

ACTION_ID = re.compile(rb"\r\nActionID: ([^\r]*)", re.IGNORECASE)
WELCOME = b"Response: Success\r\n%sMessage: Authentication accepted\r\n\r\n"


@contextmanager
def playing(greeting: bytes, stream: bytes) -> Iterator[int]:
    """Give a port at which everybody who logs in is played the whole stream, one after the other."""
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        ours.send((greeting, stream))
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def serve(pipe: Pipe) -> None:
    """Take one listener after the other."""
    greeting, stream = pipe.recv()
    with socket.create_server(("127.0.0.1", 0)) as server:
        pipe.send(server.getsockname()[1])
        while True:
            listener, _ = server.accept()
            with listener:
                play(listener, greeting, stream)


def play(listener: socket.socket, greeting: bytes, stream: bytes) -> None:
    """Let a listener log in, play the stream, and wait until the listener goes."""
    listener.sendall(greeting)
    asked = b""
    while b"\r\n\r\n" not in asked:
        asked += listener.recv(4096)
    name = ACTION_ID.search(asked)
    try:
        listener.sendall(WELCOME % (b"ActionID: %s\r\n" % name[1] if name else b"") + stream)
        while listener.recv(4096):
            pass
    except ConnectionError:
        return
