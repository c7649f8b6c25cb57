"""What is computed from packed signs when asked: partners of a dimension, neighbours of an item."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.errors import NotInCatalog
from catalog.signs import bits as signs
from catalog.store import queries
from catalog.store.catalog import Catalog

_ROWS = 64
"""Dimensions compared at a time."""


@dataclass(frozen=True)
class Partners:
    """The dimensions whose signs tell most about one dimension's sign."""

    frame: pd.DataFrame
    """Most mutual information first: dimension, mi_bits, phi, same (share of items with equal
    signs), share_positive."""
    excluded: int
    """Degenerate dimensions left out (share positive below 1 % or above 99 %)."""
    floor: float
    """Mutual information (bits) that two independent signs show at this N: 1 / (2 N ln 2)."""


def partners(
    catalog: Catalog, site: str, dimension: int, threshold: str = "zero", k: int = 20
) -> Partners:
    """The `k` worst partners of a dimension by mutual information of signs over all items.

    Raises NotInCatalog for a site, threshold or dimension that is not there.
    """
    counts = catalog.fetch(queries.positives(site, threshold))
    packed_signs = catalog.by_dimension(site, threshold)
    if not 0 <= dimension < len(packed_signs):
        raise NotInCatalog(f"{site} has dimensions 0 to {len(packed_signs) - 1}.")
    items = int(catalog.build["items"])
    positives = counts.positives.to_numpy(np.int64)
    same = _count_same(packed_signs, dimension, items)
    bits, phi = signs.mutual_information(same, positives, positives[dimension], items)
    degenerate = signs.degenerate(counts.share_positive.to_numpy())
    frame = pd.DataFrame(
        {
            "dimension": counts.dimension,
            "mi_bits": bits,
            "phi": phi,
            "same": same / items,
            "share_positive": counts.share_positive,
        }
    )
    others = frame[~degenerate & (frame.dimension != dimension)]
    floor = 1 / (2 * items * np.log(2))
    return Partners(_largest(others, "mi_bits", k), int(degenerate.sum()), floor)


@dataclass(frozen=True)
class Neighbours:
    """The items whose signs differ least from one item's."""

    frame: pd.DataFrame
    """Nearest first: item, text, kind, distance (dimensions that differ), same (share)."""
    typical: float
    """Median over all items of the share of dimensions with the same sign as the item."""
    excluded: int
    """Other items of the same family, left out."""


def neighbours(
    catalog: Catalog,
    site: str,
    item: int,
    threshold: str = "zero",
    k: int = 20,
    family: bool = False,
) -> Neighbours:
    """The `k` items nearest to `item` by Hamming distance between signs; equals by number.

    `family`: keep items of the same family (inflections, other case, no leading space).
    Raises NotInCatalog for a site, threshold or item that is not there.
    """
    words = catalog.by_item(site, threshold)
    checked_item(catalog, item)
    dims = _dims(catalog, site)
    distance = signs.hamming(words, words[:, item])
    left_out = np.array([item])
    if not family:
        left_out = catalog.fetch(queries.family(item)).item.to_numpy()
    near = nearest(distance, k, left_out)
    found = catalog.fetch(queries.items(near.tolist())).set_index("item").loc[near]
    frame = pd.DataFrame(
        {
            "item": near,
            "text": found.text.to_numpy(),
            "kind": found.kind.to_numpy(),
            "distance": distance[near].astype(np.int64),
            "same": 1 - distance[near] / dims,
        }
    )
    typical = 1 - float(np.median(distance)) / dims
    return Neighbours(frame, typical, len(left_out) - 1)


def nearest(
    distance: NDArray[np.uint16], k: int, left_out: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Places of the `k` smallest distances, ties in order of place: int64[<= k].

    `distance` is uint16[items]; the places in `left_out` are not returned.
    """
    k = min(k, len(distance) - len(left_out))
    if k <= 0:
        return np.empty(0, np.int64)
    kept = distance.copy()
    kept[left_out] = np.iinfo(np.uint16).max
    last = np.partition(kept, k - 1)[k - 1]
    candidates = np.flatnonzero(kept <= last)  # every tie of the last is among them
    return candidates[np.argsort(kept[candidates], kind="stable")[:k]]


def strip(catalog: Catalog, site: str, item: int, threshold: str = "zero") -> NDArray[np.bool_]:
    """Signs of one item at a site: bool[D], True where positive.

    Raises NotInCatalog for a site, threshold or item that is not there.
    """
    dims = _dims(catalog, site)
    row = catalog.one(
        queries.bits_of_item(site, threshold, item),
        f"{catalog.slug} has no signs of item {item} at {site} with threshold {threshold}.",
    )
    signs_of_item: NDArray[np.bool_] = signs.unpack(
        np.frombuffer(bytes(row["bits"]), np.uint8)[None], dims
    )[0]
    return signs_of_item


def rarest(
    catalog: Catalog, site: str, item: int, threshold: str = "zero", k: int = 20
) -> pd.DataFrame:
    """The `k` dimensions in which fewest items have the same sign as this one.

    Columns: dimension, sign (+ or −), share (of all items with this sign), rarest first; ties by
    number. With threshold median every share is about 1/2 by construction.
    Raises NotInCatalog for a site, threshold or item that is not there.
    """
    counts = catalog.fetch(queries.positives(site, threshold))
    positive = strip(catalog, site, item, threshold)
    share = np.where(positive, counts.share_positive, 1 - counts.share_positive)
    frame = pd.DataFrame(
        {"dimension": counts.dimension, "sign": np.where(positive, "+", "−"), "share": share}
    )
    return frame.sort_values(["share", "dimension"]).head(k).reset_index(drop=True)


def _count_same(by_dimension: signs.Packed, dimension: int, items: int) -> NDArray[np.int64]:
    # signs.count_same of one row against all, in blocks that stay in the processor's cache and,
    # where rows divide into them, in words of 64 signs: 20 ms instead of 80 at 151,936 x 5,120.
    wide = by_dimension.shape[1] % 8 == 0
    rows = by_dimension.view(np.uint64) if wide else by_dimension
    differing = [
        np.bitwise_count(rows[start : start + _ROWS] ^ rows[dimension]).sum(axis=1, dtype=np.int64)
        for start in range(0, len(rows), _ROWS)
    ]
    return items - np.concatenate(differing)


def _dims(catalog: Catalog, site: str) -> int:
    row = catalog.one(queries.site(site), f"{catalog.slug} has no site {site}.")
    return int(row["dims"])


def checked_item(catalog: Catalog, item: int) -> int:
    """The item itself; NotInCatalog where the catalog has none of this number."""
    count = int(catalog.build["items"])
    if not 0 <= item < count:
        raise NotInCatalog(f"There is no item {item}: items are numbered 0 to {count - 1}.")
    return item


def _largest(frame: pd.DataFrame, column: str, k: int) -> pd.DataFrame:
    ordered = frame.sort_values([column, "dimension"], ascending=[False, True])
    return ordered.head(k).reset_index(drop=True)
