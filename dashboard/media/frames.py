"""What pages may ask for about images and sounds: previews, classes, sounds, signs of patches.

Pictures come from the catalog file, never from the originals.
"""

import json
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.browse import originals
from catalog.modalities import facts
from catalog.store import media_queries
from catalog.store.catalog import Catalog
from dashboard.common import answers
from dashboard.common import numbers as settings
from dashboard.common.answers import Answer, Here, Row


def is_media(catalog: Catalog) -> bool:
    """Whether the items are images or sounds."""
    return catalog.modality != "text"


def is_sound(catalog: Catalog) -> bool:
    """Whether the items are sounds."""
    return catalog.modality == "audio"


def named(catalog: Catalog, many: bool = True) -> str:
    """What the items are called: tokens, images or sounds."""
    about = facts.OF[catalog.modality]
    return about.many if many else about.one


def source(catalog: Catalog) -> Row:
    """Where the items lie and how patches are laid out: the row of table media_source."""
    return answers.read(catalog, media_queries.source()).iloc[0]


def provenance(catalog: Catalog) -> list[tuple[str, str]]:
    """What a build report says of its files, for a card; nothing for text."""
    if not is_media(catalog):
        return []
    told, many = source(catalog), named(catalog)
    left = [f"{told[name]} {name}" for name in ("skipped", "duplicates") if told[name]]
    grid = f"{told['grid_rows']} x {told['grid_columns']} ({told['grid_axes']})"
    kept = ", ".join(patch_sites(catalog))
    return [
        (many, f"{told['files']:,} files in {Path(str(told['folder'])).name}"),
        *([("left out", ", ".join(left))] if left else []),
        ("classes", str(len(classes(catalog)))),
        ("patches", grid + (f", signs kept at {kept}" if kept else "")),
    ]


def examples(catalog: Catalog, count: int) -> list[int]:
    """The first items of each class in turn: one of each where there are as many classes."""
    found = classes(catalog)
    if found.empty:
        return list(range(min(count, int(catalog.build["items"]))))
    if len(found) > count:  # superclasses in turn
        turn = found.groupby("superclass", dropna=False).cumcount()
        found = found.iloc[np.argsort(turn, kind="stable")]
    labels = found["label"].tolist()[:count]
    members = [of_class(catalog, label)[: -(-count // len(labels))] for label in labels]
    turns = [item for turn in zip_longest(*members) for item in turn if item is not None]
    return turns[:count]


def heard(catalog: Catalog) -> int:
    """Samples a second that the model hears; 0 for images."""
    return int(json.loads(source(catalog)["preprocessing"]).get("sampling_rate", 0))


def skipped(catalog: Catalog) -> Answer:
    """Files left out of the build: path, reason."""
    return answers.answer(catalog, media_queries.skipped())


def there(catalog: Catalog, item: int) -> bool:
    """Whether there is an item of this number."""
    return 0 <= item < int(catalog.build["items"])


def shown(catalog: Catalog, items: Sequence[int]) -> pd.DataFrame:
    """These items in the order asked for: columns of `media`, image (WebP), caption.

    The caption is the class, else the name of the file.
    """
    numbers = tuple(sorted({int(item) for item in items}))
    about = answers.read(catalog, media_queries.some(numbers))
    images = answers.read(catalog, media_queries.previews(numbers))[["item", "image"]]
    found = about.merge(images, on="item").set_index("item", drop=False)
    found["caption"] = found["label"].fillna(found["path"].str.split("/").str[-1])
    return found.loc[[int(item) for item in items]].reset_index(drop=True)


def sound(catalog: Catalog, item: int) -> bytes | None:
    """The preview of a sound, OGG; None for images."""
    found = answers.read(catalog, media_queries.sound(item))
    held = None if found.empty else found["sound"].iloc[0]
    return bytes(held) if isinstance(held, bytes | bytearray) else None


def classes(catalog: Catalog) -> pd.DataFrame:
    """Classes of the items: label, superclass, items."""
    return answers.read(catalog, media_queries.classes())


def of_class(catalog: Catalog, label: str) -> list[int]:
    """Items of a class, one of each family."""
    found = answers.read(catalog, media_queries.of_class(label))
    return [int(item) for item in found["item"]]


def find(catalog: Catalog, wanted: str) -> Answer:
    """Items by part of their path or class, or by #number: item, text, kind, label and more."""
    return answers.answer(catalog, media_queries.find(wanted, settings.MATCHES))


def patch_sites(catalog: Catalog) -> list[str]:
    """Sites at which the signs of every patch were kept."""
    return [str(site) for site in answers.read(catalog, media_queries.patch_sites())["site"]]


def patches(here: Here, item: int) -> NDArray[np.bool_] | None:
    """Signs of the patches of an item at the rail's site: bool[rows, columns, dims].

    None where they were not kept, or where the rail's threshold is not zero, which they have.
    """
    if here.threshold != "zero" or here.site not in patch_sites(here.catalog):
        return None
    signs: NDArray[np.bool_] = originals.patches(here.catalog, here.site, (item,))[0]
    return signs


def figures(found: Row) -> list[tuple[str, Any]]:
    """An item in a few words for people: class, superclass, size or length, file."""
    facts: list[tuple[str, Any]] = [("class", found["label"]), ("superclass", found["superclass"])]
    if pd.notna(found["seconds"]):
        facts.append(("length", f"{found['seconds']:.2f} s"))
    elif pd.notna(found["width"]):
        facts.append(("size", f"{found['width']:.0f} x {found['height']:.0f} pixels"))
    facts.append(("file", found["path"]))
    return [(name, value) for name, value in facts if pd.notna(value)]
