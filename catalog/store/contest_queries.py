"""Every read of the contest with a learned dictionary. Files of earlier days lack these tables."""

from catalog.store.reading import Query


def dictionaries() -> Query:
    """The columns of `dictionary`: one row, or none before a contest was held."""
    return Query("SELECT * FROM dictionary ORDER BY name")


def mean_aucs() -> Query:
    """unit, k, auc (mean over categories), categories."""
    return Query(
        """
        SELECT unit, k, avg(auc) AS auc, count(*) AS categories
        FROM contest GROUP BY ALL ORDER BY unit, k
        """
    )


def by_category(k: int) -> Query:
    """One row a category: category, signs, latents, difference, values, axes, random, prototype.

    Those of `k` units, and the whole prototype; the largest difference first.
    """
    return Query(
        """
        SELECT category,
          max(auc) FILTER (unit = 'signs' AND k = ?) AS signs,
          max(auc) FILTER (unit = 'latents' AND k = ?) AS latents,
          signs - latents AS difference,
          max(auc) FILTER (unit = 'values' AND k = ?) AS "values",
          max(auc) FILTER (unit = 'PCA axes' AND k = ?) AS axes,
          max(auc) FILTER (unit = 'random dictionary' AND k = ?) AS random,
          max(auc) FILTER (unit = 'prototype') AS prototype
        FROM contest GROUP BY category ORDER BY difference DESC, category
        """,
        (k,) * 5,
    )


def of_category(category: str) -> Query:
    """unit, k and auc of one category."""
    return Query(
        "SELECT unit, k, auc FROM contest WHERE category = ? ORDER BY unit, k", (category,)
    )
