"""The read of the readings that were tried before a build."""

from catalog.store.reading import Query


def reading_trials() -> Query:
    """The readings that were tried, simplest first."""
    return Query("SELECT * FROM reading_trial ORDER BY position")
