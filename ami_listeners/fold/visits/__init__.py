"""Visits to Asterisk's own queues: what app_queue tells, folded into the facts the floor makes of its own."""

from __future__ import annotations

from ami_listeners.fold.visits.visits import Visits

__all__ = ["Visits"]
