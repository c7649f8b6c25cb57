"""Everything people make: labels, queues, tests, saved runs. SQLite or PostgreSQL, append-only."""
