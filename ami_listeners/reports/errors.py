"""What can be wrong with a question, in sentences."""

from __future__ import annotations

from ami_listeners.errors import ListenerError


class QuestionError(ListenerError):
    """A report is asked for that does not make sense."""
