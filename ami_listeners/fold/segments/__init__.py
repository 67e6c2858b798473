"""What each side of a call does, one thing at a time."""

from __future__ import annotations

from ami_listeners.fold.segments.segment import Segment
from ami_listeners.fold.segments.segments import Segments

__all__ = ["Segment", "Segments"]
