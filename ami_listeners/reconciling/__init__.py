"""Hold what was heard of calls against what Asterisk itself recorded of them."""
