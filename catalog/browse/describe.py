"""What the reading commands answer, as plain dictionaries (the JSON names scripts rely on)."""

import json
from typing import Any

import pandas as pd

from catalog import places
from catalog.browse import examples, poles
from catalog.errors import NotInCatalog
from catalog.store import (
    context_queries,
    feature_queries,
    media_queries,
    packed_queries,
    queries,
    trial_queries,
    writer_queries,
)
from catalog.store.catalog import Catalog

STATISTICS = (
    "share_positive", "entropy_bits", "mean", "std", "mean_abs", "minimum", "q05", "q25", "q50",
    "q75", "q95", "maximum", "stability", "chance", "kappa", "frequency_auc", "length_auc",
)  # fmt: skip
"""Figures of a dimension that are told, in order."""


def info(catalog: Catalog) -> dict[str, Any]:
    """Identity, settings and sites of one catalog."""
    build = catalog.build
    sites = catalog.sites
    present = sites[sites["absent"].isna()]
    absent = sites[sites["absent"].notna()]
    silent = set(catalog.fetch(packed_queries.silent_sites())["site"])
    return {
        **{str(name): _plain(value) for name, value in build.items()},
        "path": str(catalog.path),
        "bytes": catalog.path.stat().st_size,
        "verified_at": _verified_at(str(build["content_hash"])),
        "sites": [
            {
                "site": row.site,
                "dims": int(row.dims),
                "degenerate": _plain(row.degenerate),
                "zero": row.site in silent,
            }
            for row in present.itertuples()
        ],
        "absent": [{"site": row.site, "reason": row.absent} for row in absent.itertuples()],
        "measured": {
            "cells": catalog.measured_cells,
            "of": len(catalog.site_names) * len(catalog.thresholds),
        },
        "readings": readings(catalog),
        **_media(catalog),
        **_corpus(catalog),
    }


def readings(catalog: Catalog) -> list[dict[str, Any]]:
    """The readings that were tried before the build, simplest first; none where one was asked."""
    if "reading_trial" not in set(catalog.fetch(queries.tables())["table"]):
        return []  # a catalog of an earlier version
    rows = catalog.fetch(trial_queries.reading_trials()).to_dict("records")
    return [{str(name): _plain(value) for name, value in row.items()} for row in rows]


def _media(catalog: Catalog) -> dict[str, Any]:
    """Where images or sounds came from, and what was left out; nothing for text."""
    if "media_source" not in set(catalog.fetch(queries.tables())["table"]):
        return {}  # a catalog of an earlier version
    source = catalog.fetch(media_queries.source())
    if source.empty:
        return {}
    known = {str(name): _plain(value) for name, value in source.iloc[0].items()}
    known["preprocessing"] = json.loads(known["preprocessing"])
    left_out = catalog.fetch(media_queries.skipped()).to_dict("records")
    return {"media": {**known, "left_out": left_out}}


def _corpus(catalog: Catalog) -> dict[str, Any]:
    """Which texts were read, and what was left out; nothing where items stand in no text."""
    if not catalog.contextual:
        return {}
    source = catalog.fetch(context_queries.source()).iloc[0]
    known = {str(name): _plain(value) for name, value in source.items()}
    return {
        "corpus": {**known, "left_out": catalog.fetch(context_queries.skipped()).to_dict("records")}
    }


def _verified_at(content_hash: str) -> str | None:
    if not places.workspace_exists():
        return None
    from catalog.browse import verifications  # SQLAlchemy takes half a second to import

    when = verifications.verified_at(content_hash)
    return f"{when.isoformat(timespec='seconds')}Z" if when else None


def dimension(
    catalog: Catalog, site: str, number: int, threshold: str | None = None
) -> dict[str, Any]:
    """Statistics and poles of one dimension; NotInCatalog names what there is."""
    chosen = catalog.checked(site, threshold)
    dims = int(catalog.sites.set_index("site").dims[site])
    row = catalog.one(
        queries.dimension(site, chosen, number),
        f"{site} has dimensions 0 to {dims - 1}; there is no {number}.",
    )
    found = poles.poles(catalog, site, number, chosen, float(row["value"]))
    told = examples.as_json(examples.of(catalog, site, number)) if catalog.contextual else None
    return {
        **({} if told is None else {"examples": told}),
        "site": site,
        "dimension": number,
        "threshold": chosen,
        "threshold_value": _plain(row["value"]),
        **{name: _plain(row.get(name)) for name in STATISTICS},
        "poles": {
            name: [
                {"item": int(one.item), "text": one.text, "value": float(one.value)}
                for one in poles.pole(found, name).itertuples()
            ]
            for name in poles.NAMES
        },
    }


def _plain(value: Any) -> Any:
    """A value that json can write: NumPy scalars become Python's, missing ones None."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, pd.Timestamp):
        return f"{value.isoformat()}Z"
    if isinstance(value, list):
        return value
    return None if pd.isna(value) else value


def features(
    catalog: Catalog, background: str | None = None, threshold: str | None = None
) -> list[dict[str, Any]]:
    """Features of every category at every site, at a threshold (by default the first stored).

    `background` None is the one that verdicts are made in.
    """
    chosen = background or catalog.primary.background
    rows = catalog.fetch(feature_queries.features(threshold or catalog.thresholds[0], chosen))
    return [{k: _plain(v) for k, v in row.items()} for row in rows.to_dict("records")]


def evidence(catalog: Catalog) -> list[dict[str, Any]]:
    """The evidence table as stored; controls and curves as objects."""
    rows = catalog.fetch(feature_queries.evidence())
    if rows.empty:
        slug = catalog.slug
        raise NotInCatalog(f"{slug} has no evidence yet. Gather it with: dims evidence {slug}")
    found = [{k: _plain(v) for k, v in row.items()} for row in rows.to_dict("records")]
    return [
        {**row, "controls": json.loads(row["controls"]), "curves": json.loads(row["curves"])}
        for row in found
    ]


def coalitions(catalog: Catalog, site: str, threshold: str) -> list[dict[str, Any]]:
    """Who writes the features of a site, as `dims writers` left it; those with a verdict first."""
    rows = catalog.fetch(writer_queries.coalitions(site, threshold))
    return [{k: _plain(v) for k, v in row.items()} for row in rows.to_dict("records")]
