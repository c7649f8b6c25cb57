"""The two sides of a comparison, read from their catalogs: identity, shared items, signs."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.comparing import allowed, pairs
from catalog.comparing.pairs import Shared
from catalog.comparing.phi import Bits
from catalog.errors import NotInCatalog, SettingRefused
from catalog.features import finding, findings
from catalog.signs.site_signs import SiteSigns
from catalog.store import feature_queries, packed, queries, reading
from catalog.store.file import Stamp
from catalog.store.reading import Query

MOST = 50_000
"""Shared families compared at most; more are drawn from with a fixed seed."""


@dataclass(frozen=True)
class Side:
    """One catalog at one site and threshold."""

    path: Path
    site: str
    threshold: str
    dims: int

    @property
    def slug(self) -> str:
        """Short name of the catalog."""
        return self.path.stem

    @property
    def build(self) -> dict[str, Any]:
        """Its row of table build."""
        return build_of(self.path)

    @property
    def content_hash(self) -> str:
        """What its signs are named by."""
        return str(self.build["content_hash"])

    @property
    def place(self) -> allowed.Place:
        """For `allowed.differences`."""
        return allowed.Place(self.build, self.site, self.threshold, self.dims)

    @property
    def last(self) -> int:
        """Number of the last residual site."""
        found = sites_of(self.path)
        return int(found.loc[found["kind"] == "resid", "layer"].max())


def build_of(path: Path) -> dict[str, Any]:
    """The build row of a catalog, with the number of items."""
    row = reading.fetch(path, queries.build()).iloc[0]
    return {str(name): value for name, value in row.items()}


def sites_of(path: Path) -> pd.DataFrame:
    """The sites that were read, in order."""
    return reading.fetch(path, queries.sites()).dropna(subset="dims")


def side(path: Path, site: str, threshold: str) -> Side:
    """A side at a named place; NotInCatalog or SettingRefused where the catalog lacks it."""
    present = sites_of(path).set_index("site")["dims"]
    if site not in present.index:
        raise NotInCatalog(
            f"{path.stem} has no site {site!r}; it has {', '.join(map(str, present.index))}."
        )
    stored = list(build_of(path)["thresholds"])
    if threshold not in stored:
        raise SettingRefused(
            f"{path.stem} holds no signs at threshold {threshold!r}, only at {', '.join(stored)}."
        )
    return Side(path, site, threshold, int(present[site]))


def usual_site(path: Path) -> str:
    """The middle residual site, at which verdicts are made; the first site where there is none."""
    present = sites_of(path)
    residual = present[present["kind"] == "resid"]
    return findings.primary(path).site if len(residual) else str(present["site"].iloc[0])


def counterpart(a: Path, site: str, b: Path) -> str:
    """The site of B that answers to a site of A.

    Residual sites: the one of nearest relative depth (layer / last layer; the lower of two).
    Others: the one of the same name, else B's middle residual site.
    """
    ours, theirs = sites_of(a), sites_of(b)
    own = ours.set_index("site").loc[site]
    residual = theirs[theirs["kind"] == "resid"]
    if own["kind"] == "resid" and len(residual):
        last = max(1, ours.loc[ours["kind"] == "resid", "layer"].max())
        depth = residual["layer"] / max(1, residual["layer"].max())
        return str(residual["site"].iloc[int(np.abs(depth - own["layer"] / last).argmin())])
    return site if site in set(theirs["site"]) else usual_site(b)


def usual_threshold(a: Path, b: Path) -> str:
    """Zero, or median where either catalog's verdicts are made at it; what both hold."""
    stored = [list(build_of(path)["thresholds"]) for path in (a, b)]
    both = [name for name in stored[0] if name in stored[1]]
    wanted = {findings.primary(p).threshold for p in (a, b) if _has_residual(p)}
    if not both:
        raise SettingRefused(
            f"{a.stem} holds signs at {', '.join(stored[0])}, {b.stem} at {', '.join(stored[1])}: "
            "no threshold is in both. Build one again with --thresholds zero,median."
        )
    return "median" if "median" in wanted and "median" in both else both[0]


def _has_residual(path: Path) -> bool:
    return bool((sites_of(path)["kind"] == "resid").any())


def shared(a: Path, b: Path) -> Shared:
    """Items that both catalogs hold, one a family; at most MOST. SettingRefused across modalities.

    Images and sounds are the same where their files are.
    """
    return _shared(Stamp.of(a), Stamp.of(b))


@functools.lru_cache(maxsize=8)
def _shared(a: Stamp, b: Stamp) -> Shared:
    paths = Path(a.path), Path(b.path)
    kinds = [build_of(path)["modality"] for path in paths]
    if kinds[0] != kinds[1]:
        raise SettingRefused(
            f"{paths[0].stem} is a catalog of {kinds[0]}, {paths[1].stem} of {kinds[1]}: nothing "
            "was shown to both. Choose two of one modality."
        )
    if kinds[0] == "text":
        tables = [findings.items_of(path) for path in paths]
        found = pairs.of_tokens(*tables)
    else:
        files = Query("SELECT item, sha256 FROM media WHERE duplicate_of IS NULL ORDER BY item")
        found = pairs.of_files(*(reading.fetch(path, files) for path in paths))
    if len(found) <= MOST:
        return found
    chosen = np.random.default_rng(0).choice(len(found), MOST, replace=False)
    return found.part(np.sort(chosen))


def same_items(a: Path, b: Path) -> bool:
    """Whether both were built from the same items in the same order."""
    rows = [build_of(path)["items"] for path in (a, b)]
    found = shared(a, b)
    return bool(rows[0] == rows[1] and np.array_equal(found.a, found.b))


def bits(side: Side, items: NDArray[np.integer]) -> Bits:
    """Signs of some items at a side's place: bool[len(items), dims]."""
    words = packed.by_item(side.path, side.site, side.threshold)
    rows = np.ascontiguousarray(words[:, items].T).view(np.uint8)
    unpacked = np.unpackbits(rows, axis=1, count=side.dims, bitorder="little")
    return unpacked.view(np.bool_)


def site_signs(side: Side, items: NDArray[np.integer]) -> SiteSigns:
    """Signs of some items only, in both layouts."""
    words = packed.by_item(side.path, side.site, side.threshold)
    whole = SiteSigns(words, packed.by_dimension(side.path, side.site, side.threshold))
    return SiteSigns(np.ascontiguousarray(words[:, items]), whole.columns(items))


def members(path: Path) -> dict[str, set[int]]:
    """Families of every category: as the catalog measured them, else of the shipped lists."""
    family = findings.items_of(path)["family"].to_numpy(np.int64)
    listed = reading.fetch(path, feature_queries.all_members())
    if len(listed):
        return {
            str(name): set(family[own["item"].to_numpy(np.int64)].tolist())
            for name, own in listed.groupby("category")
        }
    found = findings.lexicon(path, finding.folder_of_categories()).measured
    return {name: set(family[match.members].tolist()) for name, match in found.items()}


def shared_members(a: Path, b: Path, both: Shared) -> dict[str, NDArray[np.int64]]:
    """Places among the shared items of each category that both have, by name."""
    families = [
        findings.items_of(path)["family"].to_numpy(np.int64)[items]
        for path, items in ((a, both.a), (b, both.b))
    ]
    ours, theirs = members(a), members(b)
    return {
        name: np.flatnonzero(
            np.isin(families[0], list(ours[name])) & np.isin(families[1], list(theirs[name]))
        )
        for name in sorted(ours.keys() & theirs.keys())
    }
