"""Two readings of one model: which signs of a token alone context keeps, dimension by dimension."""

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.browse import pole_families, siblings
from catalog.errors import NotInCatalog
from catalog.progress import Report, silent
from catalog.signs.resampling import Interval, ratio
from catalog.store import context_queries
from catalog.store.catalog import Catalog

PLACES = (8, 16, 32, 64, 128)
"""Places in a text at which bands of positions begin."""
SAMPLE = 20_000
"""Positions that are compared, drawn with a fixed seed."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Retained:
    """One site of a catalog of tokens in context beside the model's single tokens."""

    single: str
    """Slug of the catalog of single tokens."""
    dimensions: pd.DataFrame
    """By dimension: dimension, own, other, retained.

    `own` is the share of positions whose sign differs from that of their token alone, `other` the
    same against the token at a random position of another document; retained = 1 - own / other, 0
    where other is 0.
    """
    whole: Interval
    """Retained share of all dimensions together; documents are resampled."""
    positions: pd.DataFrame
    """By position: place (in its text), document, own and other (shares over all dimensions)."""

    @property
    def by_place(self) -> pd.DataFrame:
        """By place in the text: first, past, positions, own, other, retained, low, high.

        All dimensions together; `low` and `high` end its 95 % interval over documents.
        """
        place = self.positions["place"].to_numpy()
        generator = np.random.default_rng(0)
        rows = []
        for first, past in itertools.pairwise((*PLACES, int(place.max()) + 1)):
            here = self.positions[(place >= first) & (place < past)]
            if len(here):
                share = _kept(here, generator)
                means = float(here["own"].mean()), float(here["other"].mean())
                rows.append((first, past, len(here), *means, share.value, share.low, share.high))
        names = ["first", "past", "positions", "own", "other", "retained", "low", "high"]
        return pd.DataFrame(rows, columns=names)


def of(context: Catalog, site: str, threshold: str) -> Retained:
    """Compare the two readings at a site, once per file.

    NotInCatalog where the catalog holds no texts, or no catalog of single tokens lies beside it.
    """
    alone = _beside(context)
    for one in (context, alone):
        if site not in one.site_names or threshold not in one.thresholds:
            raise NotInCatalog(
                f"{one.slug} holds no signs of {site} at threshold {threshold}. Choose another, "
                f"or build it with them: dims build {context.build['model']}"
            )
    key = ("retained", alone.stamp, site, threshold)
    return context.remembered(key, lambda: _of(context, alone, site, threshold))


def by_site(context: Catalog, threshold: str, report: Report = silent) -> pd.DataFrame:
    """Every site that both catalogs hold, in order: site, own, other, retained, low, high.

    Of all dimensions together, as `Retained.whole`. Refused as `of` is.
    """
    alone = _beside(context)
    sites = [s for s in context.site_names if s in alone.site_names]
    rows = []
    for done, site in enumerate(sites):
        report("sites", done, len(sites))
        found = of(context, site, threshold)
        means = (float(found.positions[name].mean()) for name in ("own", "other"))
        rows.append((site, *means, found.whole.value, found.whole.low, found.whole.high))
    report("sites", len(sites), len(sites))
    return pd.DataFrame(rows, columns=["site", "own", "other", "retained", "low", "high"])


def poles(context: Catalog, site: str) -> pd.DataFrame:
    """Whether each dimension's poles hold the families they hold for single tokens.

    Columns: dimension; positive, positive_chance, positive_p; negative, negative_chance,
    negative_p: see `catalog.browse.pole_families.Shared`. Refused as `of` is.
    """
    alone = _beside(context)
    found: dict[str, NDArray[np.generic]] = {}
    for name in pole_families.POLES:
        theirs = pole_families.of_single(alone, site, name)
        mine = pole_families.in_context(context, alone, site, name)
        told = pole_families.agreement(mine, theirs, np.arange(len(theirs)))
        found |= {name: told.shared, f"{name}_chance": told.chance, f"{name}_p": told.p}
    return pd.DataFrame({"dimension": np.arange(len(theirs)), **found})


def _beside(context: Catalog) -> Catalog:
    if not context.contextual:
        raise NotInCatalog(f"{context.slug} holds single tokens, which no context has changed.")
    return siblings.beside(context)


def _of(context: Catalog, alone: Catalog, site: str, threshold: str) -> Retained:
    generator = np.random.default_rng(0)
    rows = context.fetch(context_queries.positions())
    tokens, document = (rows[n].to_numpy(np.int64) for n in ("token", "document"))
    items = np.flatnonzero(tokens < len(alone.items))
    if len(items) > SAMPLE:
        items = np.sort(generator.choice(items, SAMPLE, replace=False))
    other = items[_elsewhere(document[items], generator)]
    inside = context.signs(site, threshold).bits(items)
    single = alone.signs(site, threshold)
    changed, chance = (inside != single.bits(tokens[of]) for of in (items, other))
    own, apart = changed.mean(axis=0), chance.mean(axis=0)
    kept = np.where(apart > 0, 1 - own / np.where(apart > 0, apart, 1), 0.0)
    frame = pd.DataFrame(
        {"dimension": np.arange(len(own)), "own": own, "other": apart, "retained": kept}
    )
    positions = pd.DataFrame(
        {
            "place": rows["place"].to_numpy(np.int64)[items],
            "document": document[items],
            "own": changed.mean(axis=1),
            "other": chance.mean(axis=1),
        }
    )
    return Retained(alone.slug, frame, _kept(positions, generator), positions)


def _kept(positions: pd.DataFrame, generator: np.random.Generator) -> Interval:
    """1 - own / other with its interval; documents are resampled."""
    own, other, document = (positions[n].to_numpy() for n in ("own", "other", "document"))
    return ratio(own, other, document, generator).reversed().over(-1)


def _elsewhere(document: Ints, generator: np.random.Generator) -> Ints:
    """For each position the place of a random one of another document: int64[n].

    A draw that stays in the document is drawn again; of a single document it stays as it is.
    """
    found = generator.integers(0, len(document), len(document))
    for _ in range(64):
        same = document[found] == document
        if not same.any():
            break
        found[same] = generator.integers(0, len(document), int(same.sum()))
    return found
