"""Keep the terminal for the picture: logs go to files, and at the end somebody reads them."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

TROUBLE = ("warning", "error", "critical")
BAD_LINES = re.compile(r"\b(?:WARNING|ERROR|FATAL|PANIC)(?:\[|:)|level='(?:warning|error|critical)'")
"""As Asterisk, PostgreSQL and callfloor write them."""


class Logs:
    """The log files of a showing, and where in those that others began its own part begins."""

    def __init__(self, new: Iterable[Path], kept: Path) -> None:
        self._new = tuple(new)
        """Written anew by each showing."""
        self._kept = kept
        """A folder of logs that go on from showing to showing."""
        self._begins = {path: path.stat().st_size for path in kept.glob("*.log")}

    def bad_lines(self) -> dict[Path, list[str]]:
        """Read all; return the warnings and errors of those that have any."""
        paths = [*self._new, *sorted(self._kept.glob("*.log"))]
        found = {path: bad_lines(path, self._begins.get(path, 0)) for path in paths if path.exists()}
        return {path: lines for path, lines in found.items() if lines}


def bad_lines(path: Path, begin: int) -> list[str]:
    """Read the warnings and errors of a log from here on; all of it when it was begun anew meanwhile."""
    with path.open("rb") as file:
        file.seek(begin if path.stat().st_size >= begin else 0)
        lines = file.read().decode(errors="replace").splitlines()
    return [line for line in lines if BAD_LINES.search(line)]


class Trouble(logging.Handler):
    """Counts what callfloor itself logs at WARNING and above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.counts: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record of Python's own logging."""
        self.counts["warning" if record.levelno < logging.ERROR else "error"] += 1

    def note(self, _logger: object, level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Count an event of structlog, as one of its processors."""
        if level in TROUBLE:
            self.counts["warning" if level == "warning" else "error"] += 1
        return event


@contextmanager
def logging_to(path: Path) -> Iterator[Trouble]:
    """Log everything to a file for as long as the context is open."""
    trouble = Trouble()
    with path.open("w", encoding="utf-8", buffering=1) as file:
        stream = logging.StreamHandler(file)
        stream.setFormatter(logging.Formatter("%(asctime)s %(levelname)s: %(name)s %(message)s"))
        handlers: tuple[logging.Handler, ...] = (stream, trouble)
        for handler in handlers:
            logging.getLogger().addHandler(handler)
        structlog.configure(
            processors=[
                structlog.contextvars.merge_contextvars,
                structlog.processors.add_log_level,
                trouble.note,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            logger_factory=structlog.PrintLoggerFactory(file),
        )
        try:
            yield trouble
        finally:
            for handler in handlers:
                logging.getLogger().removeHandler(handler)
            structlog.reset_defaults()
