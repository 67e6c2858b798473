"""Prometheus's text format for many queues and agents: lines are kept, and only what changed is written."""

from ami_listeners.exposition.family import Family, Kind, Labels, Series, Value
from ami_listeners.exposition.page import Page, Pieces, Source
from ami_listeners.exposition.sheet import Sheet

__all__ = ["Family", "Kind", "Labels", "Page", "Pieces", "Series", "Sheet", "Source", "Value"]
