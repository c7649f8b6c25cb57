"""How independent the signs of a site are: pairwise mutual information, phi, participation ratio.

Counts of equal signs come from compiled bit counts, half of the symmetric pairs; float32 holds
sums of at most 2^24 units exactly.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.signs import joint
from catalog.signs.bits import Packed, count_positive, degenerate, mutual_information
from catalog.signs.shuffling import shuffle

_MOST_ITEMS = 2**24


@dataclass(frozen=True)
class Independence:
    """Pairs of the dimensions that are not degenerate, over all items."""

    dimensions: int
    degenerate: int
    """Dimensions left out: share positive below 1 % or above 99 %."""
    mean_mi: float
    """Mean mutual information of the signs of two dimensions, in bits."""
    max_mi: float
    max_pair: tuple[int, int]
    rms_phi: float
    """Root mean square of phi, the correlation of two signs."""
    participation: float
    """Participation ratio of the sign correlation matrix, (sum of eigenvalues)^2 / sum of squares
    = D^2 / sum of phi^2: as many uncorrelated dimensions would be as concentrated."""
    agreement_variance: float
    """Variance, over pairs of two different items, of the share of dimensions with equal signs."""
    independent_variance: float
    """The same, were the dimensions independent with the same shares positive."""


def measure(by_dimension: Packed, items: int) -> Independence:
    """Independence of signs by dimension, uint8[dims, ceil(items / 8)].

    Compare with the same on `permuted` signs: MI has a floor of about 1 / (2 N ln 2).
    SettingRefused with fewer than two varying dimensions, or above 2^24 items.
    """
    positives = count_positive(by_dimension)
    share = positives / items
    kept = np.flatnonzero(~degenerate(share))
    if len(kept) < 2:
        raise SettingRefused(
            f"Only {len(kept)} of {len(share)} dimensions vary at this site. "
            "Choose another site, or threshold median."
        )
    products = sign_products(by_dimension[kept], items)
    mean_mi, max_mi, pair, squares = _pairs(products, positives[kept], items)
    dims = len(kept)
    tilt = (2 * share[kept] - 1) ** 2  # squared mean sign
    return Independence(
        dimensions=dims,
        degenerate=len(share) - dims,
        mean_mi=mean_mi,
        max_mi=max_mi,
        max_pair=(int(kept[pair[0]]), int(kept[pair[1]])),
        rms_phi=float(np.sqrt(squares / (dims * (dims - 1)))),
        participation=dims**2 / (dims + squares),
        agreement_variance=_agreement_variance(products, positives[kept], items),
        independent_variance=float((1 - tilt**2).sum()) / (4 * dims**2),
    )


def _agreement_variance(
    products: NDArray[np.float32], positives: NDArray[np.int64], items: int
) -> float:
    """Variance of the share of equal signs over pairs of different items.

    Agreement of items i and j is (1 + x_i . x_j / D) / 2. Over all ordered pairs the sum of
    (x_i . x_j)^2 is the sum of squared products of dimensions, and that of x_i . x_j the squared
    length of the summed signs; the pairs of an item with itself, D each, are taken out.
    """
    dims, pairs = len(products), items * (items - 1.0)
    squares = float(np.square(products, dtype=np.float64).sum()) - items * float(dims) ** 2
    total = float(np.square(2.0 * positives - items).sum()) - items * float(dims)
    return (squares / pairs - (total / pairs) ** 2) / (4 * dims**2)


def sign_products(by_dimension: Packed, items: int) -> NDArray[np.float32]:
    """Sum over items of the product of two dimensions' signs: float32[dims, dims], exact."""
    if items > _MOST_ITEMS:
        raise SettingRefused(f"{items} items are more than float32 counts exactly; sample them.")
    both = joint.counts(by_dimension, by_dimension, upper=True)
    both = np.triu(both) + np.triu(both, 1).T
    positives = np.diag(both)
    # of N items p + q - 2 joint are of unlike signs, each of them -1
    products = items - 2 * (positives[:, None] + positives[None] - 2 * both)
    return products.astype(np.float32)


def phi(by_dimension: Packed, items: int) -> NDArray[np.float64]:
    """Correlation of two dimensions' signs: float64[dims, dims]; 0 where one never changes."""
    mean = 2 * count_positive(by_dimension) / items - 1
    spread = np.sqrt(1 - mean**2)
    varies = spread > 0
    scale = np.outer(spread, spread)
    found = np.zeros_like(scale)
    covariance = sign_products(by_dimension, items) / items - np.outer(mean, mean)
    np.divide(covariance, scale, out=found, where=np.outer(varies, varies))
    return found


def plus_minus(packed: Packed, columns: int) -> NDArray[np.float32]:
    """Unpack to +1 and -1: uint8[rows, bytes] -> float32[rows, columns]."""
    signs = np.unpackbits(packed, axis=1, count=columns, bitorder="little").astype(np.float32)
    signs *= 2
    signs -= 1
    return signs


def _pairs(
    products: NDArray[np.float32], positives: NDArray[np.int64], items: int
) -> tuple[float, float, tuple[int, int], float]:
    """Mean and largest MI off the diagonal, its pair, and the sum of phi^2 over ordered pairs."""
    dims = len(products)
    total, largest, pair, squares = 0.0, -1.0, (0, 0), 0.0
    for start in range(0, dims, 256):
        rows = slice(start, min(start + 256, dims))
        same = (items + products[rows].astype(np.float64)) / 2
        mi, phi = mutual_information(
            same.astype(np.int64), positives[rows][:, None], positives[None], items
        )
        itself = np.arange(rows.start, rows.stop)
        mi[itself - start, itself] = 0
        phi[itself - start, itself] = 0
        total += float(mi.sum())
        squares += float(np.square(phi).sum())
        at = int(mi.argmax())
        if mi.flat[at] > largest:
            largest, pair = float(mi.flat[at]), (start + at // dims, at % dims)
    return total / (dims * (dims - 1)), max(0.0, largest), pair, squares


def permuted(by_dimension: Packed, items: int, generator: np.random.Generator) -> Packed:
    """Each dimension's signs in a random order of their own: same shares, no dependence."""
    shuffled = np.empty((len(by_dimension), -(-items // 8)), np.uint8)
    for row, packed in enumerate(by_dimension):
        bits = np.unpackbits(packed, count=items, bitorder="little")
        shuffle(bits, generator)
        shuffled[row] = np.packbits(bits, bitorder="little")
    return shuffled
