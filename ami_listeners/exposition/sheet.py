"""The lines of many things, metric by metric, kept until a thing is told anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from ami_listeners.exposition.family import Family, Value, written

T = TypeVar("T")
Key = tuple[str, ...]
STEP = 256
"""So many things are put together at once."""
THING, NEXT = "\0", "\x1e"
"""In the template: where a line names the thing, and where the lines of another metric begin."""
ABSENT = b" None\n"


class Sheet(Generic[T]):
    """Metrics that name their things alike.

    `labels` are the names of these labels, a key their values. What is kept of a thing are its finished
    lines, so that a scrape puts them together and writes none.
    """

    def __init__(self, labels: Sequence[str], families: Iterable[Family[T]]) -> None:
        self._labels, self._families = tuple(labels), tuple(families)
        self._template = NEXT.join(family.template(THING) for family in self._families)
        self._rows: dict[Key, tuple[bytes, ...]] = {}
        """The lines of each thing, metric by metric."""

    def __contains__(self, key: Key) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def keys(self) -> Iterable[Key]:
        """Name the things."""
        return self._rows.keys()

    def tell(self, key: Key, thing: T) -> None:
        """Write a thing's lines."""
        named = ",".join(map(written, zip(self._labels, key, strict=True)))
        labels = named.replace("%", "%%").replace(NEXT, "\N{REPLACEMENT CHARACTER}")
        values: list[Value] = []
        for family in self._families:
            values += family.values(thing)
        text = self._template.replace(THING, labels) % tuple(values)
        row = tuple(
            text.encode().split(NEXT.encode())
        )  # no list: the garbage collector looks at those for ever
        self._rows[key] = tuple(map(present, row)) if None in values else row

    def drop(self, key: Key) -> None:
        """Tell of a thing no more."""
        self._rows.pop(key, None)

    def pieces(self) -> Iterator[bytes]:
        """Give the text, piece by piece; all of it is of the moment at which the first is taken."""
        rows = list(self._rows.values())
        for place, family in enumerate(self._families):
            yield family.head
            for start in range(0, len(rows), STEP):
                yield b"".join([row[place] for row in rows[start : start + STEP]])


def present(lines: bytes) -> bytes:
    """Take out the lines of values that are not there."""
    if ABSENT not in lines:
        return lines
    return b"".join(line for line in lines.splitlines(keepends=True) if not line.endswith(ABSENT))
