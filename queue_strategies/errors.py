"""The root of every error a person is meant to read."""

from __future__ import annotations


class CallfloorError(Exception):
    """One clear sentence with the place and the remedy; the command line prints it, without a traceback."""
