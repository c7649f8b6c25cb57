"""Worlds in which nothing is there to be found, and the same with categories planted in them."""

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog import places
from catalog.building import build
from catalog.features import cell_findings, family, lexicon, splits
from catalog.features.categories import Category, Match
from catalog.features.cell_nulls import FolderSplits
from catalog.features.lexicon import Lexicon
from catalog.features.pools import Pools
from catalog.features.scoring import Contest, run
from catalog.modalities.backgrounds import OWN, Background
from catalog.signs.bits import transpose, words
from catalog.signs.site_signs import SiteSigns
from catalog.store.catalog import Catalog, Primary
from tests.given import synthetic

ITEMS, DIMS, SITES = 36_000, 128, 6
"""Of the worlds that are no model: 18,000 families, 6,000 of them words."""
PLANTED_DIMS = 24
HALVINGS = 6
BAND = 0.1
"""Share of the words that one frequency band holds."""
Members = NDArray[np.int64]
Draw = Callable[["World", int, np.random.Generator], Members]
_folders = (Path(f"drawn {number}") for number in itertools.count())


@dataclass(frozen=True)
class World(Catalog):
    """A catalog whose categories are drawn here, told apart from one background alone."""

    background: Background = "matched"
    site: str = ""
    """Which of its sites is looked at; the primary one where none is named."""
    changed: SiteSigns | None = None
    """Signs of its site with categories planted in them."""

    @property
    def backgrounds(self) -> tuple[Background, ...]:
        """The one that is looked at."""
        return (self.background,)

    def signs(self, site: str, threshold: str) -> SiteSigns:
        """The planted signs, or else those of the file."""
        return self.changed or super().signs(site, threshold)

    @property
    def primary(self) -> Primary:
        """The cell that is looked at, as if it were the catalog's primary one."""
        first = super().primary
        return Primary(self.site or first.site, first.threshold, first.background)

    def turned(self, background: Background, number: int) -> "World":
        """The same world told apart from another background, at its sites in turn.

        The sets of one site share the draws of its nulls: what one site's draws happen to be is
        then no property of the world.
        """
        sites = self.residual_sites
        return dataclasses.replace(self, background=background, site=sites[number % len(sites)])

    @property
    def pools(self) -> Pools:
        """The backgrounds of the file, all of them."""
        return lexicon.pools_of(Catalog(self.path))

    @property
    def whole(self) -> Members:
        """Family representatives that sets are drawn from: words, or for `all` everything."""
        return self.pools.items("all" if self.background == "all" else "words")

    def measured(self, sets: Sequence[Members]) -> pd.DataFrame:
        """Rows of `feature` for these sets as categories: what `dims features` would store."""
        first, folder = self.primary, next(_folders)
        names = [f"set {number:04d}" for number in range(len(sets))]
        found = Lexicon(
            {name: Category(name, "", (), (), {}) for name in names},
            {n: Match(own, (), (), len(own)) for n, own in zip(names, sets, strict=True)},
            (),
            self.families,
        )
        made = FolderSplits(found, self.pools)
        self.remembered(("drawn", folder), lambda: made)
        task = cell_findings.Task(self, folder, first.site, first.threshold, "primary")
        part = cell_findings.measure(task)
        signs = {(first.site, first.threshold): part.signs}
        family.settle(part.findings, part.samples, signs, family.Where(self, folder))
        return pd.DataFrame(part.findings.tables["feature"])

    def aucs(self, sets: Sequence[Members]) -> NDArray[np.float64]:
        """Prototype AUC of each set, as `measured` gives it, without its null: float64[sets]."""
        first = self.primary
        signs = self.signs(first.site, first.threshold)
        shared = None if self.background in OWN else signs.positives(self.whole)
        found = []
        for place, own in enumerate(sets):
            one = splits.drawn(self.pools, "", place, own, self.background)
            found.append(run(Contest.of(signs, one.pool, shared), one.anchors).aucs.mean())
        return np.array(found)

    def planted(
        self, sets: Sequence[Members], strengths: NDArray[np.float64], seed: int
    ) -> "World":
        """The same with a pattern of PLANTED_DIMS signs given to a share of each set's signs."""
        first, generator = self.primary, np.random.default_rng(seed)
        before = super().signs(first.site, first.threshold)
        bits = before.bits(np.arange(before.items)).astype(np.bool_)
        for own, strength in zip(sets, strengths, strict=True):
            dims = generator.choice(before.dims, PLANTED_DIMS, replace=False)
            pattern = generator.random(PLANTED_DIMS) < 0.5
            forced = generator.random((len(own), PLANTED_DIMS)) < strength
            bits[np.ix_(own, dims)] = np.where(forced, pattern, bits[np.ix_(own, dims)])
        packed = np.packbits(bits, axis=1, bitorder="little")
        made = SiteSigns(words(packed), transpose(packed, before.dims))
        return dataclasses.replace(self, changed=made)

    def planted_to(self, sets: Sequence[Members], aucs: NDArray[np.float64], seed: int) -> "World":
        """The same with each set planted to about such an AUC: strengths found by halving."""
        low, high = np.zeros(len(sets)), np.ones(len(sets))
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            below = self.planted(sets, middle, seed).aucs(sets) < aucs
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return self.planted(sets, (low + high) / 2, seed)


def anywhere(world: World, size: int, generator: np.random.Generator) -> Members:
    """A random set of families of the background."""
    return np.sort(generator.choice(world.whole, size, replace=False))


def in_one_band(world: World, size: int, generator: np.random.Generator) -> Members:
    """A random set of words whose frequency ranks lie in one stretch of a tenth of all."""
    count = int(BAND * len(world.whole))
    start = int(generator.integers(len(world.whole) - count + 1))
    return np.sort(generator.choice(world.whole[start : start + count], size, replace=False))


def independent(folder: Path) -> World:
    """Signs that depend on nothing; each dimension has a share positive of its own."""

    def states(generator: np.random.Generator) -> NDArray[np.float64]:
        return generator.normal(size=(ITEMS, DIMS)) + generator.normal(0, 0.7, DIMS)

    return _synthetic(folder / "independent.duckdb", states)


def correlated(folder: Path) -> World:
    """Signs of a Gaussian whose dimensions depend on each other as strongly as a model's."""

    def states(generator: np.random.Generator) -> NDArray[np.float64]:
        mixing = generator.normal(size=(DIMS, DIMS)) * np.geomspace(1, 0.05, DIMS)[:, None]
        made = generator.normal(size=(ITEMS, DIMS)) @ mixing
        return made + generator.normal(0, 0.5, DIMS) * made.std(axis=0)

    return _synthetic(folder / "correlated.duckdb", states)


def _synthetic(path: Path, states: Callable[[np.random.Generator], NDArray[np.float64]]) -> World:
    """A catalog with these states at each of SITES sites, drawn anew at each."""

    def blocks(recipe: synthetic.Recipe, site: str) -> Any:
        made = states(np.random.default_rng([3, list(recipe.sites).index(site)]))
        for first in range(0, recipe.dims, synthetic.BLOCK):
            yield first, made[:, first : first + synthetic.BLOCK].astype(np.float32)

    sites = tuple(f"resid.{layer}" for layer in range(SITES))
    recipe = synthetic.Recipe(ITEMS, DIMS, sites, ("zero",), slug=path.stem)
    with mock.patch.object(synthetic, "states", blocks):
        return World(synthetic.write(path, recipe))


def trained(folder: Path) -> World:
    """The shipped language model."""
    return _built(places.shipped() / "models" / "storyteller", folder)


def untrained(folder: Path) -> World:
    """The same architecture and vocabulary, every weight drawn anew."""
    import torch
    import transformers

    shipped, source = places.shipped() / "models" / "storyteller", folder / "untrained"
    torch.manual_seed(0)
    config = transformers.AutoConfig.from_pretrained(shipped)
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(source)
    transformers.AutoTokenizer.from_pretrained(shipped).save_pretrained(source)
    return _built(source, folder)


def _built(source: Path, folder: Path) -> World:
    settings = build.Settings(str(source), sites="resid", out=folder / "catalogs")
    return World(build.build(settings))


@dataclass(frozen=True)
class Kind:
    """A world, how sets are drawn in it, and the backgrounds in which they are nothing."""

    name: str
    make: Callable[[Path], World]
    draw: Draw
    backgrounds: tuple[Background, ...]


EVERY: tuple[Background, ...] = ("all", "words", "matched")
KINDS = (
    Kind("independent signs", independent, anywhere, EVERY),
    Kind("correlated Gaussian signs", correlated, anywhere, EVERY),
    Kind("random-weight model", untrained, anywhere, EVERY),
    Kind("trained model", trained, anywhere, EVERY),
    Kind("one frequency band of the trained model", trained, in_one_band, ("matched",)),
)
"""In one band only `matched` makes sets that are nothing: frequency alone separates them."""
