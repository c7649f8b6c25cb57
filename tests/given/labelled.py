"""A small catalog for labelers: values are known, and categories fit some of its groups."""

import numpy as np
import pyarrow as pa

from catalog.browse import trial_items
from catalog.store.catalog import Catalog
from tests.given import synthetic

RECIPE = synthetic.Recipe(
    items=2400, dims=8, sites=("resid.1",), thresholds=("zero",), slug="labelled", hostile=True
)
SITE = "resid.1"
PLANTED = 0
"""Dimension whose largest groups are the category `planted`."""


def values():
    """float32[items, dims]"""
    return np.concatenate([block for _, block in synthetic.states(RECIPE, SITE)], axis=1)


def groups():
    return np.random.default_rng(RECIPE.seed).integers(20, size=RECIPE.items)


def write(data):
    """Make the catalog, its categories and the values of the sample in a data folder."""
    table = pa.table(synthetic._items(RECIPE)).to_pandas()
    state, group = values(), groups()
    means = [state[group == one, PLANTED].mean() for one in range(20)]
    order = np.argsort(means)
    folder = data / "categories"
    folder.mkdir(parents=True)
    words = table[table.kind == "word"]
    for name, chosen in (("planted", order[-5:]), ("other_end", order[:5])):
        some = words[np.isin(group[words.index], chosen) & (words.index >= 12)].word
        (folder / f"{name}.txt").write_text("# planted\n" + "\n".join(some) + "\n")
    (data / "catalogs").mkdir()
    path = synthetic.write(data / "catalogs" / "labelled.duckdb", RECIPE)
    catalog = Catalog(path)
    sample = np.sort(np.random.default_rng(0).permutation(RECIPE.items)[: trial_items.SAMPLE])
    kept = data / "cache" / "label-values"
    kept.mkdir(parents=True)
    np.save(kept / f"{str(catalog.build['content_hash'])[:24]}-{SITE}.npy", state[sample])
    return catalog
