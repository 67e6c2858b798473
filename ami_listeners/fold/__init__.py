"""Fold what Asterisk tells into facts: its calls, its phones, and its own queues, in the floor's words."""

from ami_listeners.fold.believed import Believed
from ami_listeners.fold.fold import Fold
from ami_listeners.fold.interests import INTERESTS, interests
from ami_listeners.fold.interfaces import agent_of

__all__ = ["INTERESTS", "Believed", "Fold", "agent_of", "interests"]
