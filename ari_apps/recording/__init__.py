"""Recording: both sides of a customer's line, from the first talk that is to be recorded to the goodbye."""
