"""The read behind the list of dimensions: what stands at both ends of each, and what it tells."""

from collections.abc import Sequence

from catalog.store.reading import Query

SHOWN = 3
"""Texts of each end, of as many families: `sh`, `Sh` and `SH` would tell one thing three times."""
_TEXTS = {False: "item", True: "(SELECT item, text FROM position JOIN token USING (token))"}
"""Where an item's text stands: in context the token alone, without its window."""


def ends(
    site: str,
    threshold: str,
    background: str,
    dimensions: Sequence[int],
    contextual: bool = False,
) -> Query:
    """First texts of both poles, one a family, and the category that each dimension tells best.

    `contextual`: whether items are positions of texts; each is then its token, as it is spelled.

    Columns: dimension, positive and negative (lists of texts), best, best_sign, best_auc (of the
    sign alone, on the anchors), best_q; these are NULL where no feature registers it. A row for
    each dimension that has poles, in the order of its number.
    """
    wanted = tuple(int(number) for number in dimensions)
    return Query(
        f"""
        WITH asked AS (SELECT unnest(?::INTEGER[]) AS dimension),
        firsts AS (
          SELECT dimension, pole, rank, item
          FROM pole JOIN asked USING (dimension) JOIN item USING (item) WHERE site = ?
          QUALIFY row_number() OVER (PARTITION BY dimension, pole, family ORDER BY rank) = 1
        ),
        shown AS (
          SELECT * FROM firsts
          QUALIFY row_number() OVER (PARTITION BY dimension, pole ORDER BY rank) <= ?
        ),
        ends AS (
          SELECT dimension,
            list(text ORDER BY rank) FILTER (pole = 'positive') AS positive,
            list(text ORDER BY rank) FILTER (pole = 'negative') AS negative
          FROM shown JOIN {_TEXTS[contextual]} USING (item) GROUP BY dimension
        ),
        told AS (
          SELECT dimension, arg_max(category, abs(auc - 0.5)) AS best,
            arg_max(sign, abs(auc - 0.5)) AS best_sign, arg_max(auc, abs(auc - 0.5)) AS best_auc,
            arg_max(q, abs(auc - 0.5)) AS best_q
          FROM feature_dimension JOIN asked USING (dimension)
          WHERE site = ? AND threshold = ? AND background = ? GROUP BY dimension
        )
        SELECT dimension, positive, negative, best, best_sign, best_auc, best_q
        FROM ends LEFT JOIN told USING (dimension) ORDER BY dimension
        """,
        (wanted, site, SHOWN, site, threshold, background),
    )
