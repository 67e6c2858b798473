"""Cut Asterisk's manager stream into blocks, and read a block: pure functions of bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping

END_OF_LINE = b"\r\n"
END_OF_BLOCK = b"\r\n\r\n"
GREETING = b"Asterisk Call Manager/"
STAMP = b"\r\nTimestamp: "
STAMPED_WITHIN = 200
"""Only the event's name and what it is about come before its stamp."""
LONGEST_BLOCK = 4 * 1024 * 1024
NOTHING = frozenset({"<unknown>", "<none>"})
"""What Asterisk writes where it has no value."""


class Beginnings(dict[str, bytes]):
    """How the line of a header begins, by the header."""

    def __missing__(self, header: str) -> bytes:
        line = self[header] = f"\r\n{header}: ".encode()
        return line


BEGINNINGS = Beginnings()
"""Of the headers that were asked for so far; their names stand in our code."""


class NotAManagerStream(ValueError):
    """The bytes do not begin as Asterisk's manager does, or a block has no end."""


class Framer:
    """Hold bytes back until a block is whole, so that nothing is decoded in pieces."""

    def __init__(self) -> None:
        self.version: str | None = None
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the blocks that `data` completes, without their ends; one with nothing in it is empty.

        Raises NotAManagerStream when the peer is no manager.
        """
        data = self._rest + data
        if self.version is None:
            data = self._greeted(data)
        *blocks, self._rest = data.split(END_OF_BLOCK)
        if len(self._rest) > LONGEST_BLOCK:
            raise NotAManagerStream("a block without an end")
        return [block if block.startswith(b"Event") else block.lstrip(END_OF_LINE) for block in blocks]

    def _greeted(self, data: bytes) -> bytes:
        line, end, rest = data.partition(END_OF_LINE)
        if not line.startswith(GREETING[: len(line)]) or len(line) > 200:
            raise NotAManagerStream(line[:40].decode("utf-8", "replace"))
        if not end:
            return data
        self.version = line[len(GREETING) :].decode("utf-8", "replace").strip()
        return rest


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


class AmiEvent:
    """One event as Asterisk told it, and when it reached us; what its headers say is asked of it."""

    __slots__ = ("moment", "name")
    __match_args__ = ("name", "moment", "headers")

    name: str
    moment: float

    @property
    def headers(self) -> Mapping[str, str]:
        """Give every header; of a repeated one the last value."""
        raise NotImplementedError

    def sent(self, header: str) -> str:
        """Give the header's value as it was sent, empty when it is missing."""
        raise NotImplementedError

    @property
    def channel(self) -> str:
        """Name the channel that it is told of, by its unique id; empty for none."""
        return self.sent("Uniqueid")

    def find(self, first: str, lines: re.Pattern[bytes]) -> tuple[bytes, ...]:
        """Give the groups of a pattern of lines of which this header's is the first; empty when not found."""
        raise NotImplementedError

    def stamp(self) -> bytes:
        """Give Asterisk's Timestamp, in seconds since 1970, which sorts as it counts; empty without one."""
        raise NotImplementedError

    def lines(self) -> str:
        """Give the whole event, a header a line."""
        raise NotImplementedError

    def text(self, header: str) -> str:
        """Give the header's value; empty when it is missing or Asterisk's `<unknown>` or `<none>`."""
        value = self.sent(header)
        return "" if value in NOTHING else value

    def number(self, header: str) -> int:
        """Give the header's value as a whole number, 0 when it is none."""
        return whole_number(self.sent(header))

    def __str__(self) -> str:
        return f"{self.name} {self.headers}"

    def flag(self, header: str) -> bool:
        """Tell whether the header says yes in one of Asterisk's ways."""
        return self.sent(header).lower() in ("1", "yes", "true")


class ReadEvent(AmiEvent):
    """An event whose headers are read: one of a listing, or of a recording."""

    __slots__ = ("_headers",)

    def __init__(self, name: str, moment: float, headers: Mapping[str, str]) -> None:
        self.name, self.moment, self._headers = name, moment, headers

    @property
    def headers(self) -> Mapping[str, str]:
        """Give every header; of a repeated one the last value."""
        return self._headers

    def sent(self, header: str) -> str:
        """Give the header's value as it was sent, empty when it is missing."""
        return self._headers.get(header, "")

    def find(self, first: str, lines: re.Pattern[bytes]) -> tuple[bytes, ...]:
        """Give the groups of a pattern of lines of which this header's is the first; empty when not found."""
        written = "".join(f"\r\n{name}: {value}" for name, value in self._headers.items()).encode()
        return groups(written, first, lines)

    def stamp(self) -> bytes:
        """Give Asterisk's Timestamp, in seconds since 1970, which sorts as it counts; empty without one."""
        return self._headers.get("Timestamp", "").encode()

    def lines(self) -> str:
        """Give the whole event, a header a line."""
        return "\n".join(f"{name}: {value}" for name, value in self._headers.items())


class Block(AmiEvent):
    """An event as it came; of its twenty headers the two or three that are asked for are looked up."""

    __slots__ = ("_block", "_channel")

    def __init__(self, name: str, moment: float, block: bytes) -> None:
        self.name, self.moment, self._block = name, moment, block
        self._channel: str | None = None

    @property
    def channel(self) -> str:
        """Name the channel that it is told of, by its unique id; empty for none. Everybody asks for it."""
        channel = self._channel
        if channel is None:
            channel = self._channel = self.sent("Uniqueid")
        return channel

    @property
    def headers(self) -> Mapping[str, str]:
        """Give every header; of a repeated one the last value."""
        return read_lines(self._block.decode("utf-8", "replace"))

    def sent(self, header: str) -> str:
        """Give the header's value as it was sent, empty when it is missing; of a repeated one the last."""
        block, line = self._block, BEGINNINGS[header]
        at = block.rfind(line)
        if at >= 0:
            begin = at + len(line)
        elif block.startswith(line[2:]):
            begin = len(line) - 2
        else:
            return ""
        end = block.find(END_OF_LINE, begin)
        return (block[begin:end] if end >= 0 else block[begin:]).decode("utf-8", "replace")

    def find(self, first: str, lines: re.Pattern[bytes]) -> tuple[bytes, ...]:
        """Give the groups of a pattern of lines of which this header's is the first; empty when not found."""
        return groups(self._block, first, lines)

    def stamp(self) -> bytes:
        """Give Asterisk's Timestamp, in seconds since 1970, which sorts as it counts; empty without one."""
        block = self._block
        at = block.find(STAMP, 0, STAMPED_WITHIN)
        return block[at + 13 : at + 30] if at >= 0 else b""  # ten digits, a point and six digits

    def lines(self) -> str:
        """Give the whole event, a header a line."""
        return self._block.decode("utf-8", "replace").replace("\r\n", "\n")


def groups(block: bytes, first: str, lines: re.Pattern[bytes]) -> tuple[bytes, ...]:
    """Give the groups of a pattern at the last line that begins with this header; empty when not found."""
    at = block.rfind(BEGINNINGS[first])
    found = lines.match(block, at) if at >= 0 else None
    return found.groups() if found else ()


def read_lines(lines: str) -> dict[str, str]:
    """Read lines of a name and a value; of a repeated name the last value stays."""
    return dict([line.split(": ", 1) for line in lines.split("\r\n") if ": " in line])


def whole_number(text: str) -> int:
    """Read digits as Asterisk writes them; whatever else is 0."""
    try:
        return int(text)
    except ValueError:
        return 0
