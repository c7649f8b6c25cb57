"""Small measured catalogs of the shipped image and sound models, on a few of their own samples."""

import csv
from pathlib import Path

from catalog.building import build
from catalog.features import findings as measuring
from catalog.samples import digits, sounds
from catalog.store.catalog import Catalog

SITE = "resid.2"
HOSTILE = "<b>8</b> $x$ :red[r]"
"""Name of a class, and of the file that comes first, as a page must show it."""
PER_CLASS = 26


def write(folder: Path, *names: str, findings: bool = True) -> Path:
    """Make `folder`/items and `folder`/catalogs with `digits` and `sounds`; returns `folder`.

    Eight becomes a class with a hostile name. One sound is no sound and is skipped.
    """
    for name in names or ("digits", "sounds"):
        items = folder / "items" / name
        {"digits": digits, "sounds": sounds}[name].write(items)
        _thin(items)
        made = build.build(
            build.Settings(
                name,
                items=items,
                per_patch=SITE,
                sites=f"resid.0,{SITE}",
                thresholds=("zero",),
                out=folder / "catalogs",
            )
        )
        if findings:
            measuring.measure(Catalog(made), matched_nulls="primary")
    return folder


def _thin(items: Path) -> None:
    """Keep PER_CLASS items of at most ten classes, spoil one sound, rename a class."""
    with (items / "labels.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    labels = list(dict.fromkeys(row["label"] for row in rows))[:10]
    kept = [r for label in labels for r in [x for x in rows if x["label"] == label][:PER_CLASS]]
    for row in kept:
        row["label"] = HOSTILE if row["label"] == "digit 8" else row["label"]
    spoilt = items / kept[0]["path"]
    if spoilt.suffix == ".wav":
        spoilt.write_bytes(b"RIFF, but no sound")
    with (items / "labels.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ["path", "label", "superclass"])
        writer.writeheader()
        writer.writerows(kept)
