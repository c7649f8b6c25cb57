"""The two sides of a comparison, read from their catalogs: identity, shared items, signs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.comparing import allowed, pairs
from catalog.comparing.pairs import Shared
from catalog.comparing.phi import Bits
from catalog.errors import NotInCatalog, SettingRefused, listed
from catalog.features import lexicon
from catalog.signs.site_signs import SiteSigns
from catalog.store import feature_queries, media_queries
from catalog.store.catalog import Catalog

FEWEST = 20
"""Shared families below which two catalogs are not compared."""
MOST = 50_000
"""Shared families compared at most; more are drawn from with a fixed seed."""


@dataclass(frozen=True)
class Side:
    """One catalog at one site and threshold."""

    catalog: Catalog
    site: str
    threshold: str
    dims: int

    @property
    def slug(self) -> str:
        """Short name of the catalog."""
        return self.catalog.slug

    @property
    def build(self) -> Mapping[str, Any]:
        """Its row of table build."""
        return self.catalog.build

    @property
    def content_hash(self) -> str:
        """What its signs are named by."""
        return str(self.build["content_hash"])

    @property
    def place(self) -> allowed.Place:
        """For `allowed.differences`."""
        return allowed.Place(self.build, self.site, self.threshold, self.dims)


def side(catalog: Catalog, site: str, threshold: str) -> Side:
    """A side at a named place; NotInCatalog or SettingRefused where the catalog lacks it."""
    if site not in catalog.site_names:
        raise NotInCatalog(
            f"{catalog.slug} has no site {site!r}; it has {listed(catalog.site_names)}."
        )
    if threshold not in catalog.thresholds:
        raise SettingRefused(
            f"{catalog.slug} holds no signs at threshold {threshold!r}, only at "
            f"{', '.join(catalog.thresholds)}."
        )
    dims = catalog.sites.set_index("site").at[site, "dims"]
    return Side(catalog, site, threshold, int(dims))


def counterpart(a: Catalog, site: str, b: Catalog) -> str:
    """The site of B that answers to a site of A.

    Residual sites: the one of nearest relative depth (layer / last layer; the lower of two).
    Others: the one of the same name, else B's primary site.
    """
    ours, theirs = a.sites, b.sites.dropna(subset="dims")
    own = ours.set_index("site").loc[site]
    residual = theirs[theirs["kind"] == "resid"]
    if own["kind"] == "resid" and len(residual):
        last = max(1, ours.loc[ours["site"].isin(a.residual_sites), "layer"].max())
        depth = residual["layer"] / max(1, residual["layer"].max())
        return str(residual["site"].iloc[int(np.abs(depth - own["layer"] / last).argmin())])
    return site if site in b.site_names else b.primary.site


def common_threshold(a: Catalog, b: Catalog) -> str:
    """Zero, or median where either catalog's verdicts are made at it; what both hold."""
    both = [name for name in a.thresholds if name in b.thresholds]
    wanted = {one.primary.threshold for one in (a, b)}
    if not both:
        raise SettingRefused(
            f"{a.slug} holds signs at {', '.join(a.thresholds)}, {b.slug} at "
            f"{', '.join(b.thresholds)}: no threshold is in both. Build one again with "
            "--thresholds zero,median."
        )
    return "median" if "median" in wanted and "median" in both else both[0]


def settled(
    a: Catalog,
    b: Catalog,
    site_a: str | None = None,
    site_b: str | None = None,
    threshold_a: str | None = None,
    threshold_b: str | None = None,
) -> tuple[Side, Side]:
    """Both sides: A's primary site, its counterpart in B, one threshold, where none is asked for.

    NotInCatalog or SettingRefused where a catalog lacks what is asked for.
    """
    threshold = threshold_a or common_threshold(a, b)
    one = side(a, site_a or a.primary.site, threshold)
    other = site_b or counterpart(a, one.site, b)
    return one, side(b, other, threshold_b or threshold)


def shared(a: Catalog, b: Catalog) -> Shared:
    """Items that both catalogs hold, one a family; at most MOST. SettingRefused across modalities.

    Images and sounds are the same where their files are.
    """
    return a.remembered(("shared", b.stamp), lambda: _shared(a, b))


def _shared(a: Catalog, b: Catalog) -> Shared:
    if a.modality != b.modality:
        raise SettingRefused(
            f"{a.slug} is a catalog of {a.modality}, {b.slug} of {b.modality}: nothing "
            "was shown to both. Choose two of one modality."
        )
    if a.modality == "text":
        found = pairs.of_tokens(*(one.items.assign(text=one.spelled) for one in (a, b)))
    else:
        files = media_queries.files()
        found = pairs.of_files(a.fetch(files), b.fetch(files))
    if len(found) < FEWEST:
        raise SettingRefused(
            f"{a.slug} and {b.slug} have {len(found)} items in common; at least {FEWEST} are "
            "needed to compare signs. Choose two with more of the same items."
        )
    if len(found) <= MOST:
        return found
    chosen = np.random.default_rng(0).choice(len(found), MOST, replace=False)
    return found.part(np.sort(chosen))


def same_items(a: Catalog, b: Catalog) -> bool:
    """Whether both were built from the same items in the same order."""
    found = shared(a, b)
    return bool(a.build["items"] == b.build["items"] and np.array_equal(found.a, found.b))


def bits(side: Side, items: NDArray[np.integer]) -> Bits:
    """Signs of some items at a side's place: bool[len(items), dims]."""
    words = side.catalog.by_item(side.site, side.threshold)
    rows = np.ascontiguousarray(words[:, items].T).view(np.uint8)
    unpacked = np.unpackbits(rows, axis=1, count=side.dims, bitorder="little")
    return unpacked.view(np.bool_)


def site_signs(side: Side, items: NDArray[np.integer]) -> SiteSigns:
    """Signs of some items only, in both layouts."""
    return side.catalog.signs(side.site, side.threshold).of(items)


def members(catalog: Catalog) -> dict[str, set[int]]:
    """Families of every category: as the catalog measured them, else of the shipped lists."""
    family = catalog.families
    listed = catalog.fetch(feature_queries.all_members())
    if len(listed):
        return {
            str(name): set(family[own["item"].to_numpy(np.int64)].tolist())
            for name, own in listed.groupby("category")
        }
    found = lexicon.lexicon(catalog, lexicon.folder()).measured
    return {name: set(family[match.members].tolist()) for name, match in found.items()}


def shared_members(a: Catalog, b: Catalog, both: Shared) -> dict[str, NDArray[np.int64]]:
    """Places among the shared items of each category that both have, by name."""
    families = [one.families[items] for one, items in ((a, both.a), (b, both.b))]
    ours, theirs = members(a), members(b)
    return {
        name: np.flatnonzero(
            np.isin(families[0], list(ours[name])) & np.isin(families[1], list(theirs[name]))
        )
        for name in sorted(ours.keys() & theirs.keys())
    }
