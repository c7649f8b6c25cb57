"""Every read of who writes a feature: coalitions, single neurons, and what writes a dimension."""

from catalog.store.reading import Query


def coalition(kind: str, name: str, site: str, threshold: str) -> Query:
    """The coalition of one feature: the columns of `coalition`, or no row."""
    return Query(
        "SELECT * FROM coalition WHERE kind = ? AND name = ? AND site = ? AND threshold = ?",
        (kind, name, site, threshold),
    )


def coalitions(site: str, threshold: str) -> Query:
    """Every feature of a site but its null draws: those with a verdict first, best on top."""
    return Query(
        """
        SELECT * EXCLUDE (nulls) FROM coalition
        WHERE site = ? AND threshold = ?
        ORDER BY verdict = 'no verdict', held_out DESC, kind, name
        """,
        (site, threshold),
    )


def with_verdict(site: str, threshold: str) -> Query:
    """The categories that have a verdict, by name: the columns of `coalition`."""
    return Query(
        """
        SELECT * FROM coalition
        WHERE site = ? AND threshold = ? AND kind = 'category' AND verdict <> 'no verdict'
        ORDER BY name
        """,
        (site, threshold),
    )


def searched() -> Query:
    """Where writers were looked for: site, threshold, features, neurons."""
    return Query(
        """
        SELECT site, threshold, count(*) AS features, max(neurons) AS neurons
        FROM coalition JOIN site USING (site)
        GROUP BY site, threshold, position ORDER BY position, threshold
        """
    )


def writers(kind: str, name: str, site: str, threshold: str) -> Query:
    """The neurons that agree most, or least, with a feature, the strongest first."""
    return Query(
        """
        SELECT rank, layer, neuron, agreement, polarity, norm, writer FROM writer
        WHERE kind = ? AND name = ? AND site = ? AND threshold = ? ORDER BY rank
        """,
        (kind, name, site, threshold),
    )


def of_dimension(dimension: int, layer: int) -> Query:
    """Neurons of blocks up to `layer` that write most to a dimension, by size over the rms."""
    return Query(
        """
        SELECT layer, neuron, weight, times_rms FROM dimension_writer
        WHERE dimension = ? AND layer <= ? ORDER BY times_rms DESC, layer, neuron
        """,
        (dimension, layer),
    )


def keys_values(category: str, threshold: str, background: str) -> Query:
    """A category in the stream, keys and values: its AUC with interval and null, by layer."""
    return Query(
        """
        SELECT s.kind, s.layer, site, auc, auc_low, auc_high, null_p95, p, q, dimensions, fallback
        FROM feature JOIN site AS s USING (site)
        WHERE category = ? AND threshold = ? AND background = ? AND s.kind IN ('resid', 'k', 'v')
        ORDER BY position
        """,
        (category, threshold, background),
    )
