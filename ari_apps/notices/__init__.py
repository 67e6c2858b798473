"""Telling people of new messages: by mail and by webhook, again until it is done or given up."""
