"""A map of a site's items: each a point in the plane, near those whose signs are alike.

The signs are turned to their first principal axes, and these are laid out by t-SNE (scikit-learn).
A map keeps neighbourhoods; how far apart two regions lie, and how large they are, says nothing.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.progress import Report, silent
from catalog.store import cache
from catalog.store.cache import Result
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    from catalog.signs.site_signs import SiteSigns

LAID_OUT = 20_000
"""Items that t-SNE places; of more, a sample, and every other one stands among its nearest."""
AXES, PERPLEXITY, ROUNDS, NEAREST, SEED = 30, 30, 600, 5, 0
_BLOCK = 8192
Floats = NDArray[np.float32]


def stored(catalog: Catalog, site: str, threshold: str) -> pd.DataFrame | None:
    """The map of a site where it was made: item, x, y, in the order of items; else None."""
    found = cache.load(_path(catalog, site, threshold))
    return None if found is None else found.tables["points"]


def lay_out(
    catalog: Catalog, site: str, threshold: str | None = None, report: Report = silent
) -> pd.DataFrame:
    """The map of a site, made and kept in the cache where it is not there yet; see `stored`.

    Seeded: the same signs give the same map. NotInCatalog for a site or threshold without signs.
    """
    chosen = catalog.checked(site, threshold)
    found = stored(catalog, site, chosen)
    if found is not None:
        return found
    report("principal axes", 0, 3)
    axes = principal(catalog.signs(site, chosen))
    generator = np.random.default_rng(SEED)
    few = np.arange(len(axes))
    if len(axes) > LAID_OUT:
        few = np.sort(generator.choice(len(axes), LAID_OUT, replace=False))
    report("laying out", 1, 3)
    placed = _placed(axes[few])
    report("placing the others", 2, 3)
    points = placed if len(few) == len(axes) else _among(axes, few, placed)
    points = (points - points.mean(axis=0)) / (points.std() or 1.0)
    frame = pd.DataFrame({"item": np.arange(len(axes)), "x": points[:, 0], "y": points[:, 1]})
    cache.save(_path(catalog, site, chosen), Result({"items": len(axes)}, {"points": frame}))
    report("placing the others", 3, 3)
    return frame


def _path(catalog: Catalog, site: str, threshold: str) -> Path:
    settings = {"site": site, "threshold": threshold, "items": LAID_OUT, "rounds": ROUNDS}
    return cache.path_of("map", [str(catalog.build["content_hash"])], settings)


def principal(signs: "SiteSigns") -> Floats:
    """Items on the first AXES principal axes of their signs: float32[items, axes]."""
    blocks = [np.arange(first, min(first + _BLOCK, signs.items))
              for first in range(0, signs.items, _BLOCK)]  # fmt: skip
    mean = signs.positives(np.arange(signs.items)) / signs.items
    products = np.zeros((signs.dims, signs.dims))
    for block in blocks:
        centred = (signs.bits(block) - mean).astype(np.float32)
        products += centred.T @ centred
    values, vectors = np.linalg.eigh(products)
    turned = vectors[:, np.argsort(values)[::-1][:AXES]]
    turned *= np.where(turned[np.abs(turned).argmax(axis=0), np.arange(turned.shape[1])] < 0, -1, 1)
    return np.concatenate(
        [((signs.bits(block) - mean) @ turned).astype(np.float32) for block in blocks]
    )


def _placed(axes: Floats) -> Floats:
    from sklearn.manifold import TSNE

    if len(axes) <= 3 or axes.shape[1] < 2:
        return np.pad(axes, ((0, 0), (0, 2)))[:, :2].astype(np.float32)
    start = axes[:, :2] / (axes[:, 0].std() or 1.0) * 1e-4
    machine = TSNE(
        perplexity=min(PERPLEXITY, (len(axes) - 1) / 3),
        init=start,
        random_state=SEED,
        max_iter=ROUNDS,
    )
    return np.asarray(machine.fit_transform(axes), np.float32)


def _among(axes: Floats, few: NDArray[np.integer], placed: Floats) -> Floats:
    """Every item's place: the sample's own, and for the others the mean of their nearest."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=NEAREST, algorithm="brute").fit(axes[few])
    points = np.empty((len(axes), 2), np.float32)
    for first in range(0, len(axes), _BLOCK):
        block = slice(first, first + _BLOCK)
        distance, near = search.kneighbors(axes[block])
        weight = 1 / (distance + 1e-6)
        weight /= weight.sum(axis=1, keepdims=True)
        points[block] = (placed[near] * weight[..., None]).sum(axis=1)
    points[few] = placed
    return points
