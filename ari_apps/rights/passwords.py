"""Passwords: kept as argon2id alone, and compared beside the event loop, a few at a time."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.profiles import RFC_9106_LOW_MEMORY

AT_ONCE = 2
"""Each takes 64 MiB and a processor for some hundredths of a second, which calls need too."""
WAITS_S = 5.0
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$SSFpwsp0cIrl5Su2OiCe7Q$K9M/leVZCqAHMRSq8CZnoRGsBIJLfmFl8nfRK9Xpgkg"
"""Of a password that was made up and forgotten, so that whoever is not there takes as long as who is."""


class Passwords:
    """Hash and compare passwords, with the parameters of RFC 9106 for little memory."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def hashed(self, password: str) -> str:
        """Return what is kept of a password; raises TimeoutError when too many are at it."""
        async with asyncio.timeout(WAITS_S), self._turn:
            return await asyncio.to_thread(self._hasher.hash, encoded(password))

    async def right(self, kept: str | None, password: str) -> bool:
        """Tell whether a password is the one that is kept; as long for nobody's. Raises TimeoutError."""
        async with asyncio.timeout(WAITS_S), self._turn:
            return await asyncio.to_thread(self._compare, kept or NOBODYS, password) and kept is not None

    def outdated(self, kept: str) -> bool:
        """Tell whether a hash was made by other parameters than one would be made by today."""
        return self._hasher.check_needs_rehash(kept)

    def _compare(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, encoded(password))
        except (Argon2Error, InvalidHashError):
            return False


def encoded(password: str) -> bytes:
    """Write a password as the bytes that are hashed."""
    return password.encode("utf-8", "surrogatepass")
