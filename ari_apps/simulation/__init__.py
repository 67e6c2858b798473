"""Simulated days of a configured floor: where their callers come from, what is compared, how it is shown."""
