"""Where the callers' sound goes: nobody listens, the kernel counts."""

from __future__ import annotations

import socket
from pathlib import Path
from types import TracebackType
from typing import Self


class Ears:
    """A UDP port that is never read: packets beyond its small buffer are dropped, and counted at no cost."""

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        self._socket.bind(("127.0.0.1", 0))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    @property
    def port(self) -> int:
        """Give the port."""
        return int(self._socket.getsockname()[1])

    def heard(self) -> int:
        """Count the packets that came; the first few of all fill the buffer and are not in it."""
        wanted = f":{self.port:04X}"
        for line in Path("/proc/net/udp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(wanted):
                return int(fields[-1])
        return 0
