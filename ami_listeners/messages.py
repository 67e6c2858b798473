"""Cut Asterisk's manager stream into blocks, and read a block: pure functions of bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

END_OF_LINE = b"\r\n"
END_OF_BLOCK = b"\r\n\r\n"
GREETING = b"Asterisk Call Manager/"
LONGEST_BLOCK = 4 * 1024 * 1024


class NotAManagerStream(ValueError):
    """The bytes do not begin as Asterisk's manager does, or a block has no end."""


class Framer:
    """Hold bytes back until a block is whole, so that nothing is decoded in pieces."""

    def __init__(self) -> None:
        self.version: str | None = None
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the blocks that `data` completes, without their ends.

        Raises NotAManagerStream when the peer is no manager.
        """
        data = self._rest + data
        if self.version is None:
            data = self._greeted(data)
        *blocks, self._rest = data.split(END_OF_BLOCK)
        if len(self._rest) > LONGEST_BLOCK:
            raise NotAManagerStream("a block without an end")
        return [block for block in (block.lstrip(END_OF_LINE) for block in blocks) if block]

    def _greeted(self, data: bytes) -> bytes:
        line, end, rest = data.partition(END_OF_LINE)
        if not line.startswith(GREETING[: len(line)]) or len(line) > 200:
            raise NotAManagerStream(line[:40].decode("utf-8", "replace"))
        if not end:
            return data
        self.version = line[len(GREETING) :].decode("utf-8", "replace").strip()
        return rest


def event_name(block: bytes) -> str | None:
    """Return the event's name, or None when the block is a response; cheap enough for every block."""
    if not block.startswith(b"Event: "):
        return None
    end = block.find(END_OF_LINE)
    return block[7 : end if end >= 0 else len(block)].decode("utf-8", "replace")


def headers_of(block: bytes) -> dict[str, str | list[str]]:
    """Read a block's headers as sent; a repeated header becomes a list, an empty value stays."""
    headers: dict[str, str | list[str]] = {}
    for line in block.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon:
            continue
        value = value[1:] if value.startswith(" ") else value
        known = headers.get(name)
        if known is None:
            headers[name] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            headers[name] = [known, value]
    return headers


@dataclass(frozen=True, slots=True)
class AmiEvent:
    """One event as Asterisk told it, and when it reached us."""

    name: str
    moment: float
    headers: Mapping[str, str]

    def text(self, header: str) -> str:
        """Give the header's value; empty when it is missing or Asterisk's `<unknown>` or `<none>`."""
        value = self.headers.get(header, "")
        return "" if value in ("<unknown>", "<none>") else value

    def number(self, header: str) -> int:
        """Give the header's value as a whole number, 0 when it is none."""
        return whole_number(self.headers.get(header, ""))

    def flag(self, header: str) -> bool:
        """Tell whether the header says yes in one of Asterisk's ways."""
        return self.headers.get(header, "").lower() in ("1", "yes", "true")


def whole_number(text: str) -> int:
    """Read digits as Asterisk writes them; whatever else is 0."""
    try:
        return int(text)
    except ValueError:
        return 0


def read_event(block: bytes, moment: float) -> AmiEvent:
    """Read an event's block; of a repeated header the last value stays."""
    lines = block.decode("utf-8", "replace").split("\r\n")
    headers = dict([line.split(": ", 1) for line in lines if ": " in line])
    return AmiEvent(headers.get("Event", ""), moment, headers)
