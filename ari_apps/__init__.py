"""Act: talk ARI to Asterisk and HTTP to people."""
