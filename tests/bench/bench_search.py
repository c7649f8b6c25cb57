"""The search box as retrieval: a category's name must find its feature, a member its category.

nDCG@10 with binary relevance, over the features among the hits and over the whole mixed list, on
the first catalog of words with findings in the data folder. Without one nothing is measured.
"""

import math
import time

import numpy as np

from catalog import places
from catalog.browse import search
from catalog.store import feature_queries
from catalog.store.catalog import Catalog
from tests.bench.figures import Figure

DEPTH = 10
QUERIES = 300
"""Member words asked, drawn with seed 0."""


def run(quick: bool) -> list[Figure]:
    """Figures are 1 - nDCG, since lower is better in the table; and milliseconds a query."""
    searched = measured()
    if searched is None:
        return []
    names = searched.categories.query("status != 'skipped'")
    members = searched.fetch(feature_queries.all_members())
    items = searched.items.set_index("item")
    by_word: dict[str, set[str]] = {}
    for category, item in zip(members["category"], members["item"], strict=True):
        by_word.setdefault(str(items.loc[item, "word"]), set()).add(str(category))
    by_name = {str(name).replace("_", " "): {str(name)} for name in names["category"]}
    count = QUERIES // 5 if quick else QUERIES
    generator = np.random.default_rng(0)
    words = _some(sorted(by_word), count, generator)
    stems = items[items["kind"] == "word"].groupby("family")["word"].agg(lambda w: sorted(set(w)))
    inflected = {
        other: set(by_word[word])
        for item, forms in stems.items()
        if (word := str(items.loc[item, "word"])) in by_word
        for other in forms
        if other != word and other not in by_word
    }
    forms = _some(sorted(inflected), count, generator)
    return [
        *_measure(searched, "category name -> its feature", by_name, list(by_name)),
        *_measure(searched, "name's first 5 letters -> its feature", *_cut(by_name)),
        *_measure(searched, "member word -> its categories", by_word, words),
        *_measure(searched, "inflected member -> its categories", inflected, forms),
    ]


def measured() -> Catalog | None:
    """The first catalog of the data folder whose categories are words, and were measured."""
    found = map(Catalog, places.catalog_files())
    return next((one for one in found if one.modality == "text" and one.measured), None)


def ndcg(found: list[str], relevant: set[str], depth: int = DEPTH) -> float:
    """Gain of the relevant among the first, discounted by log2, over the best possible."""
    gain = sum(1 / math.log2(n + 2) for n, name in enumerate(found[:depth]) if name in relevant)
    best = sum(1 / math.log2(n + 2) for n in range(min(depth, len(relevant))))
    return gain / best


def _some(words: list[str], count: int, generator: np.random.Generator) -> list[str]:
    chosen = generator.choice(len(words), min(count, len(words)), replace=False)
    return [words[place] for place in chosen]


def _cut(by_name: dict[str, set[str]]) -> tuple[dict[str, set[str]], list[str]]:
    """Beginnings as somebody types them; all names that begin so are relevant."""
    starts: dict[str, set[str]] = {}
    for name in by_name:
        start = name[:5].strip()
        starts[start] = {next(iter(by_name[n])) for n in by_name if n.startswith(start)}
    return starts, sorted(starts)


def _measure(
    catalog: Catalog, what: str, relevant: dict[str, set[str]], asked: list[str]
) -> list[Figure]:
    features, mixed = [], []
    begun = time.perf_counter()
    for query in asked:
        hits = search.find(catalog, query, 3 * DEPTH)
        own = [hit.name for hit in hits if hit.kind == "feature"]
        whole = [hit.name if hit.kind == "feature" else "" for hit in search.rank(hits, DEPTH)]
        features.append(ndcg(own, relevant[query]))
        mixed.append(ndcg(whole, relevant[query]))
    took = 1000 * (time.perf_counter() - begun) / max(1, len(asked))
    name = f"search, {what}"
    return [
        Figure(f"{name}: 1 - nDCG@10 (features, n = {len(asked)})", 1 - _mean(features), "", 0.1),
        Figure(f"{name}: 1 - nDCG@10 (mixed list)", 1 - _mean(mixed), ""),
        Figure(f"{name}: time", took, "ms"),
    ]


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
