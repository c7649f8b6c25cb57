"""Two readings of one model: which signs of a token alone context keeps, dimension by dimension."""

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.browse import siblings
from catalog.errors import NotInCatalog
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
    by_place: pd.DataFrame
    """By place in the text, all dimensions together: first, past, positions, own, other, retained.
    """
    positions: int


def of(context: Catalog, site: str, threshold: str) -> Retained:
    """Compare the two readings at a site, once per file.

    NotInCatalog where the catalog holds no texts, or no catalog of single tokens lies beside it.
    """
    if not context.contextual:
        raise NotInCatalog(f"{context.slug} holds single tokens, which no context has changed.")
    alone = siblings.single(context)
    if alone is None or site not in alone.site_names or threshold not in alone.thresholds:
        raise NotInCatalog(
            f"No catalog of single tokens with signs of {site} at threshold {threshold} lies "
            f"beside {context.slug}. Build it with: dims build {context.build['model']}"
        )
    key = ("retained", alone.stamp, site, threshold)
    return context.remembered(key, lambda: _of(context, alone, site, threshold))


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
    by_position = changed.mean(axis=1), chance.mean(axis=1)
    figure = ratio(*by_position, document[items], generator).reversed().over(-1)
    places = rows["place"].to_numpy(np.int64)[items]
    return Retained(alone.slug, frame, figure, _by_place(places, *by_position), len(items))


def _by_place(places: Ints, own: NDArray[np.float64], other: NDArray[np.float64]) -> pd.DataFrame:
    rows = []
    for first, past in itertools.pairwise((*PLACES, int(places.max()) + 1)):
        here = (places >= first) & (places < past)
        if here.any():
            mine, chance = float(own[here].mean()), float(other[here].mean())
            rows.append((first, past, int(here.sum()), mine, chance, 1 - mine / max(chance, 1e-12)))
    names = ["first", "past", "positions", "own", "other", "retained"]
    return pd.DataFrame(rows, columns=names)


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
