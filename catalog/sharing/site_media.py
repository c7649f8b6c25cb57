"""Previews of images and sounds in a site: small files, one an item."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from catalog.store import media_queries
from catalog.store.catalog import Catalog

BLOCK = 256


def pictured(catalog: Catalog, lists: Iterable[Any]) -> list[list[int]] | None:
    """Items of lists of texts, whose pictures tables show; None where items are words."""
    if catalog.modality == "text":
        return None
    known = {text: item for item, text in enumerate(catalog.items["text"])}
    return [[known[text] for text in texts if text in known] for texts in map(_known, lists)]


def _known(texts: Any) -> Iterable[Any]:
    return texts if hasattr(texts, "__iter__") else ()  # a dimension without that pole: NaN


def write(catalog: Catalog, folder: Path, place: str) -> bool:
    """Write the preview of every item (WebP; of a sound its spectrogram); whether there are any."""
    if catalog.modality == "text":
        return False
    (folder / place / "media").mkdir(parents=True, exist_ok=True)
    items = len(catalog.items)
    for first in range(0, items, BLOCK):
        asked = tuple(range(first, min(first + BLOCK, items)))
        for row in catalog.fetch(media_queries.previews(asked)).itertuples():
            (folder / place / "media" / f"{int(row.item)}.webp").write_bytes(bytes(row.image))
    return True
