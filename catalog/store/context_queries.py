"""Every read of tokens in context: texts, positions, examples of a dimension with their windows.

Catalogs of other readings have these tables too, empty; those of earlier versions do not.
"""

from collections.abc import Sequence

from catalog.store.reading import Query


def source() -> Query:
    """The columns of `corpus`: one row, or none."""
    return Query("SELECT * FROM corpus")


def skipped() -> Query:
    """Texts that could not be read, with the reason."""
    return Query("SELECT name, reason FROM corpus_skipped ORDER BY name")


def documents() -> Query:
    """The columns of `document` in order."""
    return Query("SELECT * FROM document ORDER BY document")


def positions() -> Query:
    """The columns of `position`, all items in order."""
    return Query("SELECT * FROM position ORDER BY item")


def spelled() -> Query:
    """The token of every item as it is spelled, in order: text."""
    return Query("SELECT text FROM position JOIN token USING (token) ORDER BY item")


def tokens() -> Query:
    """The columns of `token`, by number."""
    return Query("SELECT * FROM token ORDER BY token")


def examples(site: str, number: int) -> Query:
    """Examples of a dimension: part, items, values, tints, passed_over; see `example`."""
    return Query(
        """
        SELECT part, items, "values", tints, passed_over FROM example
        WHERE site = ? AND dimension = ? ORDER BY part
        """,
        (site, number),
    )


def windows(items: Sequence[int]) -> Query:
    """Texts around some items, by number.

    item, family, document, name, place, ids (of the whole document as it was read).
    """
    return Query(
        """
        SELECT item, family, document, name, place, ids
        FROM position JOIN document USING (document) JOIN item USING (item)
        WHERE item IN (SELECT unnest(?::INTEGER[])) ORDER BY item
        """,
        (tuple(int(one) for one in items),),
    )


def range_of(site: str, number: int) -> Query:
    """low and high of a dimension's histogram, which tints are codes of."""
    return Query("SELECT low, high FROM dimension WHERE site = ? AND dimension = ?", (site, number))


def poles_of_site(site: str, pole: str) -> Query:
    """Items at one pole of every dimension of a site: dimension, rank, item."""
    return Query("SELECT dimension, rank, item FROM pole WHERE site = ? AND pole = ?", (site, pole))
