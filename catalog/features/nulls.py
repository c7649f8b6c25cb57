"""Nulls: the whole procedure on sets of families drawn from the same background.

`all` and `words` depend on sizes only, so few nulls serve every category (see `shared_nulls`);
`matched` draws one item from each member's stratum and serves one category.
"""

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.features import null_sides, threads
from catalog.features.null_sides import Sides
from catalog.features.pools import Pool
from catalog.signs.bits import Packed, by_words, count_positive, mask_of
from catalog.signs.prototypes import (
    SPLITS,
    Ints,
    halves,
)
from catalog.signs.significance import ENOUGH, by_draws
from catalog.signs.site_signs import SiteSigns

if TYPE_CHECKING:
    from catalog.signs.compiled import Scored

DRAWS, MOST, FURTHEST = 200, 2000, 20_000
"""Draws of a null; extended to MOST while fewer than ENOUGH reach the observed value, and to
FURTHEST where a family of tests needs them: see `sequential`."""
SAMPLE = 5000
"""Background items scored (a fixed sample of `all` and `words`)."""
THREADS = 2
LEFT = 20
"""Items that a random set leaves to be told apart from: a larger one is drawn smaller, which makes
its null wider."""
_BATCH = 50
"""Draws between two looks at the observed value, at progress and at cancelling."""
_TOGETHER = 25
"""Sets that one thread scores in a row."""

_DIGITS = 12
"""To which AUCs are compared: they are quotients of integers, rounded in other orders."""

Splitter = Callable[[int, np.random.Generator], NDArray[np.bool_]]
"""Members and a generator -> bool[splits, members], equally many anchors in each row."""


@dataclass(frozen=True)
class Ground:
    """A background at one site, ready to draw from."""

    items: Ints
    """Its items; those at `sample` are scored."""
    positives: Ints
    """Positive items of each dimension over the whole background: int64[dims]."""
    sample: Ints
    """Places in `items`, ascending."""
    columns: Packed
    """Signs by dimension of the sample."""
    stratum: Ints | None = None
    """For `matched`: the member each item was drawn for."""
    rows: NDArray[np.uint64] | None = None
    """Signs of its items, one after the other: uint64[items, words]. Made where there are none."""
    parts: tuple[Sides, ...] = ()
    """Of tokens in context, for each split: the positions that stand for its items."""

    @functools.cached_property
    def scored(self) -> "Scored":
        """The sample, as compiled code takes it."""
        from catalog.signs.compiled import Scored  # numba takes a second to import

        words = by_words(self.columns)
        return Scored(words, mask_of(len(self.sample), words.shape[1]))

    @functools.cached_property
    def among(self) -> NDArray[np.bool_]:
        """Which items are in the sample: bool[items]."""
        found = np.zeros(len(self.items), np.bool_)
        found[self.sample] = True
        return found

    @classmethod
    def shared(
        cls, site: SiteSigns, items: Ints, positives: Ints, generator: np.random.Generator
    ) -> "Ground":
        """Background `all` or `words`: at most SAMPLE items are scored, the same in every draw."""
        size = min(SAMPLE, len(items))
        sample = np.sort(generator.choice(len(items), size, replace=False))
        parts = null_sides.of(site, items, sample)
        columns = site.columns(items[sample])
        return cls(items, positives, sample, columns, None, rows_of(site, items), parts)

    @classmethod
    def of(cls, site: SiteSigns, pool: Pool) -> "Ground":
        """What random sets for one pool are drawn from: its strata, or else the whole pool."""
        if pool.stratum is not None:
            return cls.matched(site, pool)
        items = np.union1d(pool.members, pool.negatives)
        return cls.shared(site, items, site.positives(items), np.random.default_rng(0))

    @classmethod
    def matched(cls, site: SiteSigns, pool: Pool) -> "Ground":
        """A category's own background: every item is scored; its members take no part."""
        columns = site.columns(pool.negatives)
        everything = np.arange(len(pool.negatives))
        rows = rows_of(site, pool.negatives)
        parts = null_sides.of(site, pool.negatives, everything)
        positives = count_positive(columns)
        return cls(pool.negatives, positives, everything, columns, pool.stratum, rows, parts)

    def sets(self, size: int, draws: int, generator: np.random.Generator) -> Ints:
        """Random sets as places in `items`: int64[draws, size].

        Without replacement; where there are strata, one from each of `size` random strata (from
        each one where there are no more). Never so many that fewer than LEFT items are left.
        """
        if self.stratum is None:
            count = len(self.items)
            size = min(size, max(2, count - LEFT))
            rows = [generator.choice(count, size, replace=False) for _ in range(draws)]
            return np.array(rows, np.int64).reshape(draws, size)
        order = np.argsort(self.stratum, kind="stable")
        _, first, sizes = np.unique(self.stratum[order], return_index=True, return_counts=True)
        shift = (generator.random((draws, len(sizes))) * sizes).astype(np.int64)
        places: Ints = order[first + shift]
        if size < len(sizes):
            places = generator.permuted(places, axis=1)[:, :size]
        return places


def rows_of(site: SiteSigns, items: Ints) -> NDArray[np.uint64]:
    """Signs of some items, one item after the other: uint64[items, words]."""
    return np.ascontiguousarray(site.words[:, items].T)


def score_sets(
    site: SiteSigns, ground: Ground, sets: Ints, anchors: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Mean prototype AUC of random sets over their splits: as `contests.run`, on the ground.

    `sets` is int64[sets, size] (places in `ground.items`), `anchors` bool[sets, splits, size];
    gives float64[sets]. The pool is the background, which holds the set; the negatives are the
    sample without the set.
    """
    from catalog.signs import compiled  # numba takes a second to import

    if ground.parts:
        return null_sides.score(ground.parts, ground.among, sets, anchors, site.tau)
    splits, size = anchors.shape[1:]
    held_out = size - int(anchors[0, 0].sum())
    scale = compiled.Scale(ground.positives, len(ground.items), site.tau)
    among = ground.among
    rows = ground.rows if ground.rows is not None else rows_of(site, ground.items)
    doubled = compiled.doubled_ranks_of_sets(
        (rows, rows), ground.scored, among, scale, sets, anchors
    )
    negatives = len(ground.sample) - among[sets].sum(axis=1)
    chances = 2 * negatives * held_out * splits
    return np.where(chances > 0, doubled / np.maximum(chances, 1), 0.5)


class Draws(ABC):
    """A null that draws as far as it is asked to, and remembers; draw i is always the same."""

    def __init__(self, size: int) -> None:
        self.size = size
        """Families in each random set."""
        self.aucs: NDArray[np.float64] = np.empty(0)

    @abstractmethod
    def between(self, start: int, stop: int) -> NDArray[np.float64]:
        """Draws `start` to `stop`, multiples of 50, whatever was drawn before: float64[draws]."""

    def draw(self, draws: int) -> NDArray[np.float64]:
        """The first `draws` values of the null, drawing those not drawn yet: float64[draws]."""
        if len(self.aucs) < draws:
            more = self.between(len(self.aucs), -(-draws // _BATCH) * _BATCH)
            self.aucs = np.concatenate([self.aucs, more])
        return self.aucs[:draws]

    def p(
        self,
        observed: float,
        draws: int = DRAWS,
        most: int = MOST,
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[float, int]:
        """p and number of draws of one test by itself, such as a person's own concept.

        B = `draws`, extended batch by batch to `most` while b < ENOUGH. A p of 1 / (1 + B) is below
        0.05, so the fewest draws decide such a test; one of a family is `sequential`'s. `progress`
        is called with the draws made and the most there may be; it may raise to cancel.
        """
        made = 0
        while made < draws or (made < most and self.reached(observed, made)[0] < ENOUGH):
            made += _BATCH
            self.draw(made)
            if progress is not None:
                progress(made, most)
        return float(by_draws(self.reached(observed, made), made)[0]), made

    def settle(self, observed: ArrayLike, most: int = MOST) -> NDArray[np.float64]:
        """Draw for all the values that this null is shared by, and return the draws made.

        DRAWS, then batch by batch to `most` while 1 to ENOUGH - 1 draws reach one of them. All
        take their p from all draws, so that a larger AUC never has a larger one.
        """
        self.draw(DRAWS)
        while len(self.aucs) < most:
            reached = self.reached(observed, len(self.aucs))
            if not ((reached > 0) & (reached < ENOUGH)).any():
                break
            self.draw(len(self.aucs) + _BATCH)
        return self.aucs

    def reached(self, observed: ArrayLike, made: int) -> Ints:
        """How many of the first `made` draws are at least each observed value: int64[values]."""
        return reached(self.aucs[:made], observed)

    @property
    def mean(self) -> float:
        """Mean of the draws made."""
        return float(self.aucs.mean())

    @property
    def p95(self) -> float:
        """95th percentile of the draws made."""
        return float(np.quantile(self.aucs, 0.95))


class Null(Draws):
    """Random sets from one ground, through the whole procedure.

    `score` maps (sets, anchors) to values as `score_sets` does, which is the default. Another one
    can take the maximum over sites, as "best site" needs.
    """

    def __init__(
        self,
        site: SiteSigns,
        ground: Ground,
        size: int,
        seed: int,
        splitter: Splitter | None = None,
        score: Callable[[Ints, NDArray[np.bool_]], NDArray[np.float64]] | None = None,
    ) -> None:
        super().__init__(size)
        self._ground = ground
        self._seed = seed
        self._splitter = splitter or (lambda members, rng: halves(members, SPLITS, rng))
        self._score = score or (lambda sets, anchors: score_sets(site, ground, sets, anchors))
        self._made: dict[int, NDArray[np.float64]] = {}

    def between(self, start: int, stop: int) -> NDArray[np.float64]:
        """Draws `start` to `stop`, multiples of 50, whatever was drawn before: float64[draws].

        Each is made once and remembered: several sizes may share it.
        """
        numbers = range(start // _BATCH, stop // _BATCH)
        missing = [number for number in numbers if number not in self._made]
        if missing:
            self._make(missing)
        return np.concatenate([np.empty(0), *(self._made[number] for number in numbers)])

    def _make(self, batches: list[int]) -> None:
        """Draw whole batches, side by side on THREADS threads, with BLAS on one meanwhile.

        Its products are so small here that two threads make a draw up to ten times slower
        (measured).
        """
        workers = threads.pool(THREADS)
        with threads.single():
            for number in batches:
                sets, anchors = self._batch(number)
                starts = range(_TOGETHER, _BATCH, _TOGETHER)
                parts = np.split(sets, starts), np.split(anchors, starts)
                self._made[number] = np.concatenate([*workers.map(self._score, *parts)])

    def _batch(self, number: int) -> tuple[Ints, NDArray[np.bool_]]:
        generator = np.random.default_rng([self._seed, self.size, number])
        sets = self._ground.sets(self.size, _BATCH, generator)
        return sets, np.stack([self._splitter(sets.shape[1], generator) for _ in sets])


def reached(drawn: NDArray[np.float64], observed: ArrayLike) -> Ints:
    """How many draws are at least each observed value: int64[values]."""
    values = np.round(np.atleast_1d(np.asarray(observed, np.float64)), _DIGITS)
    below = np.searchsorted(np.sort(np.round(drawn, _DIGITS)), values, side="left")
    return np.asarray(len(drawn) - below, np.int64)
