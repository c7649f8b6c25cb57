"""Sites of one model against each other, and categories on their way through the layers.

Definition: docs/method.md#layers-of-one-model.
"""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.comparing.phi import Bits
from catalog.progress import Report, silent
from catalog.signs.significance import benjamini_hochberg

SAMPLE = 2000
"""Families that sites are compared on."""
LEVEL = 0.05


def gram(bits: Bits) -> NDArray[np.float32]:
    """Inner products of items over centred signs, without the diagonal: float32[n, n]."""
    x = bits.astype(np.float32)
    x -= x.mean(axis=0)
    found = x @ x.T
    np.fill_diagonal(found, 0)
    return found


def cka(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Linear CKA of two `gram` matrices, without the bias of few items; about 0 by chance.

    Kornblith et al. (2019) with the unbiased HSIC of Song et al. (2012).
    """
    own, other = hsic(first, first), hsic(second, second)
    return hsic(first, second) / float(np.sqrt(own * other)) if own > 0 and other > 0 else 0.0


def hsic(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Unbiased HSIC of two kernels with zero diagonals (Song et al. 2012, equation 5)."""
    n = len(first)
    one, other = first.sum(axis=0, dtype=np.float64), second.sum(axis=0, dtype=np.float64)
    product = np.einsum("ij,ij->", first, second, dtype=np.float64)
    both = one.sum() * other.sum() / ((n - 1) * (n - 2)) - 2 * (one @ other) / (n - 2)
    return float((product + both) / (n * (n - 3)))


def similarity(sites: Mapping[str, Bits], report: Report = silent, seed: int = 0) -> pd.DataFrame:
    """Every pair of sites over the same families, bool[families, dims] each.

    Columns: site_a, site_b, same (share of signs that are equal, dimension by dimension; only
    where coordinates are the same: the residual sites and final), chance (p q + (1 - p)(1 - q),
    mean over dimensions), kappa, cka, cka_permuted (with the families of one side permuted).
    """
    order = np.random.default_rng(seed).permutation(len(next(iter(sites.values()))))
    grams = {}
    for done, (name, bits) in enumerate(sites.items()):
        report("sites", done, len(sites))
        grams[name] = gram(bits)
    rows = []
    for a, b in itertools.combinations_with_replacement(sites, 2):
        same, chance = _equal(a, b, sites[a], sites[b])
        gap = (same - chance) / (1 - chance) if chance < 1 else 1.0
        permuted = grams[b][np.ix_(order, order)]
        found = cka(grams[a], grams[b])
        rows.append((a, b, same, chance, gap, found, cka(grams[a], permuted)))
    columns = ["site_a", "site_b", "same", "chance", "kappa", "cka", "cka_permuted"]
    return pd.DataFrame(rows, columns=columns)


def _equal(a: str, b: str, first: Bits, second: Bits) -> tuple[float, float]:
    """Share of equal signs and its chance level; NaN where coordinates differ."""
    streams = [name.startswith("resid") or name == "final" for name in (a, b)]
    if a != b and (not all(streams) or first.shape != second.shape):
        return np.nan, np.nan
    p, q = first.mean(axis=0), second.mean(axis=0)
    return float((first == second).mean()), float((p * q + (1 - p) * (1 - q)).mean())


def first_readable(features: pd.DataFrame, sites: Sequence[str]) -> pd.DataFrame:
    """First of two consecutive sites with q < 0.05 for each category.

    `features` has category, site, auc, auc_low, auc_high, p for the residual sites `sites`, in
    order. Columns: category, site (None where no two in a row are), auc and its interval there, q
    (Benjamini-Hochberg over the categories x sites).
    """
    there = ["auc", "auc_low", "auc_high", "q"]
    known = features[features["site"].isin(sites) & features["p"].notna()].copy()
    known["q"] = benjamini_hochberg(known["p"].to_numpy(np.float64))
    rows = []
    for name, own in known.groupby("category", sort=True):
        by_site = own.set_index("site")
        at = [site in by_site.index and by_site.at[site, "q"] < LEVEL for site in sites]
        place = next((n for n in range(len(sites) - 1) if at[n] and at[n + 1]), None)
        site = None if place is None else sites[place]
        found = [None] * len(there) if site is None else by_site.loc[site, there].tolist()
        rows.append((name, site, *found))
    return pd.DataFrame(rows, columns=["category", "site", *there])


def carried(prototypes: pd.DataFrame, sites: Sequence[str], dims: int) -> pd.DataFrame:
    """A feature from each residual site to the next: which dimensions it keeps.

    `prototypes` has site, dimension, sign. Columns: site, dimensions, kept (registered at the next
    site too), same_sign (of these), chance (kept by chance).
    """
    by_site = {site: own.set_index("dimension")["sign"] for site, own in prototypes.groupby("site")}
    rows = []
    for place, site in enumerate(sites):
        own = by_site.get(site, pd.Series(dtype=np.int8))
        row: tuple[object, ...] = (site, len(own), None, None, None)
        if place + 1 < len(sites):
            following = by_site.get(sites[place + 1], pd.Series(dtype=np.int8))
            both = own.index.intersection(following.index)
            same = int((own.loc[both] == following.loc[both]).sum())
            row = (site, len(own), len(both), same, len(own) * len(following) / dims)
        rows.append(row)
    return pd.DataFrame(rows, columns=["site", "dimensions", "kept", "same_sign", "chance"])
