"""Supervisors on agents' calls, in Asterisk: their phones, the snoops they hear by, the lines of agents."""
