"""After a restart or a lost connection: who is on the line, who has gone, and how each goes on."""
