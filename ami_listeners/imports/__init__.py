"""Import what Asterisk or another system recorded before: the same facts, and so the same figures."""
