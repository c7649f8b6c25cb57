"""One box over everything: a query's hits among features, items, discovered features and labels.

Order: an exact match before a beginning before a part of a word; where equal, a feature's name,
then a member word (it leads to its category), then items, what people said, discovered features.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from catalog.browse import neighbours
from catalog.errors import NotInCatalog
from catalog.store import queries, search_queries
from catalog.store.catalog import Catalog
from catalog.workspace.words import EMPTY

if TYPE_CHECKING:
    from catalog.workspace.file import Workspace

Kind = Literal["dimension", "site", "feature", "item", "label", "discovered"]
EXACT, WORD, PREFIX, SUBSTRING = 4, 3, 2, 1
"""How well a text matches: the same, one of its words the same, its beginning, a part of it."""
_MEMBER = 0.3
_LIKELY = 0.05
_KINDS: dict[Kind, float] = {
    "dimension": 0.9, "site": 0.8, "feature": 0.5, "item": 0.2, "label": 0.15, "discovered": 0.1,
}  # fmt: skip
_ADDRESS = re.compile(r"(?:(\S+)\s*/\s*)?(\d{1,9})")
_ITEM = re.compile(r"#(\d{1,9})")
ITEMS = 50
"""Items read; their families are merged afterwards."""
LABELS = 200
"""Labels read."""
_NAMED = 5
"""Items that a refusal names."""


@dataclass(frozen=True)
class Hit:
    """One thing that was found."""

    kind: Kind
    name: str
    """What a page needs to open it: a category, an item's number, a dimension's number, a hash."""
    text: str
    """What is shown."""
    why: str
    score: float
    site: str = ""
    """Where it stands; empty where the rail's site does."""


def plain(text: str) -> str:
    """Text as it is compared: case, accents, underscores, ␣ and outer space aside."""
    bare = unicodedata.normalize("NFKD", text.casefold().replace("_", " ").replace("␣", " "))
    kept = "".join(c for c in bare if not unicodedata.combining(c))
    return " ".join(kept.split())


def match(query: str, text: str) -> int:
    """EXACT, WORD, PREFIX, SUBSTRING or 0; both as `plain` makes them."""
    if not query or query not in text:
        return 0
    if query == text:
        return EXACT
    if query in text.split():
        return WORD
    return PREFIX if text.startswith(query) else SUBSTRING


def address(text: str, dims: dict[str, int], here: str, items: int) -> Hit | None:
    """What an address names: resid.5/123, 123 (a dimension here), resid.5 (a site), #12 (an item).

    `dims` are the dimensions of each site. None where it is no address, or none of this catalog.
    """
    asked = text.strip()
    if found := _ITEM.fullmatch(asked):
        number = int(found.group(1))
        return Hit("item", str(number), asked, "number", 9.0) if number < items else None
    if found := _ADDRESS.fullmatch(asked):
        site, number = found.group(1) or here, int(found.group(2))
        if number < dims.get(site, 0):
            return Hit("dimension", str(number), f"{site}/{number}", "address", 9.0, site)
        return None
    return Hit("site", asked, asked, "site", 9.0, asked) if asked in dims else None


def features(query: str, categories: pd.DataFrame, members: pd.DataFrame) -> list[Hit]:
    """Categories by name, by description and by a member word.

    `categories`: category, description, status. `members`: category, word, asked: those whose
    word or family the query is (asked: True), or whose word it is a part of.
    """
    wanted, best = plain(query), dict[str, Hit]()
    for row in categories.itertuples():
        name = plain(str(row.category))
        told = match(wanted, plain(str(row.description)))
        close = max(match(wanted, name), match(_singular(wanted), _singular(name)))
        if close:
            _keep(best, _feature(row.category, "name", close + _KINDS["feature"]))
        elif told in (EXACT, WORD):
            _keep(best, _feature(row.category, "description", SUBSTRING + _LIKELY))
    for row in members.itertuples():
        word = plain(str(row.word))
        close = EXACT if row.asked else match(wanted, word)
        if close:
            _keep(best, _feature(row.category, f"member {row.word}", close + _MEMBER))
    return list(best.values())


def _feature(category: object, why: str, score: float) -> Hit:
    return Hit("feature", str(category), str(category), why, score)


def _keep(best: dict[str, Hit], hit: Hit) -> None:
    if hit.name not in best or best[hit.name].score < hit.score:
        best[hit.name] = hit


def _singular(text: str) -> str:
    """Without the plural's s, so that metal finds metals."""
    return text[:-1] if len(text) > 3 and text.endswith("s") and not text.endswith("ss") else text


def items(query: str, frame: pd.DataFrame) -> list[Hit]:
    """Items by word or text, one of each family. `frame`: item, text, kind, family, best first."""
    wanted, found = plain(query), dict[int, Hit]()
    for row in frame.itertuples():
        close = match(wanted, plain(str(row.text)))
        if close and int(row.family) not in found:
            score = close + _KINDS["item"]
            found[int(row.family)] = Hit("item", str(row.item), str(row.text), str(row.kind), score)
    return list(found.values())


def discovered(query: str, frame: pd.DataFrame) -> list[Hit]:
    """Unsupervised features by name, seed and nearest category.

    `frame`: name, site, seed, category (may be missing).
    """
    wanted, hits = plain(query), []
    for row in frame.itertuples():
        near = "" if pd.isna(row.category) else plain(str(row.category))
        by_name = match(wanted, plain(str(row.name)))
        by_seed, by_near = match(wanted, plain(str(row.seed))), match(wanted, near)
        close = max(by_name, by_seed, by_near and min(by_near, WORD))
        if close:
            why = f"nearest {row.category}" if near else "discovered"
            score = close + _KINDS["discovered"]
            shown = f"{row.name} · seed {row.seed}"
            hits.append(Hit("discovered", str(row.name), shown, why, score, str(row.site)))
    return hits


def labels(query: str, frame: pd.DataFrame) -> list[Hit]:
    """What people said that the viewer may see. `frame`: columns of `workspace.reading.search`."""
    wanted, best = plain(query), dict[tuple[str, ...], Hit]()
    for row in frame.itertuples():
        said = [str(value) for value in (row.text, row.category) if not pd.isna(value) and value]
        words = [value.removeprefix(EMPTY) for value in said]
        close = max((match(wanted, plain(value)) for value in words), default=0)
        if not close:
            continue
        place = f"{row.kind} {row.name}{row.pole}"
        place = f"predicts nothing: {place}" if words != said else place
        hit = Hit(
            "label", f"{row.kind}:{row.name}", " · ".join(said), f"{place} by {row.author}",
            close + _KINDS["label"], str(row.site),
        )  # fmt: skip
        key = (str(row.site), str(row.kind), str(row.name), hit.text)
        if key not in best or best[key].score < hit.score:
            best[key] = hit
    return list(best.values())


def rank(hits: Iterable[Hit], limit: int = 12) -> list[Hit]:
    """The best first; equals by length of what is shown, then by name. No kind fills the list.

    Where several kinds match, each has at least the first of its hits in it.
    """
    ordered = sorted(hits, key=lambda hit: (-hit.score, len(hit.text), hit.text, hit.name))
    first = {hit.kind: hit for hit in reversed(ordered)}
    kept = ordered[:limit]
    lacking = [hit for hit in first.values() if hit not in kept]
    if lacking:
        kept = kept[: max(1, limit - len(lacking))] + lacking
    return sorted(kept, key=lambda hit: (-hit.score, len(hit.text), hit.text, hit.name))


def find(catalog: Catalog, query: str, limit: int = 12) -> list[Hit]:
    """Features, items and discovered features that match, the best first."""
    return rank(in_catalog(catalog, query), limit)


def in_catalog(catalog: Catalog, query: str) -> list[Hit]:
    """The same, unranked: every hit of every kind."""
    if not plain(query):
        return []
    wanted = " ".join(query.split())
    categories = catalog.fetch(search_queries.categories())
    members = catalog.fetch(search_queries.members(wanted))
    found = catalog.fetch(queries.find_items(wanted, ITEMS))
    unnamed = catalog.fetch(search_queries.discovered(wanted))
    return [
        *features(wanted, categories, members),
        *items(wanted, found),
        *discovered(wanted, unnamed),
    ]


def said(workspace: "Workspace", viewer: str | None, query: str, catalog: Catalog) -> list[Hit]:
    """Labels of the catalog's model that match and that `viewer` may see; None sees all."""
    from catalog.workspace import league, reading  # SQLAlchemy takes half a second to import

    build = catalog.build
    where = {field: str(build[field]) for field in ("model", "revision", "reading")}
    wanted = " ".join(query.split())
    found = reading.search(workspace, viewer, wanted, LABELS, **where)
    if len(found):
        found = league.marked(league.empties(workspace, viewer, **where), found)
    return labels(wanted, found)


def the_item(catalog: Catalog, wanted: str | int) -> int:
    """The number of the item that a number, #number, word, text or path means.

    A text means the item it is the whole text of (as `plain` compares; the one of the same case
    and space first), else the only one it is a part of. NotInCatalog where there is none, or where
    it is a part of several, which are named.
    """
    if not isinstance(wanted, str):
        return neighbours.checked_item(catalog, int(wanted))
    if found := _ITEM.fullmatch(wanted.strip()):
        return neighbours.checked_item(catalog, int(found.group(1)))
    frame = catalog.fetch(queries.find_items(wanted, ITEMS))
    same = frame[frame["text"] == wanted]
    hits = items(wanted, same if len(same) else frame)
    whole = [hit for hit in hits if match(plain(wanted), plain(hit.text)) == EXACT]
    if whole or len(hits) == 1:
        return int((whole or hits)[0].name)
    raise NotInCatalog(f"{catalog.slug} has no item {wanted!r}{_instead(hits)}.")


def _instead(hits: list[Hit]) -> str:
    if not hits:
        return ": give a word of its items, or an item's number"
    near = ", ".join(repr(hit.text) for hit in rank(hits, _NAMED))
    return f", which is a part of {near}: give one of these"
