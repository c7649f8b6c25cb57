"""Planted worlds for the rows of the evidence table: states in which each claim is true or false.

`given` makes a cell, its sample and its passes of any states; everything that a row reads from a
model is made from arrays here, so that the truth is known.
"""

import dataclasses

import numpy as np

from catalog.evidence.cell import Cell, Sample
from catalog.evidence.passes import Layers, Part, Passes
from catalog.features.pools import Pools
from catalog.features.splits import Splits
from catalog.model.contexts import Contexts
from catalog.signs.prototypes import SPLITS, halves
from catalog.signs.rotation import signs_above, signs_at_median
from catalog.sites import Site
from catalog.store.catalog import Catalog

ITEMS, DIMS, GROUPS, SIZE = 1200, 64, 10, 44
BUILD = {
    "reading": "bare",
    "seconds": 1.0,
    "modality": "text",
    "device": "cpu",
    "machine": "planted",
    "threads": 2,
    "parameters": 1_000_000,
}


def normal(seed=0, items=ITEMS, dims=DIMS):
    return np.random.default_rng(seed).normal(size=(items, dims)).astype(np.float32)


def rows_of(group):
    return slice(group * SIZE, (group + 1) * SIZE)


def planted(strength, axes=8, seed=0):
    """Noise; each of GROUPS categories is shifted on `axes` dimensions of its own."""
    generator = np.random.default_rng(seed)
    states = normal(seed)
    for group in range(GROUPS):
        shift = np.zeros(DIMS)
        shift[generator.choice(DIMS, axes, replace=False)] = strength
        states[rows_of(group)] += shift * generator.choice([-1, 1], DIMS)
    return states


def on_axes(axes, share=1.0, seed=0):
    """Signs alone tell categories apart, each on `axes` dimensions; magnitudes vary wildly.

    A member has the sign of each of its dimensions with probability `share`, others by chance.
    """
    generator = np.random.default_rng(seed)
    sign = generator.choice([-1.0, 1.0], (ITEMS, DIMS))
    for group in range(GROUPS):
        chosen = generator.choice(DIMS, axes, replace=False)
        forced = generator.random((SIZE, axes)) < share
        mine = sign[rows_of(group)]
        mine[:, chosen] = np.where(forced, 1, mine[:, chosen])
    return (sign * np.exp(2 * generator.normal(size=sign.shape))).astype(np.float32)


def unequal(seed=5):
    """Three dimensions of each category are positive in 95, 60 and 35 % of it, 15 % elsewhere.

    Magnitudes have heavy tails, other dimensions are coins, one never changes sign, one is huge.
    """
    generator = np.random.default_rng(seed)
    share = np.full((ITEMS, DIMS), 0.5)
    share[:, 2:32] = 0.15
    for group in range(GROUPS):
        share[rows_of(group), 2 + 3 * group : 5 + 3 * group] = (0.95, 0.6, 0.35)
    sign = np.where(generator.random(share.shape) < share, 1, -1)
    states = sign * np.cbrt(np.abs(generator.standard_t(2, share.shape)) + 1e-3)
    states[:, 0] = 4 + 0.05 * generator.normal(size=ITEMS)
    states[:, 1] *= 7
    return states.astype(np.float32)


def antipodal(seed=6):
    """A pattern of all signs for each category; half of its members have its opposite."""
    generator = np.random.default_rng(seed)
    sign = generator.choice([-1.0, 1.0], (ITEMS, DIMS))
    for group in range(GROUPS):
        pole = np.repeat([1, -1], SIZE // 2)[generator.permutation(SIZE)][:, None]
        kept = np.where(generator.random((SIZE, DIMS)) < 0.85, 1, -1)
        sign[rows_of(group)] = pole * generator.choice([-1, 1], DIMS) * kept
    return (sign * np.exp(generator.normal(size=sign.shape))).astype(np.float32)


def in_a_ball(dims=32):
    """Members lie near 0 on `dims` dimensions, the same for all: no single dimension says so."""
    states = normal(3)
    for group in range(GROUPS):
        mine = states[rows_of(group)]
        chosen = np.random.default_rng(group).choice(DIMS, dims, replace=False)
        mine[:, chosen] *= 0.1
    return states


def in_differences():
    """Each category lies in the difference of two dimensions that vary together."""
    generator = np.random.default_rng(0)
    states = normal()
    for group in range(GROUPS):
        states[:, 2 * group] = states[:, 2 * group + 1] + 0.1 * generator.normal(size=ITEMS)
        states[rows_of(group), 2 * group] += 0.5
    return states


def clusters(size, seed=1):
    """Every item in a tight cluster of `size` with a random pattern of signs."""
    generator = np.random.default_rng(seed)
    count = -(-ITEMS // size)
    pattern = generator.choice([-1.0, 1.0], (count, DIMS))
    states = pattern[np.arange(ITEMS) % count] + 0.5 * generator.normal(size=(ITEMS, DIMS))
    return states.astype(np.float32)


def smooth(seed=1):
    """A correlated Gaussian: dependent signs, and no discrete feature."""
    generator = np.random.default_rng(seed)
    mix = generator.normal(size=(DIMS, DIMS)) * np.exp(-np.arange(DIMS) / 8)
    return (generator.normal(size=(ITEMS, DIMS)) @ mix.T).astype(np.float32)


def given(path, states, **parts):
    """Cell, sample and passes of some states; all random weights give noise.

    `parts` replaces fields of Passes.
    """
    ground = Pools(["word"] * ITEMS, np.arange(ITEMS))
    members = []
    for place in range(GROUPS):
        mine = np.arange(place * SIZE, (place + 1) * SIZE)
        generator = np.random.default_rng(place)
        pool = ground.pool("all", mine, generator)
        before = np.random.default_rng(place)
        members.append(Splits(f"c{place}", place, pool, halves(SIZE, SPLITS, generator), before))
    site = signs_above(states, 0.0)
    cell = Cell(
        Catalog(path),
        BUILD,
        Site("resid", 1),
        "zero",
        np.zeros(DIMS, np.float32),
        site,
        signs_at_median(states),
        {f"c{place}": "word" for place in range(GROUPS)},
        ground,
        members,
        "matched",
    )
    noise = [drawn(normal(seed)) for seed in (9, 10)]
    variants = {kind: noise for kind in ("initialised", "blocks", "permuted")}
    absent = Part(None, "No softmax attention.")
    passes = Passes(states, site, absent, absent, variants, layers=Layers([], {}))
    return cell, Sample.of(cell), dataclasses.replace(passes, **parts)


def drawn(states):
    """One seed of a model with random weights: its signs by threshold."""
    return {"zero": signs_above(states, 0.0), "median": signs_at_median(states)}


DOCUMENTS, POSITIONS, TOKENS = 40, 12, 6144


@dataclasses.dataclass(frozen=True)
class Texts:
    """Texts whose states stand in a known relation to the next token."""

    read: Contexts
    weight: np.ndarray
    """The LM head: float32[TOKENS, DIMS]."""
    cached: np.ndarray
    """States of single tokens: float32[TOKENS, DIMS]."""


def texts(state, seed=0, site=None):
    """`state` maps (LM head rows of the next tokens, generator) to states, float[positions, D]."""
    generator = np.random.default_rng(seed)
    weight = generator.normal(size=(TOKENS, DIMS)).astype(np.float32)
    count = DOCUMENTS * POSITIONS
    following = generator.integers(TOKENS, size=count)
    token = generator.integers(TOKENS, size=count)
    states = np.asarray(state(weight[following], generator), np.float32)
    document = np.repeat(np.arange(DOCUMENTS), POSITIONS)
    ids = [token[document == number] for number in range(DOCUMENTS)]
    read = Contexts(document, token, following, {site or Site("final"): states}, ids)
    return Texts(read, weight, weight)


def told_by_signs(rows, generator):
    """Signs of the next token's row, one in twenty wrong; magnitudes mean nothing."""
    right = np.where(generator.random(rows.shape) < 0.05, -1, 1)
    return np.sign(rows) * right * np.exp(0.5 * generator.normal(size=rows.shape))


def told_by_few_large(rows, generator):
    """Two huge dimensions decide what the model predicts; the signs of others are noise."""
    states = generator.normal(size=rows.shape)
    states[:, :2] *= 100
    return states


def told_by_nothing(rows, generator):
    return generator.normal(size=rows.shape)


def surer_where_larger(rows, generator):
    """Large states have the right sign, small ones any."""
    size = np.exp(generator.normal(size=rows.shape))
    right = generator.random(rows.shape) < np.where(size > 1.5, 0.98, 0.5)
    return np.sign(rows) * np.where(right, 1, -1) * size


def told_by_the_whole(rows, generator):
    """The next token's own state and some noise: every magnitude counts."""
    return rows + 1.5 * generator.normal(size=rows.shape)


def told_by_signs_under_outliers(rows, generator):
    """Right signs, and a few dimensions of huge magnitude that say nothing."""
    states = told_by_signs(rows, generator)
    states[:, :4] *= 300
    return states
