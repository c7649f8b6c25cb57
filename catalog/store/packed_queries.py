"""Reads of a whole site's packed signs, and of the chunks they were computed in."""

from catalog.store.reading import Query


def chunks() -> Query:
    """The pieces of the states stage in build order: first_item (a place), items, batch_size."""
    return Query("SELECT first_item, items, batch_size FROM chunk ORDER BY chunk")


def silent_sites() -> Query:
    """Sites where every state of every item is zero: site."""
    return Query("SELECT site FROM dimension GROUP BY site HAVING max(mean_abs) = 0")


def bits_by_item(site: str, threshold: str) -> Query:
    """Packed signs of all items in order: item, bits."""
    return Query(
        "SELECT item, bits FROM signs_by_item WHERE site = ? AND threshold = ? ORDER BY item",
        (site, threshold),
    )


def bits_by_dimension(site: str, threshold: str) -> Query:
    """Packed signs of all dimensions in order: dimension, bits; empty where not stored."""
    return Query(
        """
        SELECT dimension, bits FROM signs_by_dimension
        WHERE site = ? AND threshold = ? ORDER BY dimension
        """,
        (site, threshold),
    )
