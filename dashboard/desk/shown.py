"""What the desk shows of a subject: a dimension by its values, a feature by its agreement.

Items are tokens, or pictures: of these neither class nor file is shown, which would be suggestions.
"""

from typing import Any

import numpy as np
import pandas as pd

from catalog.features import measure
from catalog.modalities import facts
from catalog.store.catalog import Catalog
from catalog.workspace.subjects import FIELDS, Subject
from dashboard.common import answers, frames, parts
from dashboard.common.answers import Here
from dashboard.features import discovery_frames
from dashboard.features import frames as feature_frames
from dashboard.media import frames as media_frames
from dashboard.media import wall

ITEMS, SOUNDS = 16, 12
"""Items shown at each pole: spectrograms are wider."""
BINS = 64


def shown(subject: Subject, here: Here) -> dict[str, Any]:
    """One subject as the desk shows it, made once for each version of the catalog file."""
    made = _shown(subject, here)
    if made["media"] == "text":
        return made
    items = sorted({row[3] for row in [*made["plus"], *made["minus"]]})
    found = media_frames.shown(here.catalog, items)
    images = [wall.data_uri(image) for image in found["image"]]
    return made | {"pictures": dict(zip(map(str, items), images, strict=True))}


@answers.cached()
def _shown(subject: Subject, here: Here) -> dict[str, Any]:
    what = _dimension(subject, here) if subject.kind == "dimension" else _feature(subject, here)
    named = {field: getattr(subject, field) for field in FIELDS if field != "pole"}
    kept = {"key": subject.key, "subject": named, "whole": subject.kind != "dimension"}
    medium = here.catalog.modality
    return kept | what | {"media": medium, "hint": facts.OF[medium].hint}


def _dimension(subject: Subject, here: Here) -> dict[str, Any]:
    number = int(subject.name)
    row = frames.dimension(here, number)
    poles = frames.poles(here, number).frame
    low, high, cut = float(row["low"]), float(row["high"]), float(row["value"])
    at = (cut - low) / (high - low) if high > low else 0.5
    figures = [
        ("share +", row["share_positive"]),
        ("mean", row["mean"]),
        ("sd", row["std"]),
        ("mean |x|", row["mean_abs"]),
        ("median", row["q50"]),
        ("H, bits", row["entropy_bits"]),
    ]
    return {
        "title": f"{subject.site} · dimension {number}",
        "poles": ["positive pole", "negative pole"],
        "plus": _items(here.catalog, poles[poles.pole == "positive"].sort_values("rank")),
        "minus": _items(here.catalog, poles[poles.pole == "negative"].sort_values("rank")),
        "counts": [int(count) for count in row["histogram"]],
        "cut_at": (1 + 62 * at) / BINS if 0 <= at <= 1 else None,
        "cut_bin": int(1 + 62 * min(max(at, -1 / 62), 1)),
        "low": parts.number(low),
        "cut_text": f"┆ {parts.number(cut)}" if 0 <= at <= 1 else "",
        "high": parts.number(high),
        "figures": [[name, parts.number(value)] for name, value in figures],
    }


def _feature(subject: Subject, here: Here) -> dict[str, Any]:
    """A feature without its name, which would be somebody's label."""
    prototype = _prototype(subject, here)
    signs = here.catalog.signs(here.site, here.threshold)
    numbers, expected = prototype["dimension"].to_numpy(), prototype["sign"].to_numpy()
    agreement = measure.agreement_of(signs.by_dimension, signs.items, numbers, expected)
    items = here.catalog.items.assign(value=agreement).drop_duplicates("family")
    items = items.sort_values("value", ascending=False, kind="stable")
    steps = min(BINS - 1, len(numbers))  # few dimensions: a bar for each value there can be
    counts = np.bincount(np.rint(agreement * steps).astype(int), minlength=steps + 1)
    half = float(max(items.value.iloc[0] - 0.5, 0.5 - items.value.iloc[-1], 0.01))
    signed = f"{len(numbers):,}"
    return {
        "title": f"{subject.site} · {subject.kind} {subject.key[:6]}",
        "poles": ["items that agree most", "items that agree least"],
        "plus": _items(here.catalog, items, 0.5, half),
        "minus": _items(here.catalog, items.iloc[::-1], 0.5, half),
        "counts": counts.tolist(),
        "cut_at": 0.5,
        "cut_bin": steps / 2,
        "low": "0",
        "cut_text": "agreement",
        "high": "1",
        "figures": [["dimensions", signed], ["median", parts.number(np.median(agreement))]],
    }


def _prototype(subject: Subject, here: Here) -> pd.DataFrame:
    if subject.kind == "discovered":
        return discovery_frames.prototype(here, subject.name).frame
    background = here.catalog.primary.background
    return feature_frames.prototype(here, subject.name, background).frame


def _items(
    catalog: Catalog, rows: pd.DataFrame, middle: float = 0.0, most: float | None = None
) -> list[list[Any]]:
    """Text, value, the width of its bar in percent (distance from `middle` over `most`), item.

    Of a text in context the token stands first: a narrow column would cut it off its window.
    """
    rows = rows.head(SOUNDS if media_frames.is_sound(catalog) else ITEMS)
    named = media_frames.named(catalog, many=False) if media_frames.is_media(catalog) else ""
    away = (rows.value - middle).abs()
    most = most or float(away.max() or 1.0)
    texts = rows.text
    if catalog.contextual:
        texts = catalog.spelled[rows["item"].to_numpy()] + "  " + texts.to_numpy(dtype=object)
    return [
        [
            f"{named} {item}" if named else parts.visible(text),
            parts.number(value),
            round(100 * float(distance) / most, 1),
            int(item),
        ]
        for text, value, distance, item in zip(texts, rows.value, away, rows["item"], strict=True)
    ]
