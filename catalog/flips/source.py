"""What can be flipped: a category, a discovered feature, own words, or dimensions picked by hand.

Each gives signed dimensions at a site, and the tokens on which the effect is read: held-out ones
where the feature was made from words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from catalog.errors import NotInCatalog, SettingRefused
from catalog.features import from_words, measure, splits
from catalog.features.pools import Pool
from catalog.features.scoring import Contest, run
from catalog.flips import facts
from catalog.flips.controls import Signed
from catalog.signs.prototypes import halves
from catalog.store import feature_queries
from catalog.store.catalog import Catalog

Ints = NDArray[np.int64]
Kind = Literal["category", "discovered", "concept", "dimensions"]
TOKENS = 50
"""Tokens read for a feature that no words were held out of: those that agree with it most."""
FEWEST = 4
"""Words of an own concept that must be single tokens: half of them are held out."""


@dataclass(frozen=True)
class Source:
    """Where the signed dimensions come from."""

    kind: Kind
    name: str
    """Category; name of a discovered feature; a person's own name; or dimensions such as 12+,40-"""
    words: tuple[str, ...] = ()
    """Of an own concept."""
    read: str = ""
    """Category whose tokens are read instead of the feature's own; empty for its own."""

    def __post_init__(self) -> None:
        """Refuse what is no source."""
        if self.kind not in get_args(Kind):
            raise SettingRefused(f"{self.kind!r} is no feature: {', '.join(get_args(Kind))}.")
        if self.kind == "concept" and not self.words:
            raise SettingRefused(f"The concept {self.name!r} has no words. Give at least two.")

    @property
    def prompted(self) -> str:
        """Category whose eliciting prompts suit it; empty where there is none."""
        return self.read or (self.name if self.kind == "category" else "")


@dataclass(frozen=True)
class Feature:
    """A source at one site: what is flipped there, and what the effect is read on."""

    signed: Signed
    """Strongest first; as written where they were picked by hand."""
    tokens: Ints
    """Tokens the effect is read on: held out of the feature where it was made from words. A
    discovered or hand-picked one has no words: its tokens are those that agree with it most, which
    is no held-out reading."""
    members: Ints
    """All tokens of the concept."""


def named(
    catalog: Catalog,
    name: str,
    site: str,
    words: Sequence[str] | None = None,
    read: str = "",
    threshold: str | None = None,
) -> Source:
    """What a name on the command line means: words, dimensions, discovered, category."""
    if words is not None:
        return Source("concept", name, tuple(words), read)
    if re.fullmatch(r"[\d+\-,; ]+", name):
        return Source("dimensions", name, read=read)
    chosen = catalog.checked(site, threshold)
    kept = catalog.fetch(feature_queries.discovered(site, chosen))
    return Source("discovered" if name in set(kept["name"]) else "category", name, read=read)


def dimensions(text: str) -> Signed:
    """Dimensions picked by hand, such as 12+,40-; SettingRefused where it is not like that."""
    parts = [part for part in re.split(r"[\s,;]+", text.strip()) if part]
    found = [re.fullmatch(r"(\d{1,6})([+-])", part) for part in parts]
    if not parts or not all(found):
        raise SettingRefused(
            f"Dimensions are numbers from 0 with a sign each, such as 12+,40-; not {text[:60]!r}."
        )
    numbers = [int(one.group(1)) for one in found if one]
    if len(set(numbers)) < len(numbers):
        raise SettingRefused(f"A dimension stands twice in {text[:60]!r}. Name each once.")
    signs = [1 if one.group(2) == "+" else -1 for one in found if one]
    return Signed(np.array(numbers, np.int64), np.array(signs, np.int64))


def feature(catalog: Catalog, source: Source, site: str, threshold: str) -> Feature:
    """Everything of a source at a site; NotInCatalog where it has no dimensions there.

    A category's feature is the stored one; a concept is registered on half of its words, as a
    category is.
    """
    if source.kind == "concept":
        made = _concept(catalog, source, site, threshold)
        return made if not source.read else Feature(made.signed, *held_out(catalog, source.read))
    found = signed(catalog, source, site, threshold)
    if source.read or source.kind == "category":
        return Feature(found, *held_out(catalog, source.read or source.name))
    agreeing = _agreeing(catalog, found, site, threshold)
    return Feature(found, agreeing, agreeing)


def signed(catalog: Catalog, source: Source, site: str, threshold: str) -> Signed:
    """Dimensions and signs alone, as of `feature`."""
    if source.kind == "dimensions":
        return dimensions(source.name)
    if source.kind == "concept":
        return _concept(catalog, source, site, threshold).signed
    if source.kind == "category":
        found = facts.prototype(catalog, source.name, site, threshold)
    else:
        _found_here(catalog, source.name, site, threshold)
        found = facts.signed(catalog.fetch(feature_queries.discovered_prototype(source.name)))
    if not len(found.dimensions):
        raise NotInCatalog(
            f"The catalog has no feature {source.name!r} with dimensions at {site}. List them "
            "with: dims features"
        )
    return found


def _found_here(catalog: Catalog, name: str, site: str, threshold: str) -> None:
    kept = catalog.fetch(feature_queries.discovered(site, threshold))
    if name not in set(kept["name"]):
        raise NotInCatalog(
            f"No feature {name!r} was discovered at {site}, threshold {threshold}. List them with: "
            "dims discover"
        )


def held_out(catalog: Catalog, name: str) -> tuple[Ints, Ints]:
    """Held-out members and all members of a category: those that did not make the stored feature.

    NotInCatalog where it was not measured.
    """
    one = splits.of(catalog, name)
    return one.held_out, one.members


def _concept(catalog: Catalog, source: Source, site: str, threshold: str) -> Feature:
    """The prototype of half of the words at a site, the other half, and all of them."""
    pool, anchors = catalog.remembered(
        ("flips", "words", source.words), lambda: _halved(catalog, source)
    )
    outcome = run(Contest.of(catalog.signs(site, threshold), pool), anchors)
    chosen, signs = outcome.prototypes.of(0)
    order = np.argsort(-np.abs(outcome.contrasts[0][chosen]), kind="stable")
    found = Signed(chosen[order].astype(np.int64), signs[order].astype(np.int64))
    return Feature(found, pool.members[~outcome.anchors[0]], pool.members)


def _halved(catalog: Catalog, source: Source) -> tuple[Pool, NDArray[np.bool_]]:
    """The pool of a concept's words, and which of them register it: bool[1, members]."""
    base = from_words.ground(catalog)
    members = base.vocabulary.match(list(source.words)).members
    if len(members) < FEWEST:
        raise NotInCatalog(
            f"Only {len(members)} of the {len(source.words)} words of {source.name!r} are single "
            "tokens here; half of them must be held out. Give at least four."
        )
    generator = np.random.default_rng(0)
    pool = base.pools.pool(catalog.primary.background, members, generator)
    return pool, halves(len(members), 1, generator)


def _agreeing(catalog: Catalog, feature: Signed, site: str, threshold: str) -> Ints:
    """The TOKENS whole words (one a family) that agree most with signed dimensions."""
    if not len(feature.dimensions):
        return feature.dimensions
    site_signs = catalog.signs(site, threshold)
    if int(feature.dimensions.max()) >= site_signs.dims:
        raise SettingRefused(
            f"There is no dimension {int(feature.dimensions.max())}: {site} has {site_signs.dims} "
            "(from 0)."
        )
    agreement = measure.agreement_of(
        site_signs.by_dimension, site_signs.items, feature.dimensions, feature.signs
    )
    own = catalog.families == np.arange(len(catalog.items))
    able = np.flatnonzero(own & (catalog.items["kind"] == "word").to_numpy())
    able = able if len(able) >= TOKENS else np.flatnonzero(own)
    return np.sort(able[np.argsort(-agreement[able], kind="stable")[:TOKENS]])
