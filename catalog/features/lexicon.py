"""The categories found in a catalog's items, and the backgrounds they can be told apart from.

Of text: word lists matched to the vocabulary. Of images and sounds: their classes and superclasses.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.features import categories, pools
from catalog.store import feature_queries, media_queries, queries, reading


@dataclass(frozen=True)
class Lexicon:
    """The categories found among a catalog's items."""

    read: dict[str, categories.Category]
    matches: dict[str, categories.Match]
    skipped: tuple[categories.Skipped, ...]
    family: NDArray[np.int64]

    @property
    def measured(self) -> dict[str, categories.Match]:
        """Categories with enough families, by name."""
        return {n: m for n, m in self.matches.items() if m.skipped(n) is None}


@dataclass(frozen=True)
class Grounds:
    """What one modality's categories are, and what they are told apart from."""

    lexicon: Callable[[Path, Path], Lexicon]
    backgrounds: tuple[pools.Background, ...]
    primary: pools.Background
    """Background of the cell that verdicts are made in."""


def items_of(path: Path) -> pd.DataFrame:
    """The table `item` in order, missing words as None."""
    items = reading.fetch(path, feature_queries.items())
    items["word"] = items["word"].astype(object).where(items["word"].notna(), None)
    return items


def grounds(path: Path) -> Grounds:
    """What holds for the modality of a catalog."""
    return _GROUNDS[str(reading.fetch(path, queries.build()).iloc[0]["modality"])]


def lexicon(path: Path, folder: Path) -> Lexicon:
    """The categories of a catalog; `folder` holds word lists, which only text has."""
    return grounds(path).lexicon(path, folder)


def pools_of(path: Path) -> pools.Pools:
    """Backgrounds of a catalog's items; without corpus counts frequency is the rank of the id."""
    items = items_of(path)
    kind, family = items["kind"].tolist(), items["family"].to_numpy()
    if "matched" not in grounds(path).backgrounds:
        return pools.Pools(kind, family)
    return pools.Pools(kind, family, pools.Traits.of(items["text"].tolist(), kind, family))


def _word_lists(path: Path, folder: Path) -> Lexicon:
    """Every category file of `folder`, matched to the items of a catalog."""
    items = items_of(path)
    vocabulary = categories.Vocabulary(
        items["word"].tolist(), items["kind"].tolist(), items["family"].to_numpy()
    )
    read, skipped = categories.read_folder(folder)
    return Lexicon(
        {one.name: one for one in read},
        {one.name: vocabulary.match(one.words, one.kind) for one in read},
        tuple(skipped),
        vocabulary.family,
    )


def _classes(path: Path, _folder: Path) -> Lexicon:
    """Classes and superclasses, in the order in which a folder of word lists would be read.

    Members are one item per family: copies of a file count once. A superclass named like a class
    gets "superclass " before its name, unless it has the very same members: then it is left out.
    """
    media = reading.fetch(path, media_queries.every())
    items = items_of(path)
    family = items["family"].to_numpy(np.int64)
    everything = len(np.unique(family))
    found = _named(media)
    read, matches, skipped = {}, {}, []
    for name in sorted(found, key=lambda one: f"{one}.txt"):
        category, rows = found[name]
        members = np.unique(family[rows])
        if len(members) == everything:
            reason = "Every item is in it, so there is nothing to tell its members apart from."
            skipped.append(categories.Skipped(name, reason))
            continue
        texts = tuple(items["text"].to_numpy(dtype=object)[members])
        read[name] = category
        matches[name] = categories.Match(members, texts, (), len(rows), "items are different files")
    return Lexicon(read, matches, tuple(skipped), family)


def _named(media: pd.DataFrame) -> dict[str, tuple[categories.Category, NDArray[np.int64]]]:
    """Category and rows by name."""
    found: dict[str, tuple[categories.Category, NDArray[np.int64]]] = {}
    of_class = {str(k): rows for k, rows in media.groupby("label").indices.items()}
    above = media["superclass"].to_numpy(dtype=object)
    for name, rows in of_class.items():
        group = Counter(above[row] for row in rows).most_common(1)[0][0]
        keys = {"kind": "class"} | ({"group": str(group)} if isinstance(group, str) else {})
        found[name] = (categories.Category(name, f"Items of the class {name}.", (), (), keys), rows)
    for key, rows in media.groupby("superclass").indices.items():
        name = str(key)
        if name in of_class:
            if np.array_equal(of_class[name], rows):
                continue
            name = f"superclass {name}"
        keys = {"kind": "superclass", "group": "superclasses"}
        told = f"Items of all classes of the superclass {key}."
        found[name] = (categories.Category(name, told, (), (), keys), np.asarray(rows))
    return found


_MEDIA = Grounds(_classes, ("all",), "all")
_GROUNDS = {
    "text": Grounds(_word_lists, pools.BACKGROUNDS, "matched"),
    "image": _MEDIA,
    "audio": _MEDIA,
}
