"""Two versions of one model: which signs changed by more than another build of the base changes.

Definition: docs/method.md#versions-of-one-model. The null of a dimension's sign changes is those
between two builds of the base that differ in number format or batch size. Families are counted: one
item each.
"""

import itertools

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.comparing.phi import Bits
from catalog.signs.significance import benjamini_hochberg

BANDS = np.array([0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1])
"""Shares of all states, the nearest to their threshold first: signs change almost only there."""
LEVEL = 0.05
UNRELATED = 0.1
"""Kappa of the signs below which two models are not versions of each other."""


def excess_p(
    changed: NDArray[np.integer], null: NDArray[np.integer], share: float = 0.5
) -> NDArray[np.float64]:
    """One-sided p that signs change more often in the version than in the rebuild: float64[n].

    The conditional binomial (Przyborowski and Wilenski 1940): of the c0 + c1 changes of both,
    c1 ~ Bin(c0 + c1, N1 / (N0 + N1)) where the two rates are the same, whatever that rate is;
    p = P(X >= c1). `changed` is c1, `null` c0, `share` N1 / (N0 + N1): a half, since both are
    compared on the same families. Exact, not mid-p: p is too large rather than too small, the more
    so the fewer signs change (1 where none does), and also where the same near states change in
    both.
    """
    from scipy.stats import binom

    found: NDArray[np.float64] = binom.sf(changed - 1, changed + null, share)
    return found


def by_dimension(base: Bits, version: Bits, rebuilt: Bits) -> pd.DataFrame:
    """Sign changes of each dimension, beside those between two builds of the base.

    Columns: dimension; changed, rate (share of families whose sign differs); null_changed,
    null_rate; p, q (`excess_p`; Benjamini-Hochberg over the site's dimensions); up, down (- to +, +
    to -); directed_p, directed_q (McNemar 1947, exact: Bin(up + down, 1/2), two-sided).
    """
    from scipy.stats import binom

    families = len(base)
    changed = (base != version).sum(axis=0)
    null = (base != rebuilt).sum(axis=0)
    p = excess_p(changed, null)
    up, down = (~base & version).sum(axis=0), (base & ~version).sum(axis=0)
    directed = np.minimum(1.0, 2 * binom.cdf(np.minimum(up, down), up + down, 0.5))
    return pd.DataFrame(
        {
            "dimension": np.arange(base.shape[1]),
            "changed": changed,
            "rate": changed / families,
            "null_changed": null,
            "null_rate": null / families,
            "p": p,
            "q": benjamini_hochberg(p),
            "up": up,
            "down": down,
            "directed_p": directed,
            "directed_q": benjamini_hochberg(directed),
        }
    )


def by_item(base: Bits, version: Bits, rebuilt: Bits) -> pd.DataFrame:
    """Sign changes of each family over the site's dimensions, by the same test.

    Columns: row, changed, rate, null_changed, null_rate, p, q (over the families). The dimensions
    of an item are not independent, so q says how far beyond the rebuild an item lies, not how
    surely: order by it.
    """
    dims = base.shape[1]
    changed, null = (base != version).sum(axis=1), (base != rebuilt).sum(axis=1)
    p = excess_p(changed, null)
    return pd.DataFrame(
        {
            "row": np.arange(len(base)),
            "changed": changed,
            "rate": changed / dims,
            "null_changed": null,
            "null_rate": null / dims,
            "p": p,
            "q": benjamini_hochberg(p),
        }
    )


def by_magnitude(
    base: Bits, version: Bits, rebuilt: Bits, distance: NDArray[np.floating]
) -> pd.DataFrame:
    """Share of signs changed by how far the base's state lies from its threshold.

    `distance` is float[families, dims]: |state - threshold| in standard deviations of its
    dimension. Columns: band (between two shares of BANDS), low, high (sds), rate, null_rate.
    """
    edges, count = np.quantile(distance, BANDS), len(BANDS) - 1
    band = np.clip(np.searchsorted(edges, distance, side="right") - 1, 0, count - 1).ravel()
    sizes = np.maximum(np.bincount(band, minlength=count), 1)
    rates = [
        np.bincount(band, (base != other).ravel(), minlength=count) / sizes
        for other in (version, rebuilt)
    ]
    return pd.DataFrame(
        {
            "band": [f"{100 * a:g}–{100 * b:g} %" for a, b in itertools.pairwise(BANDS)],
            "low": edges[:-1],
            "high": edges[1:],
            "rate": rates[0],
            "null_rate": rates[1],
        }
    )


def kappa(a: Bits, b: Bits) -> float:
    """Cohen's kappa of all signs of two sites of one width: 1 equal, 0 as equal as by chance."""
    p, q = a.mean(axis=0), b.mean(axis=0)
    same, chance = (a == b).mean(), (p * q + (1 - p) * (1 - q)).mean()
    return float((same - chance) / (1 - chance)) if chance < 1 else 1.0
