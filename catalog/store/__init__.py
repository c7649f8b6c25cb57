"""The catalog file: its schema, how it is written, opened and read."""
