"""Features, nulls, discovery and mutual information at 151,936 items x 5,120 dimensions.

Signs are noise with 175 planted categories of 20 to 160 words; the items are a vocabulary of
made-up words. The time does not depend on what the signs mean, except through the number of
registered dimensions.
"""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.features import concepts, measure, nulls, splits, unsupervised
from catalog.features.pools import Pool, Pools, Traits
from catalog.features.scoring import Contest
from catalog.features.shared_nulls import bucket
from catalog.modalities.backgrounds import BACKGROUNDS
from catalog.signs import independence
from catalog.signs.bits import transpose, words
from catalog.signs.site_signs import SiteSigns
from tests.bench.figures import Figure

ITEMS, DIMS = 151_936, 5_120
QUICK_ITEMS, QUICK_DIMS = 30_016, 1_024  # items by 64: rows are read as 64-bit words
CATEGORIES = 175


@dataclass(frozen=True)
class World:
    """A site, its vocabulary and its categories."""

    site: SiteSigns
    pools: Pools
    members: list[NDArray[np.int64]]
    positives: dict[str, NDArray[np.int64]]


def run(quick: bool) -> list[Figure]:
    """Seconds of each task; the bars are for the full size on two cores."""
    world = _world(QUICK_ITEMS, QUICK_DIMS) if quick else _world(ITEMS, DIMS)
    return [
        *_live(world),
        *_null(world),
        _categories(world),
        _discovery(world, 100 if quick else 1500),
        *_information(world),
    ]


def _world(items: int, dims: int) -> World:
    generator = np.random.default_rng(0)
    by_item = generator.integers(0, 256, (items, dims // 8), dtype=np.uint8)
    sizes = np.linspace(20, 160, CATEGORIES).astype(int)
    family = np.arange(items)
    family[3::3] -= 1  # a third are inflections
    stems = np.flatnonzero(family == np.arange(items))
    members = [generator.choice(stems, size, replace=False) for size in sizes]
    for mine in members:
        pattern = generator.integers(0, 256, dims // 8, dtype=np.uint8)
        mask = np.packbits(generator.random((len(mine), dims)) < 0.2, axis=1, bitorder="little")
        by_item[mine] = (by_item[mine] & ~mask) | (pattern & mask)
    columns = transpose(by_item, dims)
    lengths = generator.integers(1, 14, items)
    text = [("␣" if i % 2 else "") + "x" * n for i, n in enumerate(lengths)]
    kind = np.where(generator.random(items) < 0.6, "word", "piece")
    pools = Pools(kind, family, Traits.of(text, kind, family))
    site = SiteSigns(words(by_item), columns)
    positives = {b: site.positives(pools.items(b)) for b in ("all", "words")}
    return World(site, pools, members, positives)


def _live(world: World) -> list[Figure]:
    """Concept builder: pool, prototype, q of every dimension, agreements, held-out AUC.

    The first one of a process also loads compiled code.
    """
    seconds = []
    for size in (10, 10, 100):
        chosen = world.members[-1][:size]
        start = time.perf_counter()
        pool = world.pools.pool("all", chosen, np.random.default_rng(0))
        made = concepts.build(world.site, pool, world.positives["all"], np.random.default_rng(0))
        np.argpartition(-made.agreement, 50)[:50]
        seconds.append(time.perf_counter() - start)
    return [
        Figure("live feature of 10 words, first of a process", seconds[0] * 1000, "ms"),
        Figure("live feature of 10 words", seconds[1] * 1000, "ms", 60),
        Figure("live feature of 100 words", seconds[2] * 1000, "ms", 300),
    ]


def _ground(world: World, background: str) -> nulls.Ground:
    return nulls.Ground.shared(
        world.site,
        world.pools.items(background),
        world.positives[background],
        np.random.default_rng(0),
    )


def _null(world: World) -> list[Figure]:
    """200 draws of 20 splits where nothing is stored yet, and the extension to 2,000."""
    figures = []
    for size, draws in ((160, 200), (80, 200), (80, 2000)):
        start = time.perf_counter()
        nulls.Null(world.site, _ground(world, "all"), size, seed=0).draw(draws)
        bar = 0.5 if draws == 200 else None
        took = time.perf_counter() - start
        figures.append(Figure(f"null of {size} members, {draws} draws", took, "s", bar))
    return figures


def _categories(world: World) -> Figure:
    """All categories on three backgrounds with coherence and nulls of 200 draws."""
    start = time.perf_counter()
    every = np.concatenate(world.members)
    number = np.repeat(np.arange(CATEGORIES), [len(m) for m in world.members])
    others = measure.Others.of(world.site, every, every, number)
    for background in BACKGROUNDS:
        shared: dict[int, nulls.Null] = {}
        ground = None if background == "matched" else _ground(world, background)
        for place, members in enumerate(world.members):
            one = splits.drawn(world.pools, str(place), place, members, background)
            contest = Contest.of(world.site, one.pool, world.positives.get(background))
            found = measure.measure(contest, one.anchors, others, members)
            _null_of(world, one.pool, ground, shared).p(found.auc, most=nulls.DRAWS)
    took = time.perf_counter() - start
    return Figure(f"{CATEGORIES} categories, 3 backgrounds, 200 draws", took, "s", 20)


def _null_of(
    world: World, pool: Pool, ground: nulls.Ground | None, shared: dict[int, nulls.Null]
) -> nulls.Null:
    if ground is None:
        own = nulls.Ground.matched(world.site, pool)
        return nulls.Null(world.site, own, len(pool.members), seed=0)
    size = bucket(len(pool.members))
    return shared.setdefault(size, nulls.Null(world.site, ground, size, seed=0))


def _discovery(world: World, seeds: int) -> Figure:
    """Features of all seeds, on real and on permuted signs, and merging."""
    stems = world.pools.items("all")
    field = unsupervised.Field(world.site.columns(stems), len(stems))
    generator = np.random.default_rng(0)
    start = time.perf_counter()
    chosen = generator.choice(field.items, seeds, replace=False)
    found = unsupervised.discover(field, chosen, generator)
    permuted = independence.permuted(field.by_dimension, field.items, generator)
    null = unsupervised.discover(unsupervised.Field(permuted, field.items), chosen, generator)
    unsupervised.yield_against(found.auc, null.auc)
    unsupervised.merge(found)
    took = time.perf_counter() - start
    return Figure(f"discovery, {seeds} seeds and as many permuted", took, "s", 10)


def _information(world: World) -> list[Figure]:
    """All pairs of dimensions; a float32 product of some of them, times all, beside it."""
    columns, items = world.site.by_dimension, world.site.items
    start = time.perf_counter()
    independence.measure(columns, items)
    counts = time.perf_counter() - start
    some = independence.plus_minus(columns[:512], items)
    start = time.perf_counter()
    some @ some.T
    products = (time.perf_counter() - start) * (len(columns) / 512) ** 2
    return [
        Figure("pairwise MI, all pairs", counts, "s", 60),
        Figure("its float32 product alone (extrapolated)", products, "s", None),
    ]
