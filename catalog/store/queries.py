"""Every read of a catalog: each function makes a Query for `reading.fetch`.

A Query's text can be pasted into any DuckDB session that uses the file. Values are bound; sort
orders come from a fixed table; no SQL is made from data.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.store.reading import Query, Value


def build() -> Query:
    """The one row of `build`, with the number of items."""
    return Query("SELECT *, (SELECT count(*) FROM item) AS items FROM build")


def sites() -> Query:
    """Every site in order, absent ones with their reason: the columns of `site`."""
    return Query("SELECT * FROM site ORDER BY position")


def site(name: str) -> Query:
    """The row of one site that was read; none where it is absent or unknown."""
    return Query("SELECT * FROM site WHERE site = ? AND dims IS NOT NULL", (name,))


def site_summary() -> Query:
    """Per site and threshold: dims, degenerate, mean entropy (bits), mean |value|, stability."""
    return Query(
        """
        SELECT s.site, s.position, s.dims, s.degenerate, g.threshold,
          avg(g.entropy_bits) AS entropy_bits, avg(d.mean_abs) AS mean_abs,
          avg(g.stability) AS stability, avg(g.chance) AS chance
        FROM site AS s
        JOIN dimension_sign AS g USING (site)
        JOIN dimension AS d USING (site, dimension)
        GROUP BY ALL
        ORDER BY s.position, g.threshold
        """
    )


def tables() -> Query:
    """Tables of the catalog: table, rows (as estimated by DuckDB), comment."""
    return Query(
        """
        SELECT table_name AS "table", estimated_size AS rows, comment
        FROM duckdb_tables()
        WHERE database_name = current_database()
        ORDER BY table_oid
        """
    )


def columns() -> Query:
    """Columns of the catalog in order: table, column, type, comment."""
    return Query(
        """
        SELECT table_name AS "table", column_name AS "column", data_type AS type, comment
        FROM duckdb_columns()
        WHERE database_name = current_database()
        ORDER BY table_oid, column_index
        """
    )


SORTS: dict[str, str] = {
    "dimension": "dimension",
    "share_positive": "share_positive",
    "balance": "abs(share_positive - 0.5)",
    "entropy_bits": "entropy_bits",
    "mean": "mean",
    "std": "std",
    "mean_abs": "mean_abs",
    "skew": "abs(mean) / nullif(std, 0)",
    "stability": "stability",
    "kappa": "kappa",
    "frequency": "abs(frequency_auc - 0.5)",
    "length": "abs(length_auc - 0.5)",
}
"""What dimensions can be sorted by: name to expression."""


@dataclass(frozen=True)
class Filter:
    """Which dimensions of a site to list; all of them by default."""

    share_low: float = 0.0
    share_high: float = 1.0
    magnitude_low: float = 0.0
    """Least mean |value|, in the units of the state."""
    without: tuple[int, ...] = ()
    """Dimensions left out (those that people have labelled)."""
    apart: float = 0.5
    """Largest distance from 1/2 of the AUC against frequency and of that against length."""


_LISTED = """
FROM dimension JOIN dimension_sign USING (site, dimension)
WHERE site = ? AND threshold = ?
  AND share_positive BETWEEN ? AND ? AND mean_abs >= ?
  AND NOT list_contains(CAST(? AS INTEGER[]), dimension)
  AND coalesce(greatest(abs(frequency_auc - 0.5), abs(length_auc - 0.5)) <= ?, true)
"""


def _filtered(site: str, threshold: str, where: Filter) -> tuple[Value, ...]:
    low, high = where.share_low, where.share_high
    return site, threshold, low, high, where.magnitude_low, where.without, where.apart


def count_dimensions(site: str, threshold: str, where: Filter) -> Query:
    """Number of dimensions the filter keeps: one row, column `dimensions`."""
    return Query(
        "SELECT count(*) AS dimensions" + _LISTED,
        _filtered(site, threshold, where),
    )


def dimensions(
    site: str,
    threshold: str,
    where: Filter,
    sort: str = "dimension",
    descending: bool = False,
    limit: int = 50,
    offset: int = 0,
) -> Query:
    """One page of a site's dimensions; `sort` is a key of SORTS (else KeyError)."""
    direction = "DESC" if descending else "ASC"
    return Query(
        f"""
        SELECT dimension, share_positive, entropy_bits, mean_abs, mean, std, q50,
          stability, chance, kappa, frequency_auc, length_auc
        {_LISTED}
        ORDER BY {SORTS[sort]} {direction} NULLS LAST, dimension
        LIMIT ? OFFSET ?
        """,
        (*_filtered(site, threshold, where), limit, offset),
    )


def scatter(site: str, threshold: str) -> Query:
    """All dimensions of a site in order: their statistics, and their AUCs against traits."""
    return Query(
        """
        SELECT dimension, share_positive, entropy_bits, mean, mean_abs, std,
          frequency_auc, length_auc
        FROM dimension JOIN dimension_sign USING (site, dimension)
        WHERE site = ? AND threshold = ?
        ORDER BY dimension
        """,
        (site, threshold),
    )


def dimension(site: str, threshold: str, number: int) -> Query:
    """Everything about one dimension at one threshold: one row, or none."""
    return Query(
        """
        SELECT *
        FROM dimension JOIN dimension_sign USING (site, dimension)
        WHERE site = ? AND threshold = ? AND dimension = ?
        """,
        (site, threshold, number),
    )


def poles(site: str, number: int) -> Query:
    """Items at the poles and near the thresholds: pole, rank, value, item, text, kind."""
    return Query(
        """
        SELECT pole, rank, value, item, text, token, kind
        FROM pole JOIN item USING (item)
        WHERE site = ? AND dimension = ?
        ORDER BY pole, rank
        """,
        (site, number),
    )


def across(site: str, threshold: str, number: int) -> Query:
    """The dimension of this number at every site of the same kind, by layer.

    Residual sites and `final` belong together: their coordinates are the same.
    """
    return Query(
        """
        SELECT site, layer, share_positive, entropy_bits, mean, std, mean_abs,
          stability, chance, kappa
        FROM site
        JOIN dimension USING (site)
        JOIN dimension_sign USING (site, dimension)
        WHERE replace(kind, 'final', 'resid')
            = (SELECT replace(kind, 'final', 'resid') FROM site WHERE site = ?)
          AND threshold = ? AND dimension = ?
        ORDER BY position
        """,
        (site, threshold, number),
    )


def positives(site: str, threshold: str) -> Query:
    """Positive items of every dimension, in order: dimension, positives, share_positive."""
    return Query(
        """
        SELECT dimension, positives, share_positive
        FROM dimension_sign
        WHERE site = ? AND threshold = ?
        ORDER BY dimension
        """,
        (site, threshold),
    )


def find_items(wanted: str, limit: int = 50) -> Query:
    """Items whose word, text or token contains `wanted`, case and leading space aside.

    The best first: the number itself, the exact word, whole words before pieces, beginnings
    before middles, short before long. Columns: item, text, token, kind, family.
    """
    return Query(
        """
        WITH asked AS (SELECT lower(?) AS q)
        SELECT item, text, token, kind, family
        FROM item, asked
        WHERE contains(lower(text), q) OR contains(lower(token), q) OR contains(word, q)
          OR item = try_cast(q AS INTEGER)
        ORDER BY
          coalesce(lower(text) IN (q, '␣' || q) OR item = try_cast(q AS INTEGER), false) DESC,
          coalesce(word = q, false) DESC,
          kind = 'word' DESC,
          coalesce(starts_with(word, q), false) DESC,
          length(text), item
        LIMIT ?
        """,
        (wanted.strip(), limit),
    )


def items(numbers: Sequence[int]) -> Query:
    """The rows of `item` with these numbers, in order of number."""
    return Query(
        "SELECT * FROM item WHERE item IN (SELECT unnest(?::INTEGER[])) ORDER BY item",
        (tuple(int(number) for number in numbers),),
    )


def family(item: int) -> Query:
    """Items of the same family as `item`, itself among them: column `item`."""
    return Query(
        "SELECT item FROM item WHERE family = (SELECT family FROM item WHERE item = ?)",
        (item,),
    )


def extremes(site: str, item: int) -> Query:
    """Dimensions at whose poles the item stands: those of `site` first, most extreme rank first.

    Columns: site, dimension, pole, rank, value, sds (distance from the mean in standard
    deviations).
    """
    return Query(
        """
        SELECT site, dimension, pole, rank, value, (value - mean) / nullif(std, 0) AS sds
        FROM pole JOIN dimension USING (site, dimension) JOIN site USING (site)
        WHERE item = ? AND pole IN ('positive', 'negative')
        ORDER BY site <> ?, rank, abs(sds) DESC NULLS LAST, position, dimension
        """,
        (item, site),
    )


def bits_of_item(site: str, threshold: str, item: int) -> Query:
    """Packed signs of one item: column `bits`."""
    return Query(
        "SELECT bits FROM signs_by_item WHERE site = ? AND threshold = ? AND item = ?",
        (site, threshold, item),
    )


def bits_of_items(site: str, threshold: str, items: Sequence[int]) -> Query:
    """Packed signs of some items, each once, in order of number: item, bits."""
    return Query(
        "SELECT item, bits FROM signs_by_item WHERE site = ? AND threshold = ? "
        "AND item IN (SELECT unnest(?::INTEGER[])) ORDER BY item",
        (site, threshold, tuple(sorted({int(item) for item in items}))),
    )


def threshold_values(site: str, threshold: str) -> Query:
    """What the states of each dimension are compared with, in order: dimension, value."""
    return Query(
        "SELECT dimension, value FROM dimension_sign WHERE site = ? AND threshold = ? "
        "ORDER BY dimension",
        (site, threshold),
    )
