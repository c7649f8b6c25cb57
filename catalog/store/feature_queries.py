"""Every read of the findings: categories, features, prototypes and nulls."""

from catalog.store.reading import Query


def items() -> Query:
    """All items in order: the columns of `item`."""
    return Query("SELECT * FROM item ORDER BY item")


def categories() -> Query:
    """Every category with its coverage: the columns of `category`, measured ones first."""
    return Query("SELECT * FROM category ORDER BY status = 'skipped', category")


def cells() -> Query:
    """Number of sites and thresholds that have features, as `cells`."""
    return Query("SELECT count(*) AS cells FROM (SELECT DISTINCT site, threshold FROM feature)")


def features(threshold: str, background: str) -> Query:
    """All features at one threshold and background, by category and site position."""
    return Query(
        """
        SELECT f.*, s.position, c."group", c.families
        FROM feature AS f JOIN site AS s USING (site) JOIN category AS c USING (category)
        WHERE threshold = ? AND background = ?
        ORDER BY category, position
        """,
        (threshold, background),
    )


def feature(category: str, site: str, threshold: str, background: str) -> Query:
    """One feature: the columns of `feature`, or no row."""
    return Query(
        "SELECT * FROM feature "
        "WHERE category = ? AND site = ? AND threshold = ? AND background = ?",
        (category, site, threshold, background),
    )


def across(category: str, threshold: str, background: str) -> Query:
    """A category at every site: the columns of `feature`, with the gain in AUC over resid.0."""
    return Query(
        """
        SELECT f.*, s.position, s.kind, s.layer,
          auc - max(auc) FILTER (site = 'resid.0') OVER () AS gain
        FROM feature AS f JOIN site AS s USING (site)
        WHERE category = ? AND threshold = ? AND background = ?
        ORDER BY position
        """,
        (category, threshold, background),
    )


def prototype(category: str, site: str, threshold: str, background: str) -> Query:
    """Registered dimensions of a feature, strongest first: dimension, sign, auc, p, q."""
    return Query(
        """
        SELECT dimension, sign, auc, p, q FROM feature_dimension
        WHERE category = ? AND site = ? AND threshold = ? AND background = ?
        ORDER BY abs(auc - 0.5) DESC, dimension
        """,
        (category, site, threshold, background),
    )


def prototypes(site: str, threshold: str, background: str) -> Query:
    """Registered dimensions of every feature at a site: category, dimension, sign."""
    return Query(
        """
        SELECT category, dimension, sign FROM feature_dimension
        WHERE site = ? AND threshold = ? AND background = ?
        ORDER BY category, dimension
        """,
        (site, threshold, background),
    )


def prototype_everywhere(category: str, threshold: str, background: str) -> Query:
    """Registered dimensions of a category at every site: site, firing_level, dimension, sign."""
    return Query(
        """
        SELECT site, firing_level, dimension, sign
        FROM feature_dimension JOIN feature USING (category, site, threshold, background)
        JOIN site USING (site)
        WHERE category = ? AND threshold = ? AND background = ?
        ORDER BY position, dimension
        """,
        (category, threshold, background),
    )


def firing_levels(site: str, threshold: str, background: str) -> Query:
    """Every feature of a site: category, firing_level, auc, fallback."""
    return Query(
        """
        SELECT category, firing_level, auc, fallback FROM feature
        WHERE site = ? AND threshold = ? AND background = ? ORDER BY category
        """,
        (site, threshold, background),
    )


def readers(site: str, dimension: int, threshold: str, background: str) -> Query:
    """Categories whose feature uses a dimension, strongest first: category, sign, auc, p, q."""
    return Query(
        """
        SELECT category, sign, auc, p, q FROM feature_dimension
        WHERE site = ? AND dimension = ? AND threshold = ? AND background = ?
        ORDER BY abs(auc - 0.5) DESC, category
        """,
        (site, dimension, threshold, background),
    )


def members(category: str) -> Query:
    """Members of a category: item, word, text."""
    return Query(
        "SELECT item, m.word, text FROM member AS m JOIN item USING (item) "
        "WHERE category = ? ORDER BY item",
        (category,),
    )


def members_in_order(category: str) -> Query:
    """Members of a category in the order of its word list: item, word."""
    return Query("SELECT item, word FROM member WHERE category = ? ORDER BY rowid", (category,))


def means(site: str) -> Query:
    """Mean |x| of every dimension of a site in order: dimension, mean_abs."""
    return Query(
        "SELECT dimension, mean_abs FROM dimension WHERE site = ? ORDER BY dimension", (site,)
    )


def all_members() -> Query:
    """Members of all measured categories: category, item."""
    return Query(
        "SELECT category, item FROM member JOIN category USING (category) "
        "WHERE status <> 'skipped' ORDER BY category, item"
    )


def discoveries() -> Query:
    """Searches for unsupervised features: the columns of `discovery`, in order of site."""
    return Query(
        "SELECT d.* FROM discovery AS d JOIN site AS s USING (site) ORDER BY position, threshold"
    )


def discovered(site: str, threshold: str) -> Query:
    """Unsupervised features kept at a site, strongest first, with the seed's text."""
    return Query(
        """
        SELECT d.*, text AS seed FROM discovered AS d JOIN item ON item.item = d.seed_item
        WHERE site = ? AND threshold = ? ORDER BY auc DESC, name
        """,
        (site, threshold),
    )


def discovered_prototype(name: str) -> Query:
    """Signed dimensions of a discovered feature: dimension, sign."""
    return Query(
        "SELECT dimension, sign FROM discovered_dimension WHERE name = ? ORDER BY dimension",
        (name,),
    )


def discovered_prototypes(site: str, threshold: str) -> Query:
    """Signed dimensions of every discovered feature of a site: name, dimension, sign."""
    return Query(
        """
        SELECT name, dimension, sign FROM discovered_dimension JOIN discovered USING (name)
        WHERE site = ? AND threshold = ? ORDER BY name, dimension
        """,
        (site, threshold),
    )


def evidence() -> Query:
    """The evidence table, a row per claim."""
    return Query("SELECT * FROM evidence ORDER BY position")


def null(site: str, threshold: str, background: str, category: str, size: int) -> Query:
    """Null draws for a feature: its own (matched) or the shared one of its size bucket."""
    return Query(
        """
        SELECT aucs FROM feature_null
        WHERE site = ? AND threshold = ? AND background = ?
          AND (category = ? OR (category IS NULL AND size <= ?))
        ORDER BY category IS NULL, size DESC LIMIT 1
        """,
        (site, threshold, background, category, size),
    )
