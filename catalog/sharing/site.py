"""`dims site`: a folder of static files that shows catalogs on any web host, without Python.

The same queries as the dashboard's, at the threshold and background of verdicts; the pages are
`web/`, their data are written here.
"""

import re
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from catalog.errors import SettingRefused
from catalog.figures import evidence as evidence_figure
from catalog.figures import summaries
from catalog.progress import Report, silent
from catalog.sharing import (
    folders,
    identity,
    labels,
    leaves,
    page,
    site_compare,
    site_dimensions,
    site_features,
    site_media,
    summary,
)
from catalog.sharing.leaves import rounded, shown
from catalog.sharing.site_dimensions import Extremes
from catalog.store import queries
from catalog.store.catalog import Catalog

ASSETS = ("core.js", "charts.js", "tables.js", "views.js", "site.css", "icon.svg")
ITEMS = 512
"""Items of a file that says where each stands."""


@dataclass(frozen=True)
class Site:
    """What was written."""

    out: Path
    catalogs: tuple[str, ...]
    files: int
    bytes: int
    catalog_bytes: int
    """Of the catalogs themselves; the site holds them too unless they were left out."""
    comparisons: int
    labels: int
    private: int
    waiting: int


def write(
    catalogs: Sequence[Catalog],
    out: Path,
    force: bool = False,
    with_files: bool = True,
    report: Report = silent,
) -> Site:
    """Write a site of these catalogs into a new folder, whole or not at all.

    `with_files`: each catalog file lies in it, for download. SettingRefused (no catalog, one twice,
    a folder that is not empty), DiskFull, CatalogUnreadable.
    """
    slugs = [one.slug for one in catalogs]
    if not slugs or len(set(slugs)) < len(slugs):
        raise SettingRefused("A site shows one catalog or more, each once: name them.")
    counts = [0, 0, 0]
    with folders.filled(out, force) as folder:
        listed = []
        for number, one in enumerate(catalogs):
            listed.append(_catalog(one, folder, number, with_files, report, counts))
        comparisons = site_compare.write(catalogs, folder)
        leaves.write(folder, "site", {"catalogs": listed, "comparisons": comparisons,
                                      "made_by": identity.program()})  # fmt: skip
        for name in ASSETS:
            (folder / name).write_text(page.asset(name), "utf-8")
        (folder / "index.html").write_text(page.asset("index.html"), "utf-8")
        folders.about(folder, {"made_by": f"{identity.program()}, dims site",
                               "catalogs": [identity.of(one) for one in catalogs]})  # fmt: skip
        files, size = folders.size(folder)
    whole = sum(one.stamp.size for one in catalogs)
    return Site(out, tuple(slugs), files, size, whole, len(comparisons), *counts)


def _catalog(
    one: Catalog, folder: Path, number: int, with_file: bool, report: Report, counts: list[int]
) -> dict[str, Any]:
    """Write everything of one catalog below `number`; its line in the list."""
    place = f"c{number}"
    sites = one.site_names
    extremes: dict[int, list[int]] = defaultdict(list)
    for done, site in enumerate(sites):
        report(f"{one.slug}, sites", done, len(sites))
        leaves.write(folder, f"{place}/dims-{done}", site_dimensions.table(one, site))
        found = site_dimensions.chunks(one, site, folder, f"{place}/dim-{done}")
        _merge(extremes, found, done)
    report(f"{one.slug}, sites", len(sites), len(sites))
    _words(one, folder, place, extremes)
    features = site_features.every(one, folder, f"{place}/feature") if one.measured else None
    leaves.write(folder, f"{place}/features", features)
    claims = summary.evidence(one)
    told = leaves.readable(claims)
    leaves.write(folder, f"{place}/evidence", {"rows": told, "figure": _drawn(one, claims)})
    leaves.write(folder, f"{place}/across", site_dimensions.across(one))
    leaves.write(folder, f"{place}/catalog", _overview(one, claims, counts))
    media = site_media.write(one, folder, place)
    file = f"{place}/{one.slug}.duckdb.zip" if with_file else None
    if file is not None:
        report(f"{one.slug}, its file", 0, 0)
        _packed(one, folder / file)
    build = one.build
    return {
        "slug": one.slug,
        "place": place,
        "model": shown(identity.shown_model(one)),
        "modality": one.modality,
        "media": media,
        "items": int(build["items"]),
        "sites": [
            [row.site, int(row.dims)] for row in one.sites.dropna(subset="dims").itertuples()
        ],
        "primary": one.primary._asdict(),
        "file": file,
        "bytes": one.stamp.size,
        "packed": (folder / file).stat().st_size if file else None,
        "chunk": site_dimensions.CHUNK,
        "item_chunk": ITEMS,
    }


def _packed(one: Catalog, path: Path) -> None:
    """The catalog file for download: a zip, which every system opens by a double click."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as held:
        held.write(one.path, f"{one.slug}.duckdb")


def _merge(extremes: dict[int, list[int]], found: Extremes, place: int) -> None:
    for item, rows in found.items():
        for number, rank in rows:
            extremes[item] += (place, number, rank)


def _words(one: Catalog, folder: Path, place: str, extremes: dict[int, list[int]]) -> None:
    """Every item's text, for the search, and where each stands at a pole: threes of numbers."""
    items = one.items
    leaves.write(folder, f"{place}/words", [shown(text) for text in items["text"]])
    members = summary.members(one)
    for first in range(0, len(items), ITEMS):
        rows = [
            [extremes.get(item, []), members.get(item, [])]
            if item in extremes or item in members
            else 0
            for item in range(first, min(first + ITEMS, len(items)))
        ]
        leaves.write(folder, f"{place}/items-{first // ITEMS}", rows)


def _overview(one: Catalog, claims: list[dict[str, Any]], counts: list[int]) -> dict[str, Any]:
    public = labels.public(one)
    if public is not None:
        for place, count in enumerate((len(public.rows), public.private, public.waiting)):
            counts[place] += count
    layers = summary.by_site(one) if one.measured else pd.DataFrame()
    best = summary.dimensions(one).head(12) if one.measured else pd.DataFrame()
    sites = one.fetch(queries.site_summary())
    verdicts = pd.Series([row["verdict"] for row in claims], dtype=object).value_counts().to_dict()
    known = identity.of(one)
    known["versions"] = identity.versions(known)
    return {
        "identity": leaves.readable(
            {k: v for k, v in known.items() if not isinstance(v, list | dict)}
        ),
        "absent": leaves.readable(known["absent"]),
        "verdicts": verdicts,
        "layers": _unstyled(summaries.by_layer(layers, one.primary.site)) if len(layers) else None,
        "strongest": [
            [int(row.dimension), shown(row.category), rounded([row.held_out], 3)[0],
             [shown(text) for text in row.positive], [shown(text) for text in row.negative]]
            for row in best.itertuples()
        ],
        "pictures": [
            site_media.pictured(one, best.get(pole, ())) for pole in ("positive", "negative")
        ],
        "entropy": [
            [row.site, rounded([row.entropy_bits], 3)[0]]
            for row in sites[sites["threshold"] == one.primary.threshold].itertuples()
        ],
        "labels": [] if public is None else _labels(public.rows),
        "commands": summary.commands(one),
    }  # fmt: skip


def _labels(rows: pd.DataFrame) -> list[dict[str, Any]]:
    names = ["site", "kind", "name", "pole", "author", "clear_pole", "category", "text", "final",
             "nothing"]  # fmt: skip
    return [
        {name: shown(value) if isinstance(value, str) else value for name, value in row.items()
         if value is not None and not pd.isna(value)}
        for row in rows[names].to_dict("records")
    ]  # fmt: skip


def _drawn(one: Catalog, claims: list[dict[str, Any]]) -> str | None:
    if not claims:
        return None
    where = (
        f"{identity.shown_model(one)}, read {one.build['reading']}; {summary.usual_cell(claims)}"
    )
    return _unstyled(evidence_figure.of_rows(claims, f"{one.slug}: claims and controls", where))


def _unstyled(drawn: str) -> str:
    """A figure without style attributes, which the policy of the pages blocks."""
    return re.sub(r' style="[^"]*"', "", drawn)
