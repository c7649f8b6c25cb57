"""The Gaussian null: signs with the same shares and pairwise correlations, and no other structure.

Made from signs alone, not from the mean and covariance of states, for two reasons. It needs no
model, so a search of a catalog and the evidence table are judged against the same null. And signs
do not know of magnitude: a few large states fill a covariance matrix, whose Gaussian then has
neither the shares positive nor the sign correlations of the model, so that beating it says nothing.
"""

import numpy as np
from numpy.typing import NDArray

from catalog.signs.bits import Packed, count_positive
from catalog.signs.independence import phi

_BLOCK = 8192


def latent_correlation(median_signs: Packed, items: int) -> NDArray[np.float64]:
    """Correlation matrix of the Gaussian whose signs about the median correlate as these do.

    `median_signs` is uint8[dims, ceil(items / 8)]. For a bivariate normal cut at its medians the
    signs correlate by r = 2 / pi asin(rho) (Sheppard 1899), so rho = sin(pi r / 2). Made positive
    semidefinite by clipping eigenvalues at 0 (a dichotomised Gaussian; Emrich & Piedmonte 1991).
    Correlations found on a sample are too large by its noise, which would make the null harder
    than it is: they are shrunk by its share of their squares, sum of var(r) / sum of r^2 with
    var(r) = (1 - r^2)^2 / items (Schäfer & Strimmer 2005).
    """
    found = phi(median_signs, items)
    found *= 1 - _noise(found, items)
    rho: NDArray[np.float64] = np.sin(np.pi / 2 * np.clip(found, -1, 1))
    np.fill_diagonal(rho, 1.0)
    return rho


def _noise(phi: NDArray[np.float64], items: int) -> float:
    """Share of the squared correlations of two dimensions that sampling makes, at most 1."""
    apart = phi[~np.eye(len(phi), dtype=np.bool_)]
    squares = float(np.square(apart).sum())
    expected = float(np.square(1 - np.square(apart)).sum()) / items
    return min(1.0, expected / squares) if squares > 0 else 0.0


def signs(
    by_dimension: Packed,
    median_signs: Packed,
    items: int,
    generator: np.random.Generator,
) -> Packed:
    """Signs by dimension of a Gaussian like the model's: uint8[dims, ceil(items / 8)].

    Each dimension keeps its share positive in `by_dimension`; the correlations are those of
    `median_signs`. Made block by block.
    """
    from scipy.special import ndtri

    values, vectors = np.linalg.eigh(latent_correlation(median_signs, items))
    root = (vectors * np.sqrt(np.maximum(values, 0))).astype(np.float32)
    scale = np.sqrt((root**2).sum(axis=1))
    cut = -ndtri(count_positive(by_dimension) / items) * scale  # -inf, inf where it never varies
    drawn = np.empty((len(by_dimension), -(-items // 8)), np.uint8)
    for start in range(0, items, _BLOCK):
        stop = min(items, start + _BLOCK)
        latent = root @ generator.standard_normal((len(root), stop - start), np.float32)
        drawn[:, start // 8 : -(-stop // 8)] = np.packbits(
            latent > cut[:, None], axis=1, bitorder="little"
        )
    return drawn
