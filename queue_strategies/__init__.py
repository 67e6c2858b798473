"""Decide who talks to whom: the pure core of callfloor, on the standard library alone."""
