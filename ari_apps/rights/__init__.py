"""Who asks: users and tokens, kept in PostgreSQL with a copy in memory, and the trail of what was asked."""
