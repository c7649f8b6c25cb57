"""The categories found in a catalog's items, and the backgrounds they can be told apart from.

Of text: word lists matched to the vocabulary. Of images and sounds: their classes and superclasses.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog import places
from catalog.features import categories
from catalog.features.pools import Pools, Traits
from catalog.features.positions import Positions
from catalog.modalities.backgrounds import OWN, Background
from catalog.store import context_queries, media_queries
from catalog.store.catalog import Catalog


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


def folder() -> Path:
    """Where word lists lie: $DIMS_DATA/categories where it exists, else what ships."""
    own = places.data() / "categories"
    return own if own.is_dir() else places.shipped() / "categories"


def lexicon(catalog: Catalog, lists: Path) -> Lexicon:
    """The categories among a catalog's items; `lists` holds word lists, which only text has."""
    return _word_lists(catalog, lists) if catalog.modality == "text" else _classes(catalog)


def vocabulary_of(catalog: Catalog) -> categories.Vocabulary:
    """Words of a catalog of text: of tokens alone, or of positions in context."""
    items = catalog.items
    kind = Positions if catalog.contextual else categories.Vocabulary
    return kind(items["word"].tolist(), items["kind"].tolist(), items["family"].to_numpy())


def pools_of(catalog: Catalog) -> Pools:
    """Backgrounds of a catalog's items, made once per file.

    Without corpus counts frequency is the rank of the id. Images and sounds have no traits to
    match by: their order is that of the files, which is no frequency.
    """
    return catalog.remembered(("pools",), lambda: _pools(catalog))


def positives(
    catalog: Catalog, site: str, threshold: str, background: Background
) -> NDArray[np.int64] | None:
    """Positive items of each dimension over a whole background, counted once: int64[dims].

    None for `matched`, which every category has of its own. Shared: never change it.
    """
    if background in OWN:
        return None

    def count() -> NDArray[np.int64]:
        return catalog.signs(site, threshold).positives(pools_of(catalog).items(background))

    return catalog.remembered(("positives", site, threshold, background), count)


def _pools(catalog: Catalog) -> Pools:
    kind, family = catalog.items["kind"].tolist(), catalog.families
    if OWN.isdisjoint(catalog.backgrounds):
        return Pools(kind, family)
    return Pools(kind, family, Traits.of(catalog.spelled.tolist(), kind, family, rarity(catalog)))


def rarity(catalog: Catalog) -> NDArray[np.int64] | None:
    """What stands for the frequency of tokens in context: ids, negative; None where items are ids.

    Positions are in a random order, but their tokens' ids are those of the vocabulary.
    """
    if not catalog.contextual:
        return None
    tokens: NDArray[np.int64] = catalog.fetch(context_queries.positions())["token"].to_numpy()
    return -tokens.astype(np.int64)


def _word_lists(catalog: Catalog, lists: Path) -> Lexicon:
    """Every category file of `lists`, matched to the items of a catalog."""
    vocabulary = vocabulary_of(catalog)
    read, skipped = categories.read_folder(lists)
    return Lexicon(
        {one.name: one for one in read},
        {one.name: vocabulary.match(one.words, one.kind) for one in read},
        tuple(skipped),
        vocabulary.family,
    )


def _classes(catalog: Catalog) -> Lexicon:
    """Classes and superclasses, in the order in which a folder of word lists would be read.

    Members are one item per family: copies of a file count once. A superclass named like a class
    gets "superclass " before its name, unless it has the very same members: then it is left out.
    """
    media = catalog.fetch(media_queries.every())
    family = catalog.families
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
        texts = tuple(catalog.texts[members])
        read[name] = category
        left = everything - len(members)
        matches[name] = categories.Match(
            members, texts, (), len(rows), "items are different files", left
        )
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
