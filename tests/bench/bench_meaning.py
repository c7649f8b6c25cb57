"""Search by meaning as retrieval: 150 committed queries in people's words, against BM25.

Each line of meanings.tsv has the categories that are relevant, a query, and a label for the first
of them in yet other words; no two of category name, query and label share a word that says what is
meant. nDCG@10 with binary relevance over three collections:
features - every measured category, as its name, description and members;
labels - the labels of the file, each standing for its category;
dimensions - those of the site of verdicts, relevant where a relevant category is what they tell
best. On the first catalog of words with findings in the data folder; the encoder only where its
package is installed. A query's own words may be members of its category: in features that helps
word search and meaning alike.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from catalog import places
from catalog.browse import meaning, search
from catalog.errors import CatalogError
from catalog.store import ends_queries, feature_queries, queries
from catalog.store.catalog import Catalog
from tests.bench.bench_search import measured, ndcg
from tests.bench.figures import Figure
from tests.bench.ranking import bm25

FILE = Path(__file__).with_name("meanings.tsv")
Rank = Callable[[str], list[str]]
BARS = {
    "features by meaning, its own signs": 0.3,
    "features by meaning, the encoder's words": 0.1,
    "labels by meaning, its own signs": 0.8,
    "labels by meaning, the encoder's words": 0.4,
}


def run(quick: bool) -> list[Figure]:
    """Figures are 1 - nDCG@10, since lower is better in the table; and milliseconds a query."""
    catalog = measured()
    if catalog is None:
        return []
    table = judged(catalog)
    table = table[::5] if quick else table
    signs = meaning.of_signs(catalog)
    ways = {"its own signs": signs, **encoded(catalog)}
    return [
        *_of_features(catalog, table, ways),
        *_of_labels(table, ways),
        *_of_dimensions(catalog, table, ways),
        *_whole(table),
    ]


def judged(catalog: Catalog) -> pd.DataFrame:
    """The committed queries that this catalog can answer: relevant (a set), first, query, label."""
    table = pd.read_csv(FILE, sep="\t", keep_default_na=False)
    known = set(catalog.categories.query("status != 'skipped'")["category"])
    table["first"] = [one.split(",")[0] for one in table["relevant"]]
    table["relevant"] = [set(one.split(",")) & known for one in table["relevant"]]
    return table[table["relevant"].map(bool)].reset_index(drop=True)


def encoded(catalog: Catalog) -> dict[str, meaning.Words | None]:
    """The encoder's table where it was made; else made now, where the package is here."""
    if not meaning.made_at() and places.PACKAGED["minilm"].installed:
        from catalog.model import encoder

        try:
            encoder.make_table()
        except CatalogError:
            return {}
    return {"the encoder's words": meaning.words(catalog)} if meaning.made_at() else {}


def _of_features(
    catalog: Catalog, table: pd.DataFrame, ways: dict[str, meaning.Words | None]
) -> list[Figure]:
    listed = catalog.categories.query("status != 'skipped'")
    texts = {
        str(row.category): f"{row.category.replace('_', ' ')} {row.description}"
        for row in listed.itertuples()
    }
    members, word = catalog.fetch(feature_queries.all_members()), catalog.items["word"].to_numpy()
    for category, own in members.groupby("category")["item"]:
        texts[str(category)] += " " + " ".join(map(str, word[own.to_numpy()]))
    ranks: dict[str, Rank] = {
        "word search": lambda asked: [
            hit.name for hit in search.find(catalog, asked, 30) if hit.kind == "feature"
        ],
        "BM25": bm25(texts),
    }
    for name, known in ways.items():
        if known is not None:
            names, vectors = meaning.features(catalog, known)
            ranks[f"meaning, {name}"] = _nearest(known, names, vectors)
    return _measured("features", ranks, {q: r for q, r in _asked(table)})


def _of_labels(table: pd.DataFrame, ways: dict[str, meaning.Words | None]) -> list[Figure]:
    names = [f"{place} {category}" for place, category in enumerate(table["first"])]
    texts = dict(zip(names, table["label"], strict=True))
    ranks: dict[str, Rank] = {"word search": _containing(texts), "BM25": bm25(texts)}
    for name, known in ways.items():
        if known is not None:
            ranks[f"meaning, {name}"] = _nearest(known, names, known.of(list(texts.values())))
    wanted = {
        query: {name for name in names if name.split(" ", 1)[1] in relevant}
        for query, relevant in _asked(table)
    }
    return _measured("labels", ranks, {q: r for q, r in wanted.items() if r})


def _of_dimensions(
    catalog: Catalog, table: pd.DataFrame, ways: dict[str, meaning.Words | None]
) -> list[Figure]:
    place = catalog.primary
    dims = int(catalog.sites.set_index("site")["dims"][place.site])
    told = catalog.fetch(
        ends_queries.ends(place.site, place.threshold, place.background, range(dims))
    ).set_index("dimension")["best"]
    wanted = {
        query: {str(one) for one, best in told.items() if best in relevant}
        for query, relevant in _asked(table)
    }
    word = catalog.items["word"].to_numpy()
    texts = {}
    for one in range(dims):
        poles = catalog.fetch(queries.poles(place.site, one))
        texts[str(one)] = " ".join(map(str, word[poles["item"].to_numpy()]))
    ranks: dict[str, Rank] = {"BM25 of the words at their poles": bm25(texts)}
    for name, known in ways.items():
        if known is not None:
            ranks[f"meaning, {name}"] = _telling(catalog, known, dims)
    return _measured("dimensions", ranks, {q: r for q, r in wanted.items() if r})


def _whole(table: pd.DataFrame) -> list[Figure]:
    """Labels by the encoder itself, run on every text: what the means of its words give away."""
    if not places.PACKAGED["minilm"].installed:
        return []
    from catalog.model import encoder

    asked, said = (encoder.embed(table[name].tolist()) for name in ("query", "label"))
    order = np.argsort(-(asked @ said.T), axis=1, kind="stable")
    first = table["first"].tolist()
    values = [
        ndcg([str(one) for one in row], {str(n) for n, one in enumerate(first) if one in relevant})
        for row, relevant in zip(order, table["relevant"], strict=True)
        if relevant & set(first)
    ]
    name = f"labels by the encoder, run on each: 1 - nDCG@10 (n = {len(values)})"
    return [Figure(name, 1 - float(np.mean(values)), "")]


def _telling(catalog: Catalog, known: meaning.Words, dims: int) -> Rank:
    def rank(asked: str) -> list[str]:
        return [hit.name for hit in meaning.dimensions(catalog, known, known.of([asked])[0], dims)]

    return rank


def _nearest(known: meaning.Words, names: list[str], vectors: meaning.Floats) -> Rank:
    def rank(asked: str) -> list[str]:
        order = np.argsort(-(vectors @ known.of([asked])[0]), kind="stable")
        return [names[place] for place in order]

    return rank


def _containing(texts: dict[str, str]) -> Rank:
    """What `workspace.reading.search` finds: texts that hold the query."""
    return lambda asked: [name for name, text in texts.items() if asked.lower() in text.lower()]


def _asked(table: pd.DataFrame) -> list[tuple[str, set[str]]]:
    return list(zip(table["query"], table["relevant"], strict=True))


def _measured(what: str, ranks: dict[str, Rank], wanted: dict[str, set[str]]) -> list[Figure]:
    found = []
    for name, rank in ranks.items():
        begun = time.perf_counter()
        values = [ndcg(rank(query), relevant) for query, relevant in wanted.items()]
        took = 1000 * (time.perf_counter() - begun) / len(values)
        title = f"{what} by {name}"
        lack = 1 - float(np.mean(values))
        bar = BARS.get(f"{what} by {name}")
        found.append(Figure(f"{title}: 1 - nDCG@10 (n = {len(values)})", lack, "", bar))
        found.append(Figure(f"{title}: time", took, "ms"))
    return found


def shared_words(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Queries that share a word that says something with their label: (query, word)."""
    pairs = []
    for row in table.itertuples():
        said = [set(re.findall(r"\w+", search.plain(text))) for text in (row.query, row.label)]
        pairs += [(str(row.query), word) for word in said[0] & said[1] - meaning.EMPTY]
    return pairs
