"""The read behind the tour: a pole that shows what its dimension tells apart."""

from catalog.store.reading import Query

SHOWN = 20
"""Items of a pole that are counted."""


def pole(site: str, threshold: str, background: str) -> Query:
    """The best dimension of a category whose pole holds most of its members; at most one row.

    Columns: category, dimension, pole, held_out (AUC), q, members, shown, first (texts). Small
    categories and dimensions with q >= 0.05 are left out.
    """
    return Query(
        """
        WITH best AS (
          SELECT category, best_dimension AS dimension, best_held_out AS held_out, best_q AS q
          FROM feature
          WHERE site = ? AND threshold = ? AND background = ? AND NOT small AND best_q < 0.05
        ),
        ends AS (
          SELECT dimension, pole, rank, family, text FROM pole JOIN item USING (item)
          WHERE site = ? AND pole IN ('positive', 'negative') AND rank <= ?
        ),
        kin AS (SELECT DISTINCT category, family FROM member JOIN item USING (item))
        SELECT best.category, dimension, ends.pole, held_out, q,
          count(kin.family) AS members, count(*) AS shown, list(text ORDER BY rank)[:6] AS first
        FROM best JOIN ends USING (dimension)
        LEFT JOIN kin ON kin.category = best.category AND kin.family = ends.family
        GROUP BY ALL
        ORDER BY members DESC, held_out DESC, best.category
        LIMIT 1
        """,
        (site, threshold, background, site, SHOWN),
    )
