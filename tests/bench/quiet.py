"""Keep what callfloor logs out of the tables."""

from __future__ import annotations

import logging

import structlog


def be_quiet() -> None:
    """Log what is amiss, and nothing else."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
