"""Items for the test of a label: signs from the catalog, values from the live model where it is.

A catalog keeps signs, not values. Half of a test's pairs come from the extreme deciles of the
value, so a fixed random sample of items is passed through the model once for each site, in a
process of its own; where the model is not at hand every pair is of the whole range, which only
makes the test harder.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog import places
from catalog.features import lexicon
from catalog.features.pools import Traits
from catalog.signs import bits
from catalog.store import media_queries, queries
from catalog.store.catalog import Catalog
from catalog.workspace.label_pairs import Items, Trial

SAMPLE = 2000
"""Random items that tests are drawn from."""
_PATIENCE = 300
"""Seconds that the model may take."""
_AGAIN = 600
"""Seconds for which a model that was not at hand is not asked again: a process each time."""


@dataclass(frozen=True)
class Found:
    """Items a test may show."""

    items: Items
    shown: NDArray[np.integer]
    """Families that a labeler has seen: those at the poles and near the threshold."""
    values: bool
    """Whether `items.value` is measured; else it is the sign, +1 or -1."""


def of_dimension(catalog: Catalog, site: str, number: int, threshold: str) -> Found:
    """The sample with sign, frequency, length, family and, where it can be had, value."""
    poles = catalog.fetch(queries.poles(site, number))
    family, count = catalog.families, len(catalog.families)
    generator = np.random.default_rng(0)  # one sample for all tests: its values are kept
    chosen = np.sort(generator.permutation(count)[:SAMPLE])
    positive = bits.unpack(catalog.by_dimension(site, threshold)[number][None], count)[0][chosen]
    frequency, length = catalog.remembered(("alike",), lambda: _alike(catalog))
    values = site_values(catalog, site, chosen)
    items = Items(
        item=chosen,
        value=np.where(positive, 1.0, -1.0) if values is None else values[:, number],
        positive=positive,
        frequency=frequency[chosen],
        length=length[chosen],
        family=family[chosen],
    )
    return Found(items, np.unique(family[poles.item.to_numpy(np.int64)]), values is not None)


def _alike(catalog: Catalog) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """What the two items of a pair are matched in: frequency stratum and length of every item.

    Of images and sounds nobody counts how frequent they are (their order is that of the files, so
    a decile of it would match classes): the length is that of the sound in seconds, or the number
    of the image's pixels.
    """
    table = catalog.items
    if catalog.modality == "text":
        texts = catalog.spelled.tolist()
        stratum = Traits.of(texts, table.kind, catalog.families, lexicon.rarity(catalog)).frequency
        return stratum, np.array([len(one) for one in texts], np.float64)
    media = catalog.fetch(media_queries.every())
    sizes = media["seconds"].fillna(media["width"] * media["height"]).fillna(0.0)
    return np.zeros(len(table), np.int64), sizes.to_numpy(np.float64)


def whole(trial: Trial) -> Trial:
    """The same pair, of the whole range: no value says that it is extreme."""
    return replace(trial, band="whole")


def site_values(
    catalog: Catalog, site: str, chosen: NDArray[np.int64]
) -> NDArray[np.float32] | None:
    """Values of the sample at a site, float32[sample, dims]; None where the model is not at hand.

    Kept in the cache of the data folder under the catalog's content hash.
    """
    build = catalog.build
    folder = places.data() / "cache" / "label-values"
    kept = folder / f"{str(build['content_hash'])[:24]}-{site}.npy"
    now = int(time.time() // _AGAIN)
    if not kept.is_file() and not catalog.remembered(
        ("values", site, now), lambda: _measure(catalog, site, chosen, kept)
    ):
        return None
    values: NDArray[np.float32] = np.load(kept)
    return values if len(values) == len(chosen) else None


def _measure(catalog: Catalog, site: str, chosen: NDArray[np.int64], kept: Path) -> bool:
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            items, out = Path(folder) / "items.npy", Path(folder) / "values.npy"
            np.save(items, chosen)
            command = [sys.executable, "-m", "catalog.building.item_values"]
            done = subprocess.run(
                [*command, str(catalog.path.resolve()), site, str(items), str(out)],
                capture_output=True,
                timeout=_PATIENCE,
                check=False,
                env={**os.environ, "HF_HUB_OFFLINE": "1"},
            )
            if done.returncode == 0:
                os.replace(out, kept)
            return done.returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
