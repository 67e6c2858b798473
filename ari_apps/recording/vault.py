"""Keep a file so that only who has the key can read it, from any place in it on.

AES-256-GCM (NIST SP 800-38D) over pieces of 64 KiB, each with a nonce of its own and bound to its place by
it, the last one marked (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015): a piece
that is changed, moved, left out or cut off is noticed. The head names the key, not itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from queue_strategies.errors import CallfloorError

MAGIC = b"callfl\x01\n"
PIECE = 64 * 1024
TAG = 16
KEY_NAME = 8
PREFIX = 7
"""Of the nonce, by chance for every file; four bytes of the piece's number follow, and one for the last."""
HEAD = len(MAGIC) + KEY_NAME + PREFIX


class UnreadableRecordingError(CallfloorError):
    """A recording cannot be read with the keys there are, or is not as it was kept."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key made of a secret, and the name by which files tell that they need it."""

    name: str
    cipher: AESGCM

    @classmethod
    def of(cls, secret: str) -> Key:
        """Make the key of a secret that was made by chance."""
        key = sha256(b"callfloor recordings\0" + secret.encode()).digest()
        return cls(sha256(key).hexdigest()[:KEY_NAME], AESGCM(key))


def lock(plain: Path, to: BinaryIO, key: Key) -> None:
    """Write a file encrypted; raises OSError."""
    head = MAGIC + key.name.encode() + os.urandom(PREFIX)
    to.write(head)
    left, number = plain.stat().st_size, 0
    with plain.open("rb") as file:
        while True:
            piece = file.read(PIECE)
            left -= len(piece)
            to.write(key.cipher.encrypt(nonce(head, number, last=left <= 0), piece, head))
            number += 1
            if left <= 0:
                return


def nonce(head: bytes, number: int, *, last: bool) -> bytes:
    """Give the nonce of a piece."""
    return head[-PREFIX:] + number.to_bytes(4) + bytes([last])


class Kept:
    """A kept file, encrypted or not; reading may take long, do it in a thread."""

    def __init__(self, path: Path, key: Key) -> None:
        self._path = path
        self._key = key
        with path.open("rb") as file:
            self._head = file.read(HEAD)
        self.encrypted = self._head.startswith(MAGIC)
        stored = path.stat().st_size
        if self.encrypted:
            self._cipher()
            pieces = -(-(stored - HEAD) // (PIECE + TAG))
            self._pieces, self.size = pieces, stored - HEAD - pieces * TAG
        else:
            self.size = stored

    def _cipher(self) -> AESGCM:
        named = self._head[len(MAGIC) : len(MAGIC) + KEY_NAME].decode("ascii", "replace")
        if self._key.name != named:
            raise UnreadableRecordingError(
                f"{self._path.name}: was encrypted with the key {named}, which is not that of the secret "
                "`recordings`; put the secret back that it was kept with"
            )
        return self._key.cipher

    def read(self, begin: int, end: int) -> bytes:
        """Read from one place up to another; raises UnreadableRecordingError, OSError."""
        end = min(end, self.size)
        if begin >= end:
            return b""
        if not self.encrypted:
            with self._path.open("rb") as file:
                file.seek(begin)
                return file.read(end - begin)
        first, last = begin // PIECE, (end - 1) // PIECE
        content = b"".join(self._pieces_of(first, last))
        return content[begin - first * PIECE : end - first * PIECE]

    def _pieces_of(self, first: int, last: int) -> Iterator[bytes]:
        cipher = self._cipher()
        with self._path.open("rb") as file:
            file.seek(HEAD + first * (PIECE + TAG))
            for number in range(first, last + 1):
                piece, is_last = file.read(PIECE + TAG), number == self._pieces - 1
                try:
                    yield cipher.decrypt(nonce(self._head, number, last=is_last), piece, self._head)
                except InvalidTag:
                    raise UnreadableRecordingError(
                        f"{self._path.name}: is not as it was kept from byte {number * PIECE} on"
                    ) from None
