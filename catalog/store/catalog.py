"""Catalog: one catalog file, opened. Everything above the store is handed this, never a path.

Cheap to make, equal where the path is, safe to share between threads and to send to a worker
process. It holds no connection and no array: each fact is read once per file into the memory of
this process, which is bounded, and read again when the file has been replaced.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from catalog import places
from catalog.errors import NotInCatalog, SettingRefused, listed
from catalog.modalities import facts as modalities
from catalog.modalities import spelling
from catalog.modalities.backgrounds import Background
from catalog.signs.bits import Packed, Words
from catalog.signs.prototypes import SPLITS, TAU
from catalog.signs.site_signs import SiteSigns
from catalog.signs.standing import Standing
from catalog.store import context_queries, feature_queries, packed, queries, reading
from catalog.store.file import Stamp
from catalog.store.memory import Memory
from catalog.store.reading import Query

CONTEXT = "context"
"""The reading of catalogs whose items are positions of real texts."""
DEGENERATE_SHARE = 0.25
"""Above this share of degenerate dimensions at the primary site, threshold median is primary."""
VALUES = 96
"""Facts of catalogs kept in this process, besides packed signs."""

Value = TypeVar("Value")
facts = Memory(lambda: VALUES, lambda _value: 1)
"""Facts of this process's catalogs; signs have a shelf of their own, bounded in bytes."""


class Primary(NamedTuple):
    """The cell that verdicts are made in, fixed before anything is measured."""

    site: str
    threshold: str
    background: Background


@dataclass(frozen=True)
class Catalog:
    """One catalog file. Nothing is read before it is asked for."""

    path: Path

    @property
    def slug(self) -> str:
        """Name of the catalog in links and commands."""
        return self.path.stem

    @property
    def stamp(self) -> Stamp:
        """Identity of the file as it is now; CatalogMissing where it is gone."""
        return Stamp.of(self.path)

    def fetch(self, query: Query) -> pd.DataFrame:
        """Rows of one of the store's queries; CatalogMissing or CatalogUnreadable."""
        return reading.fetch(self.path, query)

    def fetch_arrow(self, query: Query) -> pa.Table:
        """`fetch`, as an Arrow table (for packed bits)."""
        return reading.fetch_arrow(self.path, query)

    def one(self, query: Query, missing: str) -> "pd.Series[Any]":
        """The only row of a query; NotInCatalog with the sentence `missing` where there is none."""
        return reading.one(self.path, query, missing)

    def remembered(self, what: tuple[Hashable, ...], make: Callable[[], Value]) -> Value:
        """What is derived from this file alone: made once, kept until the file is replaced.

        `what` names the value and everything it depends on besides the file. The value is shared:
        never change it.
        """
        return facts.get(self.stamp, what, make)

    @property
    def build(self) -> Mapping[str, Any]:
        """How the catalog was made: the row of table `build`, with the number of items."""
        return self.remembered(("build",), self._build)

    def _build(self) -> Mapping[str, Any]:
        row = self.fetch(queries.build()).iloc[0]
        return MappingProxyType({str(name): value for name, value in row.items()})

    @property
    def modality(self) -> str:
        """What the items are: text, image or audio."""
        return str(self.build["modality"])

    @property
    def contextual(self) -> bool:
        """Whether its items are positions of real texts; else a text's items are token ids."""
        return str(self.build["reading"]) == CONTEXT

    def check_alone(self, doing: str) -> None:
        """SettingRefused where items are positions of texts, for what needs tokens alone."""
        if self.contextual:
            raise SettingRefused(
                f"{self.slug} holds tokens in context, and {doing} takes a catalog of single "
                "tokens. Choose the one that was built from this model without --texts."
            )

    @property
    def thresholds(self) -> tuple[str, ...]:
        """Thresholds whose signs the catalog holds, in order."""
        return tuple(self.build["thresholds"])

    @property
    def backgrounds(self) -> tuple[Background, ...]:
        """What categories can be told apart from in this modality."""
        return modalities.OF[self.modality].backgrounds

    @property
    def sites(self) -> pd.DataFrame:
        """Every site in order, absent ones with their reason: the columns of table `site`."""
        return self.remembered(("sites",), lambda: self.fetch(queries.sites())).copy()

    @property
    def site_names(self) -> tuple[str, ...]:
        """Sites whose signs the catalog holds, in order."""
        return tuple(self.sites.dropna(subset="dims")["site"])

    @property
    def residual_sites(self) -> tuple[str, ...]:
        """The residual sites among them, from the embeddings on."""
        held = self.sites.dropna(subset="dims")
        return tuple(held[held["kind"] == "resid"]["site"])

    @property
    def primary(self) -> Primary:
        """The cell of verdicts: site resid.ceil(n / 2); threshold zero, or median above 25 %
        degenerate dimensions there; the modality's primary background.
        """
        return self.remembered(("primary",), self._primary)

    def _primary(self) -> Primary:
        sites = self.sites
        residual = sites[(sites["kind"] == "resid") & sites["dims"].notna()]
        stored = self.thresholds
        if residual.empty:  # only other sites were asked for
            return Primary(self.site_names[0], stored[0], modalities.OF[self.modality].primary)
        middle = residual[residual["layer"] >= residual["layer"].max() / 2].iloc[0]
        known = "zero" in stored  # else degenerate is NULL
        many = known and middle["degenerate"] > DEGENERATE_SHARE * middle["dims"]
        wanted = "median" if many and "median" in stored else stored[0]
        return Primary(str(middle["site"]), wanted, modalities.OF[self.modality].primary)

    @property
    def items(self) -> pd.DataFrame:
        """The table `item` in order; missing words are None. Shared: never change it."""
        return self.remembered(("items",), self._items)

    def _items(self) -> pd.DataFrame:
        items = self.fetch(feature_queries.items())
        items["word"] = items["word"].astype(object).where(items["word"].notna(), None)
        return items

    @property
    def families(self) -> NDArray[np.int64]:
        """The representative of each item's family: int64[items]."""
        families: NDArray[np.int64] = self.items["family"].to_numpy(np.int64)
        return families

    @property
    def texts(self) -> NDArray[np.object_]:
        """What each item is shown as: object[items] of str."""
        texts: NDArray[np.object_] = self.items["text"].to_numpy(dtype=object)
        return texts

    @property
    def spelled(self) -> NDArray[np.object_]:
        """The token of each item as it is spelled, ␣ before it: `texts`, but for tokens in context,
        whose texts hold what stands around them. object[items] of str.
        """
        return self.remembered(("spelled",), self._spelled) if self.contextual else self.texts

    def _spelled(self) -> NDArray[np.object_]:
        texts = self.fetch(context_queries.spelled())["text"]
        spelled: NDArray[np.object_] = texts.map(spelling.escape).to_numpy(dtype=object)
        return spelled

    @property
    def categories(self) -> pd.DataFrame:
        """Every category with its coverage: the table `category`, measured ones first."""
        read = self.remembered(("categories",), lambda: self.fetch(feature_queries.categories()))
        return read.copy()

    @property
    def measured(self) -> bool:
        """Whether the catalog's categories have been measured."""
        return not self.categories.empty

    @property
    def measured_cells(self) -> int:
        """Sites x thresholds at which features are measured so far."""
        return int(self.fetch(feature_queries.cells())["cells"].iloc[0])

    @property
    def complete(self) -> bool:
        """Whether they are measured at all sites and thresholds, or no category can be."""
        every = len(self.site_names) * len(self.thresholds)
        return self.measured and self.measured_cells in (0, every)

    def by_item(self, site: str, threshold: str) -> Words:
        """Signs of a site, word-major: read-only uint64[ceil(D / 64), items]; see `signs.bits`."""
        return packed.by_item(self.path, site, threshold)

    def by_dimension(self, site: str, threshold: str) -> Packed:
        """Signs of a site by dimension: read-only uint8[D, ceil(items / 8)]."""
        return packed.by_dimension(self.path, site, threshold)

    def signs(self, site: str, threshold: str) -> SiteSigns:
        """Signs of a site in both layouts; NotInCatalog where it holds none there."""
        packed_twice = self.by_item(site, threshold), self.by_dimension(site, threshold)
        return SiteSigns(*packed_twice, self.standing, self.tau)

    @property
    def tau(self) -> float:
        """Registration level of its features; every contest, null and curve takes it from here."""
        return TAU

    @property
    def standing(self) -> Standing | None:
        """Which positions stand for a family in each split; None but for tokens in context."""
        return self.remembered(("standing",), self._standing) if self.contextual else None

    def _standing(self) -> Standing:
        document = self.fetch(context_queries.positions())["document"].to_numpy(np.int64)
        return Standing.drawn(self.families, document, SPLITS)

    def cuts(self, site: str, threshold: str) -> NDArray[np.float32]:
        """The threshold's value for each dimension: float32[dims]."""
        values = self.fetch(queries.threshold_values(site, threshold))["value"]
        cuts: NDArray[np.float32] = values.to_numpy(np.float32)
        return cuts

    def checked(self, site: str, threshold: str | None, background: str | None = None) -> str:
        """The threshold to use, the first stored one for None.

        NotInCatalog for a site, SettingRefused for a threshold or background it does not have.
        """
        if site not in self.site_names:
            raise NotInCatalog(
                f"The catalog has no site {site!r}; it has {listed(self.site_names)}."
            )
        if threshold is not None and threshold not in self.thresholds:
            raise SettingRefused(
                f"The catalog holds no signs at threshold {threshold!r}, only at "
                f"{', '.join(self.thresholds)}."
            )
        if background is not None and background not in self.backgrounds:
            raise SettingRefused(
                f"--background is one of {', '.join(self.backgrounds)} in this catalog."
            )
        return threshold or self.thresholds[0]


def find(name: str | Path) -> Catalog:
    """The catalog of a path or a slug; CatalogMissing names those there are. Reads nothing."""
    return Catalog(places.find_catalog(str(name)))
