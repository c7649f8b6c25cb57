"""From what a person asked for to images or sounds as items: list, scan, refuse, count."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from catalog.errors import MediaUnreadable, SettingRefused
from catalog.modalities import Asked, Loaded, Stored, folders, spelling
from catalog.modalities.grids import Grid
from catalog.modalities.media import Media, Medium
from catalog.modalities.scanning import Scan, Seen

POOLINGS = ("mean", "mean-window", "cls")


def prepare(
    medium: Medium, model: Loaded, asked: Asked, report: Callable[[str, int, int], None]
) -> Media:
    """Scan the items asked for. Raises SettingRefused where nothing is left to show."""
    if asked.template is not None:
        raise SettingRefused(f"{model.name} reads no text. Leave --template out.")
    if asked.items is None:
        raise SettingRefused(
            f"{model.name} is a model of {medium.name}: say what to show it with --items FOLDER (a "
            "subfolder per class) or a CSV of path,label."
        )
    layout = Grid.of(model.settings, model.positions, model.trial)
    reading = _pooling(asked.pooling, layout, model.name, medium)
    listing = folders.listing(asked.items, medium.endings, medium.name)
    _check_any(listing.entries, listing.refused, asked.items, medium)
    stem = hashlib.sha256(str(asked.items.resolve()).encode()).hexdigest()[:6]
    scan = Scan(asked.out / f"{asked.name}-{stem}.scan", listing)
    scan.run(medium.examine, report)
    seen = _ordered(listing, list(scan.seen()))
    whole = [one for one in seen if one.problem is None]
    problems = [(one.path, one.problem) for one in seen if one.problem]
    _check_any(whole, [*listing.refused, *problems], asked.items, medium)
    source = _source(medium, listing, seen, layout)
    hashes = [one.sha256 for one in whole]
    paths = [one.path for one in whole]
    items = _items(paths, hashes, medium.kind)
    kept = (layout, paths, hashes, source, scan, seen)
    return Media(medium, listing.originals, items, reading, *kept)


def reopen(medium: Medium, model: Loaded, stored: Stored) -> Media:
    """The items of a finished catalog, from the folder it was built from."""
    assert stored.source is not None
    folder = Path(str(stored.source["folder"]))
    if not folder.is_dir():
        raise MediaUnreadable(
            f"The items of this catalog lay in {folder}, which is not there. Put the folder back."
        )
    layout = Grid.of(model.settings, model.positions, model.trial)
    return Media(
        medium,
        folders.originals(folder),
        stored.items,
        stored.reading,
        layout,
        stored.paths,
        stored.hashes,
        stored.source,
    )


def _ordered(listing: folders.Listing, seen: Sequence[Seen]) -> list[Seen]:
    """Files by class, then by content: numbers, splits and nulls of the same files labelled alike
    are the same, wherever they lie and whatever they are called.
    """
    label = {entry.path: entry.label or "" for entry in listing.entries}
    return sorted(seen, key=lambda one: (label[one.path], one.sha256, one.path))


def _pooling(asked: str | None, layout: Grid, name: str, medium: Medium) -> str:
    pooling = asked or "mean"
    if pooling not in POOLINGS:
        raise SettingRefused(
            "--pooling is mean (over an item's own patches or frames), mean-window (over padding "
            f"too) or cls, not {pooling!r}."
        )
    if pooling == "mean-window" and not medium.padded:
        raise SettingRefused(f"{name} pads no {medium.kind}: every patch is its own. Use mean.")
    if pooling == "cls" and layout.prefix == 0:
        raise SettingRefused(f"{name} has no CLS position: every position is a patch. Use mean.")
    return pooling


def _check_any(
    found: Sequence[object], refused: Sequence[tuple[str, Any]], place: Path, medium: Medium
) -> None:
    if found:
        return
    first = f" ({len(refused)} left out; {refused[0][0]}: {refused[0][1]})" if refused else ""
    raise SettingRefused(
        f"{place} holds no {medium.kind} that can be read{first}. Wanted: files ending in "
        f"{', '.join(medium.endings)}, in one subfolder per class."
    )


def _source(
    medium: Medium, listing: folders.Listing, seen: Sequence[Seen], layout: Grid
) -> dict[str, Any]:
    """The row of `media_source`."""
    entries = {entry.path: entry for entry in listing.entries}
    whole = [one for one in seen if one.problem is None]
    told = [
        (one.path, entries[one.path].label, entries[one.path].superclass, one.sha256)
        for one in whole
    ]
    count = Counter(one.sha256 for one in whole)
    return {
        "folder": str(listing.originals.folder.resolve()),
        "listed_by": listing.kind,
        "files": len(listing.entries) + len(listing.refused),
        "ignored": listing.ignored,
        "skipped": len(listing.entries) + len(listing.refused) - len(whole),
        "duplicates": sum(count.values()) - len(count),
        "items_hash": hashlib.sha256(json.dumps(told).encode()).hexdigest(),
        "preprocessing": json.dumps(medium.identity, default=str),
        "window_seconds": medium.window,
        "prefix": layout.prefix,
        "grid_rows": layout.rows,
        "grid_columns": layout.columns,
        "grid_axes": layout.axes,
    }


def _items(paths: Sequence[str], hashes: Sequence[str], kind: str) -> pd.DataFrame:
    """The table `item`: files of the same bytes are one family, of the first of them."""
    first: dict[str, int] = {}
    family = [first.setdefault(sha, number) for number, sha in enumerate(hashes)]
    return pd.DataFrame(
        {
            "item": np.arange(len(paths), dtype=np.int32),
            "token": [spelling.escape(path, keep_space=True) for path in paths],
            "text": [spelling.escape(path) for path in paths],
            "kind": kind,
            "word": pd.Series([None] * len(paths), dtype="object"),
            "family": np.array(family, np.int32),
        }
    )
