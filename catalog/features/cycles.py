"""Whether signs vary with a period along words that follow each other in a circle (months, digits).

The words stand at equal steps around the circle. A dimension's signs around it are split into
waves (discrete Fourier transform): the wave of harmonic k goes round k times, so its period is
n / k words. Its share is the part of the variation of the signs that this wave holds; over all
harmonics the shares of a dimension add up to 1. The null permutes the words: one permutation for
all dimensions, so that their dependence stays in it. Words along a line (small to large) raise the
one-turn wave too; a circle also keeps its two ends together, which is given apart.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.errors import NotInCatalog, SettingRefused
from catalog.signs.significance import benjamini_hochberg
from catalog.store import feature_queries
from catalog.store.catalog import Catalog

FEWEST = 5
"""Words below which no order can be told from another."""
DRAWS = 999


@dataclass(frozen=True)
class Cycle:
    """The waves of n words at one site, beside permuted orders of the same words."""

    words: int
    varying: NDArray[np.int64]
    """Dimensions whose sign is not the same for all words; the others say nothing."""
    period: NDArray[np.float64]
    """Words per turn of each harmonic: float64[n // 2]."""
    share: NDArray[np.float64]
    """Mean share of each harmonic over the varying dimensions: float64[n // 2]."""
    null_mean: NDArray[np.float64]
    null_low: NDArray[np.float64]
    """5th percentile of the mean share in permuted orders."""
    null_high: NDArray[np.float64]
    """95th percentile of the same."""
    p: NDArray[np.float64]
    """(1 + b) / (1 + B) of each harmonic: b permuted orders with at least this mean share."""
    q: NDArray[np.float64]
    """Benjamini-Hochberg over the harmonics."""
    first: NDArray[np.float64]
    """Share of the first harmonic in each varying dimension: float64[varying]."""
    first_p: NDArray[np.float64]
    """The same test for each varying dimension: float64[varying]."""
    first_q: NDArray[np.float64]
    """Benjamini-Hochberg over the varying dimensions."""
    draws: int
    adjacent: float
    """Share of the varying dimensions with equal signs in words next to each other, ends apart."""
    ends: float
    """The same in the last word and the first: a circle keeps them together, a line apart."""
    pairs: float
    """The same in any two words: what to compare with."""


@dataclass(frozen=True)
class Circle:
    """The words of a cyclic category in a catalog, their signs at a site, and their waves."""

    words: tuple[str, ...]
    """Those that are single tokens, in the order of the list."""
    missing: int
    """Words of the list that are no single tokens here, or of a family that came before."""
    signs: NDArray[np.bool_]
    """Signs at the dimensions that vary among the words: bool[words, varying]."""
    cycle: Cycle


def of(catalog: Catalog, category: str, site: str, threshold: str) -> Circle:
    """The circle of a category as the catalog holds it, whatever its list says by now.

    NotInCatalog where the category is no circle, or the catalog does not hold its words;
    SettingRefused as `measure`.
    """
    listed = catalog.categories.set_index("category")
    if category not in listed.index or not listed["cyclic"][category]:
        raise NotInCatalog(
            f"The catalog has no category {category!r} whose list says '# order: cyclic'."
        )
    members = catalog.fetch(feature_queries.members_in_order(category))
    if members.empty and listed["families"][category]:  # measured before circles were kept
        raise NotInCatalog(
            f"The catalog does not hold the words of {category}. Measure its categories again "
            f"with: dims features {catalog.slug}"
        )
    bits = catalog.signs(site, threshold).bits(members["item"].to_numpy(np.int64)) > 0
    made = measure(bits)
    words = tuple(members["word"])
    missing = int(listed["words"][category]) - len(words)
    return Circle(words, missing, bits[:, made.varying], made)


def measure(signs: NDArray[np.bool_], draws: int = DRAWS, seed: int = 0) -> Cycle:
    """Waves of bool[words, dims], the words in their circular order.

    SettingRefused below FEWEST words, or where no dimension's sign varies among them.
    """
    count = len(signs)
    if count < FEWEST:
        raise SettingRefused(
            f"Only {count} words of the circle are single tokens here; {FEWEST} are needed to "
            "tell its order from another."
        )
    varying = np.flatnonzero(signs.any(axis=0) & ~signs.all(axis=0))
    if not len(varying):
        raise SettingRefused("No dimension's sign varies among these words.")
    values = np.where(signs[:, varying], 1.0, -1.0)
    observed = shares(values)
    equal = 0.5 + values @ values.T / (2 * len(varying))  # [words, words]
    generator = np.random.default_rng(seed)
    means = np.empty((draws, len(observed)))
    reached = np.zeros(len(varying), np.int64)
    for draw in range(draws):
        permuted = shares(values[generator.permutation(count)])
        means[draw] = permuted.mean(axis=1)
        reached += permuted[0] >= observed[0] - 1e-12
    share = observed.mean(axis=1)
    p = (1 + (means >= share - 1e-12).sum(axis=0)) / (1 + draws)
    first_p = (1 + reached) / (1 + draws)
    return Cycle(
        words=count,
        varying=varying,
        period=count / np.arange(1, len(share) + 1),
        share=share,
        null_mean=means.mean(axis=0),
        null_low=np.quantile(means, 0.05, axis=0),
        null_high=np.quantile(means, 0.95, axis=0),
        p=p,
        q=benjamini_hochberg(p),
        first=observed[0],
        first_p=first_p,
        first_q=benjamini_hochberg(first_p),
        draws=draws,
        adjacent=float(np.diagonal(equal, 1).mean()),
        ends=float(equal[0, -1]),
        pairs=float(equal[np.triu_indices(count, 1)].mean()),
    )


def shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of every harmonic in the variation of each column: float64[words // 2, columns].

    `values` is float64[words, columns], no column constant. By Parseval the squared waves of
    harmonics 1 to n - 1 add up to n times the variance; harmonics k and n - k are one wave.
    """
    count = len(values)
    power = np.abs(np.fft.rfft(values, axis=0)[1:]) ** 2
    power[: (count - 1) // 2] *= 2  # all but the wave of period 2, which is its own mirror
    total: NDArray[np.float64] = power.sum(axis=0)
    return np.asarray(power / total)
