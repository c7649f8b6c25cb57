"""The first page, and the tour."""
