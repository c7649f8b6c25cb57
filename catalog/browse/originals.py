"""What pages show of images and sounds beyond their previews: original files, signs of patches."""

import os
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from catalog.errors import MediaUnreadable, NotInCatalog
from catalog.modalities import folders
from catalog.signs import bits
from catalog.store import file, media_queries
from catalog.store.catalog import Catalog

LARGEST = 64_000_000
"""Bytes of an original that is handed to a browser."""


def original(catalog: Catalog, item: int) -> bytes:
    """The file of an item, opened from within the folder the catalog was built from.

    MediaUnreadable where the folder moved, the file is gone or leads outside, or is too large.
    """
    name, stream = _opened(catalog, item)
    with stream:
        held = stream.read(LARGEST + 1)
    if len(held) > LARGEST:
        raise MediaUnreadable(f"{name} is larger than {LARGEST / 1e6:.0f} MB; not shown.")
    return held


def absent(catalog: Catalog, item: int) -> str | None:
    """Why `original` cannot give the file of an item; None where it can."""
    try:
        name, stream = _opened(catalog, item)
        with stream:
            size = stream.seek(0, os.SEEK_END)
    except MediaUnreadable as error:
        return str(error)
    return f"{name} is larger than {LARGEST / 1e6:.0f} MB." if size > LARGEST else None


def _opened(catalog: Catalog, item: int) -> tuple[str, BinaryIO]:
    """The path of an item in its folder, and the open file."""
    row = catalog.one(media_queries.some((item,)), f"There is no image or sound {item}.")
    folder = Path(str(catalog.fetch(media_queries.source()).iloc[0]["folder"]))
    if not folder.is_dir():
        raise MediaUnreadable(
            f"The originals lay in {folder}, which is not there; the preview is all there is."
        )
    return str(row["path"]), folders.originals(folder).open(str(row["path"]))


def patches(catalog: Catalog, site: str, items: tuple[int, ...]) -> NDArray[np.bool_]:
    """Signs of every patch (threshold zero): bool[items, rows, columns, dims], items ascending.

    NotInCatalog where the site's patches were not kept.
    """
    source = catalog.fetch(media_queries.source()).iloc[0]
    table = catalog.fetch_arrow(media_queries.patch_signs(site, items))
    if table.num_rows < len(set(items)):
        raise NotInCatalog(
            f"The patch signs of {site} are not in this catalog. Build it with: --per-patch {site}"
        )
    dims = int(catalog.sites.set_index("site").loc[site, "dims"])
    rows, columns = int(source["grid_rows"]), int(source["grid_columns"])
    width = -(-dims // 8)
    packed = file.rows_of(table.column("bits"), rows * columns * width)
    unpacked = bits.unpack(packed.reshape(-1, width), dims)
    return unpacked.reshape(table.num_rows, rows, columns, dims)
