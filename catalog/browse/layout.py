"""Maps of a site: its items, near those whose signs are alike; its dimensions, near dependent ones.

The items' signs are turned to their first principal axes, and these are laid out by t-SNE
(scikit-learn); dimensions by their distances 1 - |phi|. A map keeps neighbourhoods; how far apart
two regions lie, and how large they are, says nothing.
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


def made_at(catalog: Catalog, site: str, threshold: str) -> int:
    """When the map of a site was made, in nanoseconds; 0 where it was not."""
    path = _path(catalog, site, threshold)
    return path.stat().st_mtime_ns if path.is_file() else 0


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
    frame = keep(catalog, site, chosen, points)
    report("placing the others", 3, 3)
    return frame


def keep(catalog: Catalog, site: str, threshold: str, points: NDArray[np.floating]) -> pd.DataFrame:
    """Keep places of all items, float[items, 2], as the map of a site; see `stored`."""
    return _kept(_path(catalog, site, threshold), "item", points)


def stored_dimensions(catalog: Catalog, site: str, threshold: str) -> pd.DataFrame | None:
    """The map of a site's dimensions where it was made: dimension, x, y; else None."""
    found = cache.load(_path(catalog, site, threshold, "dimensions"))
    return None if found is None else found.tables["points"]


def lay_out_dimensions(
    catalog: Catalog, site: str, threshold: str | None = None, report: Report = silent
) -> pd.DataFrame:
    """The map of a site's dimensions, made and kept where it is not there yet.

    Two dimensions stand near each other where their signs depend on each other, whichever of their
    poles go together: their distance is 1 - |phi|. One whose sign never changes depends on none.
    Seeded. NotInCatalog for a site or threshold without signs.
    """
    from catalog.signs.independence import phi  # its compiler takes half a second to import

    chosen = catalog.checked(site, threshold)
    found = stored_dimensions(catalog, site, chosen)
    if found is not None:
        return found
    report("dependence of dimensions", 0, 2)
    signs = catalog.signs(site, chosen)
    apart = 1 - np.abs(phi(signs.by_dimension, signs.items))
    np.fill_diagonal(apart, 0.0)
    report("laying out", 1, 2)
    frame = _kept(_path(catalog, site, chosen, "dimensions"), "dimension", _by_distance(apart))
    report("laying out", 2, 2)
    return frame


def _kept(path: Path, named: str, points: NDArray[np.floating]) -> pd.DataFrame:
    points = (points - points.mean(axis=0)) / (points.std() or 1.0)
    frame = pd.DataFrame({named: np.arange(len(points)), "x": points[:, 0], "y": points[:, 1]})
    cache.save(path, Result({named: len(points)}, {"points": frame}))
    return frame


def _path(catalog: Catalog, site: str, threshold: str, of: str = "items") -> Path:
    settings: dict[str, object] = {"site": site, "threshold": threshold, "rounds": ROUNDS}
    settings |= {"items": LAID_OUT} if of == "items" else {"of": of}
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
    if len(axes) <= 3 or axes.shape[1] < 2:
        return np.pad(axes, ((0, 0), (0, 2)))[:, :2].astype(np.float32)
    return _embedded(axes, axes[:, :2])


def _by_distance(apart: NDArray[np.float64]) -> Floats:
    """Places in the plane by distances: float32[n, 2]. Begins with classical scaling."""
    n = len(apart)
    if n <= 3:
        return np.pad(np.arange(n, dtype=np.float32)[:, None], ((0, 0), (0, 1)))
    centred = apart**2 - (apart**2).mean(axis=0)
    centred = -(centred - centred.mean(axis=1, keepdims=True)) / 2
    values, vectors = np.linalg.eigh((centred + centred.T) / 2)
    start = vectors[:, -1:-3:-1] * np.sqrt(np.maximum(values[-1:-3:-1], 0))
    start *= np.where(start[np.abs(start).argmax(axis=0), [0, 1]] < 0, -1, 1)
    return _embedded(apart.astype(np.float32), start, metric="precomputed")


def _embedded(given: Floats, start: NDArray[np.floating], metric: str = "euclidean") -> Floats:
    """t-SNE from a start, float[n, 2], that is made small first; seeded."""
    from sklearn.manifold import TSNE

    machine = TSNE(
        perplexity=min(PERPLEXITY, (len(given) - 1) / 3),
        init=(start / (start[:, 0].std() or 1.0) * 1e-4).astype(np.float32),
        random_state=SEED,
        max_iter=ROUNDS,
        metric=metric,
    )
    return np.asarray(machine.fit_transform(given), np.float32)


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
