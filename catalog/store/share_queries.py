"""Bulk reads behind exports and sites: a block of dimensions at a time, never a whole site."""

from catalog.store.reading import Query

BLOCK = 256
"""Dimensions of a block."""


def dimensions(site: str, threshold: str, first: int) -> Query:
    """A block of dimensions in order: the columns of `dimension` and `dimension_sign`."""
    return Query(
        """
        SELECT * FROM dimension JOIN dimension_sign USING (site, dimension)
        WHERE site = ? AND threshold = ? AND dimension >= ? AND dimension < ?
        ORDER BY dimension
        """,
        (site, threshold, first, first + BLOCK),
    )


def poles(site: str, first: int, most: int = 1000) -> Query:
    """The first `most` items at each pole of a block: dimension, pole, rank, item, value, text."""
    return Query(
        """
        SELECT dimension, pole, rank, item, value, text FROM pole JOIN item USING (item)
        WHERE site = ? AND dimension >= ? AND dimension < ? AND rank <= ?
        ORDER BY dimension, pole, rank
        """,
        (site, first, first + BLOCK, most),
    )


def pole_lists(site: str, threshold: str, first: int, most: int) -> Query:
    """The first `most` items at each pole and near the threshold of a block, by dimension and pole.

    Columns: dimension, pole (positive, negative, near), items, texts, values: lists by rank.
    """
    return Query(
        """
        SELECT dimension, if(pole IN ('positive', 'negative'), pole, 'near') AS pole,
          list(item ORDER BY rank) AS items, list(text ORDER BY rank) AS texts,
          list(value ORDER BY rank) AS values
        FROM pole JOIN item USING (item)
        WHERE site = ? AND dimension >= ? AND dimension < ?
          AND pole IN ('positive', 'negative', 'near ' || ?) AND rank <= ?
        GROUP BY ALL
        """,
        (site, first, first + BLOCK, threshold, most),
    )


def readers(site: str, threshold: str, background: str, first: int) -> Query:
    """Categories that a block of dimensions tells: dimension, category, sign, auc, q; best first.

    At most 12 of a dimension.
    """
    return Query(
        """
        SELECT dimension, category, sign, auc, q FROM feature_dimension
        WHERE site = ? AND threshold = ? AND background = ?
          AND dimension >= ? AND dimension < ?
        QUALIFY row_number() OVER (
          PARTITION BY dimension ORDER BY abs(auc - 0.5) DESC, category) <= 12
        ORDER BY dimension, abs(auc - 0.5) DESC, category
        """,
        (site, threshold, background, first, first + BLOCK),
    )


def prototypes(threshold: str, background: str, site: str) -> Query:
    """Signed dimensions of every feature of a site with its mean |x|, by category and number."""
    return Query(
        """
        SELECT category, dimension, sign, auc, q, mean_abs
        FROM feature_dimension JOIN dimension USING (site, dimension)
        WHERE threshold = ? AND background = ? AND site = ?
        ORDER BY category, dimension
        """,
        (threshold, background, site),
    )


def measured_sites(threshold: str, background: str) -> Query:
    """Sites with features, in order: site, dims, features."""
    return Query(
        """
        SELECT site, any_value(dims) AS dims, count(*) AS features
        FROM feature JOIN site USING (site)
        WHERE threshold = ? AND background = ?
        GROUP BY site, position ORDER BY position
        """,
        (threshold, background),
    )


def by_site(threshold: str, background: str) -> Query:
    """Categories with a verdict at each site: quartiles of their AUC, and of their nulls.

    Columns: site, position, categories, auc_q25, auc, auc_q75, null_p95 (medians; NULL where no
    null was drawn), best_held_out (mean of single dimensions), above (share with q < 0.05).
    """
    return Query(
        """
        SELECT site, position, count(*) AS categories,
          quantile_cont(auc, 0.25) AS auc_q25, median(auc) AS auc,
          quantile_cont(auc, 0.75) AS auc_q75,
          median(null_p95) AS null_p95, avg(best_held_out) AS best_held_out,
          avg((q < 0.05)::INTEGER) AS above
        FROM feature JOIN site USING (site)
        WHERE threshold = ? AND background = ? AND NOT small
        GROUP BY site, position ORDER BY position
        """,
        (threshold, background),
    )


def best_dimensions(site: str, threshold: str, background: str, most: int) -> Query:
    """Dimensions that tell a category best, held out, one category each, the best first.

    Columns: dimension, category, sign, held_out, in_sample, q, share_positive, value, histogram,
    low, high, positive and negative (the first 8 texts of each pole). Only q < 0.05, none small.
    """
    return Query(
        """
        WITH best AS (
          SELECT best_dimension AS dimension, category, best_held_out AS held_out,
            best_in_sample AS in_sample, best_q AS q
          FROM feature
          WHERE site = ? AND threshold = ? AND background = ? AND NOT small AND best_q < 0.05
          QUALIFY row_number() OVER (
            PARTITION BY best_dimension ORDER BY best_held_out DESC, category) = 1
        ),
        ends AS (
          SELECT dimension,
            list(text ORDER BY rank) FILTER (pole = 'positive') AS positive,
            list(text ORDER BY rank) FILTER (pole = 'negative') AS negative
          FROM pole JOIN item USING (item)
          WHERE site = ? AND rank <= 8 GROUP BY dimension
        )
        SELECT dimension, best.category, f.sign, held_out, in_sample, best.q, share_positive, value,
          histogram, low, high, positive, negative
        FROM best JOIN ends USING (dimension)
        JOIN dimension AS d ON d.site = ? AND d.dimension = best.dimension
        JOIN dimension_sign AS g
          ON g.site = d.site AND g.threshold = ? AND g.dimension = d.dimension
        LEFT JOIN feature_dimension AS f ON f.site = d.site AND f.threshold = g.threshold
          AND f.background = ? AND f.category = best.category AND f.dimension = d.dimension
        ORDER BY held_out DESC, dimension LIMIT ?
        """,
        (site, threshold, background, site, site, threshold, background, most),
    )


def prototype_lists(threshold: str, background: str) -> Query:
    """Signed dimensions of every feature, a row each: category, site, dimensions, signs (lists)."""
    return Query(
        """
        SELECT category, site, list(dimension ORDER BY dimension) AS dimensions,
          list(sign ORDER BY dimension) AS signs
        FROM feature_dimension WHERE threshold = ? AND background = ? GROUP BY ALL
        """,
        (threshold, background),
    )


def member_lists() -> Query:
    """Members of every category in the order of its list: category, items, words (lists)."""
    return Query(
        "SELECT category, list(item ORDER BY rowid) AS items, list(word ORDER BY rowid) AS words "
        "FROM member GROUP BY category"
    )
