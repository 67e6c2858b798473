"""Whom an agent consults, and what becomes of that when the agent leaves."""

from __future__ import annotations

from dataclasses import dataclass

from ari_apps.destinations import Destination
from ari_apps.reaching import Attempt, Reached


@dataclass(slots=True)
class ThirdParty:
    """Whom the agent consults: sought while `met` is None."""

    attempt: Attempt
    to: Destination
    met: Reached | None = None


@dataclass(slots=True)
class StillWaiting:
    """The agent has left while the third party was still sought: the customer waits for that one now."""

    attempt: Attempt
    to: Destination
