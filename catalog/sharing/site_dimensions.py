"""Dimensions of a site as data of a page: the table of a site, and chunks with poles and examples.

Texts stand once in each file; what points at them are their places in its list.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from catalog.browse import examples
from catalog.sharing import leaves, site_media
from catalog.sharing.leaves import rounded, shown
from catalog.signs.examples import BAND_NAMES
from catalog.store import ends_queries, queries, share_queries
from catalog.store.catalog import Catalog

CHUNK = 32
"""Dimensions of a file."""
WINDOWS = {"positive": 4, "negative": 4, **dict.fromkeys(BAND_NAMES, 1)}
"""Examples of a dimension in context."""
ALONE, WITHIN = 1000, 16
"""Items of a pole at most: single tokens, and those whose text has what stands around them."""
BEFORE, AFTER = 12, 4
"""Tokens of a window around its example."""
CODES = 15
"""Steps of the range of a dimension that the tints of a window tell apart, 0 to f."""
_COLUMNS = ("share_positive", "entropy_bits", "mean", "std", "mean_abs", "stability", "chance",
            "frequency_auc", "length_auc")  # fmt: skip


Pole = tuple[list[int], list[str], list[float]]
"""Items, their texts and their values, by rank."""


class Block(NamedTuple):
    """What stands at the poles of a block of dimensions, and which categories read them."""

    poles: dict[tuple[int, str], Pole]
    readers: dict[int, list[list[Any]]]


class Texts:
    """Texts of a file, each once."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._at: dict[str, int] = {}

    def at(self, text: object) -> int:
        """Place of a text in the list."""
        text = shown(text)
        if text not in self._at:
            self._at[text] = len(self.all)
            self.all.append(text)
        return self._at[text]


def table(catalog: Catalog, site: str) -> dict[str, Any]:
    """Every dimension of a site in a row: statistics, first words of both poles, what it tells."""
    cell = catalog.primary
    rows = catalog.fetch(
        queries.dimensions(site, cell.threshold, queries.Filter(), limit=1_000_000)
    )
    numbers = tuple(int(one) for one in rows["dimension"])
    asked = site, cell.threshold, cell.background, numbers, catalog.contextual
    ends = catalog.fetch(ends_queries.ends(*asked))
    ends = ends.set_index("dimension").reindex(list(numbers))
    told = [
        None if pd.isna(row.best) else f"{'+' if row.best_sign > 0 else '−'} {shown(row.best)}"
        for row in ends.itertuples()
    ]
    return {
        "site": site,
        "dimension": list(numbers),
        **{name: rounded(rows[name]) for name in _COLUMNS},
        "positive": [_words(one) for one in ends["positive"]],
        "negative": [_words(one) for one in ends["negative"]],
        "tells": told,
        "pictures": [site_media.pictured(catalog, ends[pole]) for pole in ("positive", "negative")],
    }


def _words(texts: Any) -> str:
    known = texts if hasattr(texts, "__iter__") and not isinstance(texts, str) else []
    return " · ".join(shown(one).strip("␣ ")[:16] for one in known)


def chunks(catalog: Catalog, site: str, folder: Path, name: str) -> "Extremes":
    """Write the dimensions of a site; which items stand at their poles."""
    cell = catalog.primary
    dims = int(catalog.sites.set_index("site").dims[site])
    extremes: Extremes = defaultdict(list)
    for start in range(0, dims, share_queries.BLOCK):
        rows = catalog.fetch(share_queries.dimensions(site, cell.threshold, start))
        records = {int(row["dimension"]): row for row in rows.to_dict("records")}
        block = _block(catalog, site, start)
        _remember(extremes, block)
        for first in range(start, min(dims, start + share_queries.BLOCK), CHUNK):
            texts = Texts()
            made = [
                _dimension(catalog, site, records[number], block, texts)
                for number in range(first, min(first + CHUNK, dims))
            ]
            whole = {"first": first, "dimensions": made, "texts": texts.all}
            leaves.write(folder, f"{name}-{first // CHUNK}", whole)
    return extremes


Extremes = defaultdict[int, list[tuple[int, int]]]
"""By item: dimension, and its rank at the pole, negative at the - pole."""


def _block(catalog: Catalog, site: str, start: int) -> Block:
    cell = catalog.primary
    most = WITHIN if catalog.contextual else ALONE
    found = catalog.fetch(share_queries.pole_lists(site, cell.threshold, start, most))
    poles = {
        (int(row.dimension), str(row.pole)): (list(row.items), list(row.texts), list(row.values_))
        for row in found.rename(columns={"values": "values_"}).itertuples()
    }
    readers: dict[int, list[list[Any]]] = defaultdict(list)
    asked = share_queries.readers(site, cell.threshold, cell.background, start)
    for row in catalog.fetch(asked).itertuples():
        known = [shown(row.category), int(row.sign), *rounded([row.auc, row.q], 3)]
        readers[int(row.dimension)].append(known)
    return Block(poles, readers)


def _remember(extremes: Extremes, block: Block) -> None:
    for (number, pole), (items, _, _) in block.poles.items():
        if pole != "near":
            for rank, item in enumerate(items, 1):
                extremes[int(item)].append((number, rank if pole == "positive" else -rank))


def _dimension(
    catalog: Catalog, site: str, row: dict[Any, Any], block: Block, texts: Texts
) -> dict[str, Any]:
    number = int(row["dimension"])
    known: dict[str, Any] = {
        "dimension": number,
        "histogram": [int(one) for one in row["histogram"]],
        "value": rounded([row["value"]])[0],
        **{
            name: rounded([row[name]])[0]
            for name in (*_COLUMNS, "low", "high", "minimum", "maximum", "q05", "q50", "q95")
        },
        "readers": block.readers.get(number, []),
    }
    for name in ("positive", "negative", "near"):
        items, words, values = block.poles.get((number, name), ([], [], []))
        known[name] = [
            [int(item) for item in items],
            [texts.at(text) for text in words],
            rounded(values, 3),
        ]
    if catalog.contextual:
        known["examples"] = _examples(catalog, site, number, texts)
    return known


def _examples(catalog: Catalog, site: str, number: int, texts: Texts) -> dict[str, Any]:
    """Windows in real texts: a few of each pole, one of each band; a code of the value a token.

    rows: part, value, document, place of the example, tokens, codes; a code times step above low.
    """
    read = examples.windows(catalog, site, number, WINDOWS)
    span = [value for one in read for value in one.values]
    low, high = min(span, default=0.0), max(span, default=1.0)
    step = (high - low) / CODES or 1.0
    rows = []
    for one in read:
        first, past = max(0, one.at - BEFORE), one.at + AFTER + 1
        codes = [round((value - low) / step) for value in one.values[first:past]]
        tokens = [texts.at(token) for token in one.tokens[first:past]]
        told = "".join(f"{code:x}" for code in codes)
        value = rounded([one.value], 3)[0]
        rows.append([one.part, value, texts.at(one.document), one.at - first, tokens, told])
    return {"low": rounded([low], 3)[0], "step": rounded([step], 3)[0], "rows": rows}


def across(catalog: Catalog) -> dict[str, Any]:
    """Every residual site's statistics by dimension, for the lines across layers.

    share_positive, mean and stability of each site of the stream, by number of the dimension.
    """
    found: dict[str, Any] = {}
    for site in catalog.residual_sites:
        rows = catalog.fetch(
            queries.dimensions(site, catalog.primary.threshold, queries.Filter(), limit=1_000_000)
        )
        found[site] = {name: rounded(rows[name], 3) for name in ("share_positive", "stability")}
    return found
