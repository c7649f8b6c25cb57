"""Dimensions one by one with their examples: what formats of feature browsers are made from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from catalog.browse import examples
from catalog.errors import SettingRefused
from catalog.modalities import facts
from catalog.store import share_queries
from catalog.store.catalog import Catalog

PARTS = ("positive", "negative")


class Window(NamedTuple):
    """One example: a token alone, or in the text that it was read in."""

    part: str
    """positive, negative, or band 1 (lowest values) to band 5."""
    tokens: tuple[str, ...]
    values: tuple[float, ...]
    """The dimension's value at each token."""
    at: int
    """Which of them the example is about."""


@dataclass(frozen=True)
class Unit:
    """One dimension of a site."""

    number: int
    row: Mapping[str, Any]
    """Columns of the tables dimension and dimension_sign."""
    windows: tuple[Window, ...]

    def histogram(self) -> tuple[list[float], list[int]]:
        """Middles of the 62 inner bins, and the items of each: the open end bins are left out."""
        low, high = float(self.row["low"]), float(self.row["high"])
        edges = np.linspace(low, high, 63)
        heights = np.asarray(self.row["histogram"], np.int64)[1:-1]
        return ((edges[:-1] + edges[1:]) / 2).tolist(), heights.tolist()

    def part(self, name: str) -> tuple[Window, ...]:
        """The examples of one pole or band."""
        return tuple(one for one in self.windows if one.part == name)


def check(catalog: Catalog, form: str) -> None:
    """SettingRefused where items are no tokens: these formats show texts."""
    if catalog.modality != "text":
        named = facts.OF[catalog.modality].many
        raise SettingRefused(
            f"{form} shows texts, and {catalog.slug} holds {named}: export it as parquet, csv or "
            "safetensors."
        )


def of_site(catalog: Catalog, site: str, threshold: str) -> Iterator[Unit]:
    """Every dimension of a site in order, with both poles and, in context, its five bands."""
    dims = int(catalog.sites.set_index("site").dims[site])
    for first in range(0, dims, share_queries.BLOCK):
        rows = catalog.fetch(share_queries.dimensions(site, threshold, first))
        alone = {} if catalog.contextual else _alone(catalog, site, first)
        for row in rows.to_dict("records"):
            number = int(row["dimension"])
            known = {str(name): value for name, value in row.items()}
            shown = _in_texts(catalog, site, number) if catalog.contextual else alone[number]
            yield Unit(number, known, tuple(shown))


def _alone(catalog: Catalog, site: str, first: int) -> dict[int, list[Window]]:
    found: dict[int, list[Window]] = {}
    for row in catalog.fetch(share_queries.poles(site, first)).itertuples():
        if row.pole in PARTS:
            window = Window(str(row.pole), (spaced(str(row.text)),), (float(row.value),), 0)
            found.setdefault(int(row.dimension), []).append(window)
    return found


def _in_texts(catalog: Catalog, site: str, number: int) -> list[Window]:
    rows = examples.windows(catalog, site, number)
    return [Window(one.part, one.tokens, one.values, one.at) for one in rows]


def spaced(text: str) -> str:
    """A token with its leading space as a space."""
    return " " + text[1:] if text.startswith("␣") else text
