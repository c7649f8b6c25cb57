"""Examples of a dimension in real text: windows around positions, each token with its value.

A catalog of tokens in context keeps them, so that no model is needed: the strongest positions of
both poles, and random ones of five equal bands of the value range, since the strongest alone
mislead. Beside them stands what the same dimension's poles are for single tokens.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.browse import pole_families, siblings
from catalog.browse.pole_families import POLES
from catalog.errors import NotInCatalog
from catalog.signs import examples
from catalog.store import context_queries, queries
from catalog.store.catalog import Catalog

PARTS = ("positive", "negative", *examples.BAND_NAMES)
_BYTES = -(-examples.WINDOW // 2)  # of one window in the table `example`
Most = Mapping[str, int] | None


@dataclass(frozen=True)
class Example:
    """One position in its window."""

    part: str
    """positive, negative, or band 1 (lowest values) to band 5."""
    rank: int
    item: int
    value: float
    """Its state, in the model's own units."""
    document: str
    """File, or file and line."""
    place: int
    """Its place in what was read of the document, from 0."""
    tokens: tuple[str, ...]
    """What the tokens of the window add to a running text."""
    at: int
    """Which of them it is."""
    values: tuple[float, ...]
    """The dimension's value at each of them, right to 1/30 of its range."""


@dataclass(frozen=True)
class Spread:
    """How much of the corpus a pole comes from."""

    shown: int
    """Positions at the pole: at most 32."""
    documents: int
    families: int
    passed_over: int
    """Stronger ones left out, as their document or family had its share; counted among 64."""


@dataclass(frozen=True)
class Agreement:
    """Whether a pole in context and the same pole of single tokens hold the same families."""

    catalog: str
    """Slug of the catalog of single tokens."""
    shared: float
    """Share of the families at the pole in context that are at the pole of single tokens too."""
    chance: float
    """The same, mean over the site's other dimensions: their poles in context, this single one."""
    p: float
    """(1 + other dimensions that share as much) / (1 + other dimensions)."""
    words: tuple[str, ...]
    """Items at the pole of single tokens, the strongest first."""


@dataclass(frozen=True)
class Examples:
    """Everything that one dimension shows of texts."""

    rows: tuple[Example, ...]
    low: float
    high: float
    """Ends of the range that bands and tints divide."""
    spread: dict[str, Spread]
    """By pole."""
    documents: int
    """Documents of the whole catalog."""
    agreement: dict[str, Agreement]
    """By pole; empty without a catalog of the model's single tokens."""

    def part(self, name: str) -> tuple[Example, ...]:
        """The examples of one pole or band, in order."""
        return tuple(one for one in self.rows if one.part == name)

    def frame(self) -> pd.DataFrame:
        """One row an example: part, rank, item, value, document, place, tokens, at, values."""
        return pd.DataFrame([vars(one) for one in self.rows])


class _Read(NamedTuple):
    """What the file holds of one dimension's examples."""

    rows: tuple[Example, ...]
    low: float
    high: float
    poles: pd.DataFrame
    passed_over: "pd.Series[Any]"


def of(catalog: Catalog, site: str, number: int) -> Examples:
    """Examples of one dimension; NotInCatalog where the catalog holds no texts."""
    read = _read(catalog, site, number)
    drawn = int(catalog.fetch(context_queries.source()).iloc[0]["drawn"])
    beside = _spread(catalog, read.poles, read.passed_over), drawn
    return Examples(read.rows, read.low, read.high, *beside, _agreement(catalog, site, number))


def windows(catalog: Catalog, site: str, number: int, most: Most = None) -> tuple[Example, ...]:
    """The examples alone, at most so many of each part (None: all); refused as `of` is."""
    return _read(catalog, site, number, most).rows


def _read(catalog: Catalog, site: str, number: int, most: Most = None) -> _Read:
    if not catalog.contextual:
        raise NotInCatalog(
            f"{catalog.slug} holds single tokens, which stand in no text. Build one that does "
            f"with: dims build {catalog.build['model']} --texts FOLDER"
        )
    found = catalog.fetch(context_queries.examples(site, number))
    if found.empty:
        raise NotInCatalog(f"{catalog.slug} has no dimension {number} at {site}.")
    low, high = map(float, catalog.fetch(context_queries.range_of(site, number)).iloc[0])
    by_part = found.set_index("part")
    poles = catalog.fetch(queries.poles(site, number))
    items = {part: np.asarray(row["items"], np.int64) for part, row in by_part.iterrows()}
    values = {part: np.asarray(row["values"]) for part, row in by_part.iterrows()}
    for name in POLES:
        own = poles[poles["pole"] == name]
        first = len(by_part["tints"][name]) // _BYTES
        items[name] = own["item"].to_numpy(np.int64)[:first]
        values[name] = own["value"].to_numpy()[:first]
    if most is not None:
        items, values = ({p: one[p][: most.get(p, 0)] for p in one} for one in (items, values))
    every = np.unique(np.concatenate(list(items.values())))
    places = catalog.fetch(context_queries.windows(every.tolist())).set_index("item")
    spelling = _spelling(catalog)
    rows: list[Example] = []
    for part in PARTS:
        tints = _tints(by_part["tints"][part], len(items[part]), (low, high))
        shown = zip(items[part], values[part], tints, strict=True)
        rows += [
            _example(part, rank, (int(item), float(value)), places.loc[item], tint, spelling)
            for rank, (item, value, tint) in enumerate(shown, 1)
        ]
    return _Read(tuple(rows), low, high, poles, by_part["passed_over"])


def _spelling(catalog: Catalog) -> dict[int, str]:
    def read() -> dict[int, str]:
        tokens = catalog.fetch(context_queries.tokens())
        return dict(zip(tokens["token"].tolist(), tokens["text"].tolist(), strict=True))

    return catalog.remembered(("spelling",), read)


def _tints(packed: Any, count: int, ends: tuple[float, float]) -> NDArray[np.float32]:
    """Values of the windows of some items: float32[count, window]."""
    codes = np.frombuffer(bytes(packed), np.uint8).reshape(-1, _BYTES)[:count]
    return examples.unpack(codes, *ends)


def _example(
    part: str,
    rank: int,
    item: tuple[int, float],
    where: "pd.Series[Any]",
    tint: NDArray[np.float32],
    spelling: dict[int, str],
) -> Example:
    """One example; `item` is its number and value, `where` its row of `windows`."""
    ids, place = where["ids"], int(where["place"])
    first, past = max(0, place - examples.BEFORE), place + examples.AFTER + 1
    texts = tuple(spelling[int(one)] for one in ids[first:past])
    start = first - (place - examples.BEFORE)
    shown = tuple(float(v) for v in tint[start : start + len(texts)])
    return Example(part, rank, *item, str(where["name"]), place, texts, place - first, shown)


def _spread(catalog: Catalog, poles: pd.DataFrame, passed: "pd.Series[Any]") -> dict[str, Spread]:
    document, family = _documents(catalog), catalog.families
    found = {}
    for name in POLES:
        items = poles.loc[poles["pole"] == name, "item"].to_numpy(np.int64)
        texts, families = (len(np.unique(of[items])) for of in (document, family))
        found[name] = Spread(len(items), texts, families, int(passed[name]))
    return found


def _documents(catalog: Catalog) -> NDArray[np.int64]:
    def read() -> NDArray[np.int64]:
        documents = catalog.fetch(context_queries.positions())["document"]
        return np.asarray(documents.to_numpy(np.int64))

    return catalog.remembered(("documents",), read)


def _agreement(catalog: Catalog, site: str, number: int) -> dict[str, Agreement]:
    other = siblings.single(catalog)
    if other is None or site not in other.site_names:
        return {}
    found = {}
    alone = other.fetch(queries.poles(site, number))
    one = np.array([number])
    for name in POLES:
        mine = pole_families.in_context(catalog, other, site, name)
        theirs = pole_families.of_single(other, site, name)[one]
        shared, chance, p = (float(v[0]) for v in pole_families.agreement(mine, theirs, one))
        if not np.isnan(shared):
            words = tuple(alone.loc[alone["pole"] == name, "text"].head(12))
            found[name] = Agreement(other.slug, shared, chance, p, words)
    return found


def as_json(found: Examples) -> dict[str, Any]:
    """The JSON form, as `dims dimension --json` has it."""
    return {
        "low": found.low,
        "high": found.high,
        "documents": found.documents,
        "spread": {name: vars(one) for name, one in found.spread.items()},
        "single_tokens": {name: vars(one) for name, one in found.agreement.items()},
        "parts": {part: [_plain(one) for one in found.part(part)] for part in PARTS},
    }


def _plain(one: Example) -> dict[str, Any]:
    told = {k: v for k, v in vars(one).items() if k not in ("part", "tokens", "values")}
    values = [round(v, 6) for v in one.values]
    return {**told, "tokens": list(one.tokens), "values": values}
