"""Search by meaning: a text is the mean of its words' vectors, and near where the angle is small.

The vectors of words are those of an installed encoder, where its table was made (`dims meanings`:
every word embedded once); else a catalog's own, the signs of its items at the site of verdicts:
what a model writes alike it holds for alike. Either way no model runs when somebody searches,
nothing is fetched, and a label that was written a moment ago is found. How well that finds what it
should is measured (docs/method.md, "Search by meaning"). Words that no table has say nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.browse.search import Hit, Kind, plain
from catalog.modalities import families
from catalog.signs import bits
from catalog.store import cache, feature_queries
from catalog.store.cache import Result
from catalog.store.catalog import Catalog
from catalog.workspace.words import EMPTY as NOTHING

Floats = NDArray[np.float32]
WORDS, DIMS = 30_000, 512
"""Words and dimensions kept of signs: the first of a vocabulary are the frequent ones."""
NEAREST = 30
"""Words nearest to a query, whose signs say which dimensions tell it."""
OF_SIGNS, OF_ENCODER = 0.2, 0.14
"""Cosine below which nothing is near, by the kind of vectors: nine of ten pairs of a query and a
label of another thing lie below it (150 committed queries, docs/method.md).
"""
_WORD = re.compile(r"\w+")
EMPTY = frozenset(_WORD.findall(
    "a about all also an and another any are as at be been being by can do does each every for "
    "from had has have how in into is it its kind kinds like more most no not of on one ones or "
    "other others out over own same so some somebody something such than that the their them "
    "then there these they thing things this those to under up use used very was were what when "
    "where which who with word words"
))  # fmt: skip
"""Words of a query that say nothing of what is meant."""


@dataclass(frozen=True)
class Words:
    """Words as vectors, and the items of a catalog that they are; a row for each word."""

    place: Mapping[str, int]
    """Row of each word, as `plain` writes it."""
    vectors: Floats
    """float32[words, dims], the mean over words taken off, of length 1."""
    items: NDArray[np.int64]
    """The first item of each word; -1 where the catalog has none."""
    least: float
    """Cosine below which nothing is near."""
    made_at: int = 0
    """When the encoder's table was made; 0 of signs."""

    def rows(self, text: str) -> list[int]:
        """Rows of the words of a text that are known, an unknown one by its stem; the EMPTY ones
        only where there are no others.
        """
        said = _WORD.findall(plain(text))
        meant = [word for word in said if word not in EMPTY] or said
        return [self.place[word] for one in meant if (word := self._known(one)) in self.place]

    def _known(self, word: str) -> str:
        return word if word in self.place else families.stem(word, self.place)

    def of(self, texts: Sequence[str]) -> Floats:
        """Each text as the mean of its words, of length 1: float32[texts, dims]; 0 without any."""
        found = np.zeros((len(texts), self.vectors.shape[1]), np.float32)
        for row, text in enumerate(texts):
            known = self.rows(text)
            if known:
                found[row] = self.vectors[known].mean(axis=0)
        return _unit(found)

    def near(self, query: str, texts: Sequence[str]) -> Floats:
        """Cosine of a query with each text: float32[texts]; 0 where either has no known word."""
        cosines: Floats = self.of(texts) @ self.of([query])[0]
        return cosines


def is_word(text: str) -> bool:
    """Whether a text, as `plain` writes it, is one word of a table."""
    return _WORD.fullmatch(text) is not None


def keep(encoder: str, words: Sequence[str], vectors: Floats) -> None:
    """Keep the table of an encoder: words as `plain` writes them, float32[words, dims]."""
    rows = [row.tobytes() for row in vectors.astype(np.float16)]
    table = pd.DataFrame({"word": list(words), "vector": rows})
    cache.save(cache.path_of("meaning", [], {}), Result({"encoder": encoder}, {"words": table}))


def made_at() -> int:
    """When the table of an encoder was made, in nanoseconds; 0 where it is not here."""
    path = cache.path_of("meaning", [], {})
    return path.stat().st_mtime_ns if path.is_file() else 0


def words(catalog: Catalog) -> Words | None:
    """Words with their vectors, made once per file; None where there are none: the items are no
    words, and no table of an encoder is here.
    """
    at = made_at()
    return catalog.remembered(("meaning", at), lambda: _words(catalog, at))


def _words(catalog: Catalog, at: int) -> Words | None:
    table = _table(at) if at else None
    if table is None:
        return of_signs(catalog)
    place, vectors = table
    items = np.full(len(place), -1)
    if catalog.modality == "text":
        told, own = said(catalog)
        rows = told.map(place).to_numpy(np.float64, na_value=-1).astype(np.int64)
        items[rows[rows >= 0][::-1]] = own[rows >= 0][::-1]  # the first of several stays
    return Words(place, vectors, items, OF_ENCODER, at)


@lru_cache(maxsize=1)
def _table(_at: int) -> tuple[dict[str, int], Floats] | None:
    """The kept table, which all catalogs share; None where its file is damaged."""
    held = cache.load(cache.path_of("meaning", [], {}))
    if held is None:
        return None
    table = held.tables["words"]
    packed = np.frombuffer(b"".join(map(bytes, table["vector"])), np.float16)
    vectors = packed.reshape(len(table), -1).astype(np.float32)
    place = {str(word): row for row, word in enumerate(table["word"])}
    return place, _unit(vectors - vectors.mean(axis=0))


def said(catalog: Catalog) -> "tuple[pd.Series[str], NDArray[np.int64]]":
    """Whole words among the items, as `plain` writes them, and their numbers."""
    items = catalog.items[catalog.items["kind"] == "word"]
    told = items["word"].map(lambda word: plain(word) if isinstance(word, str) else "")
    told = told[told.str.fullmatch(r"\w+")]
    return told, told.index.to_numpy(np.int64)


def of_signs(catalog: Catalog) -> Words | None:
    """A catalog's own words by their signs at the site of verdicts, -1 and 1; where several items
    are one word (cat, Cat, ␣cat), their mean. None where its items are no words.
    """
    if catalog.modality != "text":
        return None
    told, own = said(catalog)
    known = pd.unique(told)[:WORDS]
    place = {str(word): row for row, word in enumerate(known)}
    rows = told.map(place).to_numpy(np.float64, na_value=-1).astype(np.int64)
    own, rows = own[rows >= 0], rows[rows >= 0]
    packed = catalog.by_dimension(catalog.primary.site, catalog.primary.threshold)
    chosen = np.unique(np.linspace(0, len(packed) - 1, min(DIMS, len(packed))).astype(np.int64))
    count = np.maximum(np.bincount(rows, minlength=len(known)), 1)
    vectors = np.empty((len(known), len(chosen)), np.float32)
    for column, number in enumerate(chosen):
        positive = bits.unpack(packed[number : number + 1], len(catalog.items))[0, own]
        vectors[:, column] = 2 * np.bincount(rows, positive, len(known)) / count - 1
    items = np.full(len(known), -1)
    items[rows[::-1]] = own[::-1]
    return Words(place, _unit(vectors - vectors.mean(axis=0)), items, OF_SIGNS)


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Floats = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 1e-6)
    return unit


def in_catalog(catalog: Catalog, query: str, limit: int = 5) -> list[Hit]:
    """Features, dimensions and words that are near a query in meaning: `limit` of each, the best
    first. Score: the cosine; of dimensions see `dimensions`. Empty without a known word.
    """
    known = words(catalog)
    if known is None or not known.rows(query):
        return []
    asked = known.of([query])[0]
    names, vectors = features(catalog, known)
    return [
        *_best(known, "feature", names, names, vectors @ asked, limit),
        *dimensions(catalog, known, asked, limit),
        *_items(catalog, known, asked, limit, known.rows(query)),
    ]


def features(catalog: Catalog, known: Words) -> tuple[list[str], Floats]:
    """Measured categories, and each as the mean of its name, its description and its members,
    which are most of it: float32[categories, dims]. Made once per file.
    """
    key = ("meaning of features", known.made_at)
    return catalog.remembered(key, lambda: _features(catalog, known))


def _features(catalog: Catalog, known: Words) -> tuple[list[str], Floats]:
    if not catalog.measured:
        return [], known.vectors[:0]
    listed = catalog.categories
    listed = listed[listed["status"] != "skipped"]
    texts = dict(zip(listed["category"], listed["description"].fillna(""), strict=True))
    members = catalog.fetch(feature_queries.all_members())
    spelled = catalog.items["word"].fillna("").to_numpy(object)
    for category, own in members.groupby("category")["item"]:
        texts[category] = " ".join([texts[category], *map(str, spelled[own.to_numpy()])])
    whole = [f"{name.replace('_', ' ')} {text}" for name, text in texts.items()]
    return [str(name) for name in texts], known.of(whole)


def dimensions(catalog: Catalog, known: Words, asked: Floats, limit: int) -> list[Hit]:
    """Dimensions of the site of verdicts whose sign the NEAREST words of a query share most.

    Score: |z| of their share of positive signs against that of all items, as of a binomial. It is
    for ranking alone: that so many dimensions are looked through is not accounted for.
    """
    site, threshold = catalog.primary.site, catalog.primary.threshold
    here = np.flatnonzero(known.items >= 0)
    if not len(here):
        return []
    close = here[np.argsort(-(known.vectors[here] @ asked), kind="stable")[:NEAREST]]
    signs = catalog.signs(site, threshold)
    share = catalog.remembered(
        ("share of positives",), lambda: signs.positives(np.arange(signs.items)) / signs.items
    )
    spread = np.sqrt(np.maximum(share * (1 - share), 1 / signs.items) / len(close))
    z = (signs.positives(np.sort(known.items[close])) / len(close) - share) / spread
    order = np.argsort(-np.abs(z), kind="stable")[:limit]
    return [
        Hit("dimension", str(one), f"{site}/{one}",
            f"by meaning, {'+' if z[one] > 0 else '−'} pole", float(abs(z[one])), site)
        for one in order
    ]  # fmt: skip


def _items(
    catalog: Catalog, known: Words, asked: Floats, limit: int, own: Iterable[int]
) -> list[Hit]:
    here = np.flatnonzero(known.items >= 0)
    here = here[~np.isin(here, list(own))]  # what was asked is no answer
    texts = [str(text) for text in catalog.texts[known.items[here]]]
    names = [str(item) for item in known.items[here]]
    return _best(known, "item", names, texts, known.vectors[here] @ asked, limit)


def _best(
    known: Words, kind: Kind, names: Sequence[str], texts: Sequence[str], cosines: Floats,
    limit: int,
) -> list[Hit]:  # fmt: skip
    order = np.argsort(-cosines, kind="stable")[:limit]
    return [
        Hit(kind, names[one], texts[one], f"by meaning, {cosines[one]:.2f}", float(cosines[one]))
        for one in order
        if cosines[one] >= known.least
    ]


def labels(catalog: Catalog, query: str, found: pd.DataFrame, limit: int = 5) -> list[Hit]:
    """What people said that is near a query in meaning, the best first; a place each once.

    `found`: columns of `workspace.reading.history`, of labels that the viewer may see; those whose
    test says that they predict nothing as `workspace.league.marked` marks them.
    """
    known = words(catalog)
    if known is None or found.empty:
        return []
    texts = [" · ".join(str(v) for v in row if not pd.isna(v) and v)
             for row in found[["text", "category"]].itertuples(index=False)]  # fmt: skip
    plainly = [text.removeprefix(NOTHING).replace("_", " ") for text in texts]
    cosines = known.near(query, plainly)
    best: dict[tuple[str, ...], Hit] = {}
    for at in np.argsort(-cosines, kind="stable"):
        row = found.iloc[at]
        key = (str(row["site"]), str(row["kind"]), str(row["name"]))
        if cosines[at] < known.least or len(best) == limit:
            break
        place = f"{row['kind']} {row['name']}{row['pole']} by {row['author']}"
        place = f"predicts nothing: {place}" if texts[at].startswith(NOTHING) else place
        best.setdefault(key, Hit(
            "label", f"{row['kind']}:{row['name']}", texts[at],
            f"by meaning, {cosines[at]:.2f}: {place}", float(cosines[at]), str(row["site"]),
        ))  # fmt: skip
    return list(best.values())
