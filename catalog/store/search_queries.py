"""Every read of the search box, besides `queries.find_items`."""

from catalog.store.reading import Query

MOST = 200
"""Rows that a search reads of each kind."""


def categories() -> Query:
    """Categories that were measured: category, description, status."""
    return Query(
        "SELECT category, description, status FROM category "
        "WHERE status <> 'skipped' ORDER BY category"
    )


def members(wanted: str) -> Query:
    """Members of measured categories by word or family: category, word, asked.

    Their word contains `wanted`, or it belongs to their family.

    asked: the word itself, or another token of its family (Dogs finds dog).
    """
    return Query(
        f"""
        WITH asked AS (SELECT lower(?) AS q),
        meant AS (SELECT DISTINCT family FROM item, asked WHERE item.word = q)
        SELECT category, word, lower(word) = q OR item IN (FROM meant) AS asked
        FROM member JOIN category USING (category), asked
        WHERE status <> 'skipped' AND (contains(lower(word), q) OR item IN (FROM meant))
        ORDER BY asked DESC, length(word), category, word
        LIMIT {MOST}
        """,
        (wanted.strip(),),
    )


def discovered(wanted: str) -> Query:
    """Unsupervised features by name, seed or nearest category: name, site, seed, category."""
    return Query(
        f"""
        WITH asked AS (SELECT lower(?) AS wanted)
        SELECT name, site, text AS seed, category
        FROM discovered JOIN item ON item.item = seed_item, asked
        WHERE contains(name, wanted) OR contains(lower(text), wanted)
          OR contains(replace(category, '_', ' '), replace(wanted, '_', ' '))
        ORDER BY auc DESC, name
        LIMIT {MOST}
        """,
        (wanted.strip(),),
    )
