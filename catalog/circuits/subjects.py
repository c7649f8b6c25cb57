"""The features of a site whose writers are looked for: its categories, and the best discovered."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.circuits import writers
from catalog.store import feature_queries
from catalog.store.catalog import Catalog

DISCOVERED = 50
"""Discovered features looked at, the strongest first."""
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Subject:
    """A feature whose writers are looked for."""

    kind: str
    """category or discovered"""
    name: str
    dimensions: Ints
    signs: Ints
    small: bool

    @property
    def able(self) -> bool:
        """Whether it can have a verdict."""
        return not self.small and len(self.dimensions) >= writers.FEWEST

    @property
    def seed(self) -> list[int]:
        """Numbers that seed its draws, whatever else is measured beside it."""
        return list(self.name.encode())


def of(catalog: Catalog, site: str, threshold: str) -> Iterator[Subject]:
    """Features that the catalog holds at its primary background, then the discovered ones."""
    background = catalog.primary.background
    rows = catalog.fetch(feature_queries.features(threshold, background))
    small = {str(r.category): bool(r.small) for r in rows[rows["site"] == site].itertuples()}
    prototypes = catalog.fetch(feature_queries.prototypes(site, threshold, background))
    for name, own in prototypes.groupby("category"):
        yield _subject("category", str(name), own, small[str(name)])
    listed = catalog.fetch(feature_queries.discovered(site, threshold))
    for name in listed["name"][:DISCOVERED]:
        own = catalog.fetch(feature_queries.discovered_prototype(str(name)))
        yield _subject("discovered", str(name), own, False)


def _subject(kind: str, name: str, own: Any, small: bool) -> Subject:
    dimensions, signs = own["dimension"].to_numpy(np.int64), own["sign"].to_numpy(np.int64)
    return Subject(kind, name, dimensions, signs, small)
