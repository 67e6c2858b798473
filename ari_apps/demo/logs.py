"""Keep the terminal for the picture: logs go to files, and at the end somebody reads them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

ERRORS = re.compile(r"\b(?:ERROR|FATAL|PANIC)(?:\[|:)|level='(?:error|critical)'")
WARNINGS = re.compile(r"\bWARNING(?:\[|:)|level='warning'")
"""As Asterisk, PostgreSQL and callfloor write them."""
ORDINARY = re.compile(r"res_stasis_playback\.c: .*: Playback failed for")
"""A caller hung up while a prompt was played, which Asterisk cannot tell from a fault; that of a missing or
broken file is warned of before it, by whatever reads files."""


@dataclass(frozen=True, slots=True)
class Bad:
    """What is wrong in one log."""

    path: Path
    errors: tuple[str, ...]
    warnings: tuple[str, ...]


class Logs:
    """Log files, and where in each that is there already the new part begins."""

    def __init__(self, files: Iterable[Path], folder: Path) -> None:
        self._files = tuple(files)
        self._folder = folder
        """Of more of them, whose names are not known before."""
        self._begins = {path: path.stat().st_size for path in self._paths()}

    def _paths(self) -> list[Path]:
        return [path for path in [*self._files, *sorted(self._folder.glob("*.log"))] if path.exists()]

    def bad(self) -> list[Bad]:
        """Read all; return those with errors or warnings."""
        found = [look(path, self._begins.get(path, 0)) for path in self._paths()]
        return [one for one in found if one.errors or one.warnings]


def look(path: Path, begin: int) -> Bad:
    """Read a log from here on; all of it when it was cut meanwhile."""
    with path.open("rb") as file:
        file.seek(begin if path.stat().st_size >= begin else 0)
        lines = file.read().decode(errors="replace").splitlines()
    told = [line for line in lines if not ORDINARY.search(line)]
    return Bad(path, tuple(filter(ERRORS.search, told)), tuple(filter(WARNINGS.search, told)))


class Trouble(logging.Handler):
    """Counts the errors that callfloor itself logs."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors_total = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record of Python's own logging."""
        self.errors_total += 1

    def note(self, _logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Count an event of structlog, as one of its processors."""
        self.errors_total += method in ("error", "critical", "exception")
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
