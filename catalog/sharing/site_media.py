"""Previews of images and sounds in a site: small files, one an item."""

from pathlib import Path

from catalog.store import media_queries
from catalog.store.catalog import Catalog

BLOCK = 256


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
