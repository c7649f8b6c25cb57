"""Every read of the flips that `dims evidence` made."""

from catalog.store.reading import Query


def runs() -> Query:
    """Flips of every category at every layer and scale: the columns of `flip_run`."""
    return Query(
        "SELECT f.*, s.layer FROM flip_run AS f JOIN site AS s USING (site) "
        "ORDER BY category, s.position, scale"
    )


def effects() -> Query:
    """What every condition did: the columns of `flip_effect`, with verdict and q of its run."""
    return Query(
        """
        SELECT e.*, r.verdict, r.q, s.layer
        FROM flip_effect AS e JOIN flip_run AS r USING (category, site, scale)
        JOIN site AS s USING (site)
        ORDER BY category, s.position, scale, condition
        """
    )


def spread(site: str) -> Query:
    """Spread of every dimension of a site in order: dimension, std, q05, q95."""
    return Query(
        "SELECT dimension, std, q05, q95 FROM dimension WHERE site = ? ORDER BY dimension", (site,)
    )
