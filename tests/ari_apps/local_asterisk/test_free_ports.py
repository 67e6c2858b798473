from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from ari_apps.local_asterisk.free_ports import LISTENING_PORTS, free_port, is_free


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_that_somebody_has_is_not_free(kind: socket.SocketKind) -> None:
    port = free_port()
    assert is_free("127.0.0.1", port)
    with socket.socket(socket.AF_INET, kind) as somebody:
        somebody.bind(("127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            somebody.listen()
        assert not is_free("127.0.0.1", port)
        assert is_free("127.0.0.2", port)


def test_who_asks_often_gets_another_port_each_time() -> None:
    ports = [free_port() for _ in range(1_000)]
    assert len(set(ports)) == len(ports)
    assert set(ports) <= set(LISTENING_PORTS)


def test_two_programs_that_start_together_are_given_different_ports() -> None:
    """Both go through the few ports that are left, and neither listens anywhere yet."""
    choose = (
        "import itertools; from ari_apps.local_asterisk import free_ports as f;"
        "f._next_ports = itertools.cycle(range(22_000, 22_400));"
        "print(*[f.free_port() for _ in range(100)], flush=True); input()"
    )
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", choose], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    given = [str(program.stdout and program.stdout.readline()).split() for program in programs]
    for program in programs:
        program.communicate("\n")
    assert len(given[0]) == len(given[1]) == 100
    assert not set(given[0]) & set(given[1])
