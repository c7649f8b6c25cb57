"""What the search box asks: hits in the catalog, kept until its file changes, and labels."""

import difflib
from collections import Counter
from dataclasses import replace

import pandas as pd

from catalog import places
from catalog.browse import meaning, search
from catalog.browse.search import Hit
from catalog.store.catalog import Catalog
from dashboard.common import answers, discovered
from dashboard.common.answers import Here

SHOWN = 10
"""Hits listed."""
FEW = 4
"""Hits below which near spellings are suggested too."""
_OFFERED, _ALIKE = 5, 0.7
"""Near spellings offered at most, and how alike they are at least (1 is the same)."""
_CHANGED, _LONGEST = 3, 40
"""Letters that differ at most, and letters of the longest word that is looked for."""
MEANT, ALIKE = 3, 2_000
"""Hits by meaning of each kind at most, and labels that are looked through, the newest."""
VIEWS = {"dimension": "dim", "feature": "category", "item": "item"}
"""Pages that open one thing, and the name of it in their link."""


def hits(here: Here, text: str, viewer: str | None) -> list[Hit]:
    """The best hits of every kind; labels only those that `viewer` may see (None sees all)."""
    found = list(_in_catalog(here.catalog, text))
    if places.workspace_exists():
        from dashboard.common import workspace  # SQLAlchemy takes half a second to import

        found = [hit for hit in found if not _suggests(hit, here)]
        found += search.said(workspace.workspace(), viewer, text, here.catalog)
    ranked = [_named(hit, here) for hit in search.rank(found, SHOWN)]
    return sorted(ranked, key=lambda hit: (not _exactly(hit, text), _ORDER[hit.kind]))


_ORDER = {"feature": 0, "discovered": 1, "label": 2, "dimension": 3, "site": 3, "item": 4}
"""In which order kinds are listed, after what is called exactly as it was asked."""


def suggestions(here: Here, text: str, viewer: str | None) -> list[Hit]:
    """While a text is typed: the address that it is, then hits by word, then what is near in
    meaning; near spellings where there is little of either.
    """
    asked = addressed(here, text)
    found = [asked] if asked is not None else hits(here, text, viewer)
    if asked is None and len(found) < SHOWN:
        found += _further(found, meant(here, text, viewer))
    if len(found) < FEW:
        found += _further(found, near(here, text))
    return found[:SHOWN]


def _further(found: list[Hit], more: list[Hit]) -> list[Hit]:
    known = {(hit.kind, hit.name, hit.site) for hit in found}
    return [hit for hit in more if (hit.kind, hit.name, hit.site) not in known]


def meant(here: Here, text: str, viewer: str | None) -> list[Hit]:
    """What is near in meaning, MEANT of each kind: nothing that is hidden from `viewer`.

    A dimension that is found so suggests a label: while it waits in an open queue it is left out.
    """
    found = list(_meant(here.catalog, text, meaning.made_at()))
    if not places.workspace_exists():
        return [_named(hit, here) for hit in found]
    from catalog.workspace import league, reading
    from dashboard.common import workspace

    sites = {hit.site: here._replace(site=hit.site) for hit in found if hit.kind == "dimension"}
    hidden = {
        (site, str(one)) for site, at in sites.items() for one in workspace.hidden_dimensions(at)
    }
    found = [hit for hit in found if (hit.site, hit.name) not in hidden]
    opened, where = workspace.workspace(), workspace.where(here)
    said = reading.search(opened, viewer, "", ALIKE, **where)
    if len(said):
        said = league.marked(league.empties(opened, viewer, **where), said)
    found += meaning.labels(here.catalog, text, said, MEANT)
    return [_named(hit, here) for hit in sorted(found, key=lambda hit: _ORDER[hit.kind])]


def addressed(here: Here, text: str) -> Hit | None:
    """The hit of an address: resid.5/123 or 123 (a dimension here), resid.5 (a site), #12."""
    dims = here.catalog.sites.dropna(subset="dims").set_index("site").dims
    items = int(here.catalog.build["items"])
    sizes = {str(site): int(n) for site, n in dims.items()}
    return search.address(text, sizes, here.site, items)


def _named(hit: Hit, here: Here) -> Hit:
    """A hit as pages name it: categories with spaces, discovered features by their words."""
    if hit.kind == "feature":
        return replace(hit, text=hit.text.replace("_", " "))
    if hit.kind != "discovered":
        return hit
    words, found = discovered.words(here._replace(site=hit.site), hit.name), hit.text
    return replace(hit, text=found.replace(hit.name, words))


def _exactly(hit: Hit, text: str) -> bool:
    """Whether a hit is called exactly as it was asked."""
    return search.match(search.plain(text), search.plain(hit.text)) == search.EXACT


def near(here: Here, text: str) -> list[Hit]:
    """Words and categories that are spelled like `text`, the nearest first; for lack of hits."""
    return list(_near(here.catalog, search.plain(text)))


@answers.cached()
def _near(catalog: Catalog, wanted: str) -> tuple[Hit, ...]:
    if not 3 <= len(wanted) <= _LONGEST:
        return ()
    named: dict[str, Hit] = {}
    for number, text in enumerate(catalog.texts):
        if abs(len(text.strip()) - len(wanted)) > 2:
            continue
        plain = search.plain(text)
        if plain not in named and _letters(wanted, plain) <= _CHANGED:
            named[plain] = Hit("item", str(number), text, "near spelling", 0.0)
    for category in catalog.categories["category"]:
        plain = search.plain(category)
        if _letters(wanted, plain) <= _CHANGED:
            named[plain] = Hit("feature", category, category, "near spelling", 0.0)
    found = difflib.get_close_matches(wanted, named, _OFFERED, _ALIKE)
    return tuple(named[plain] for plain in found)


def _letters(first: str, second: str) -> int:
    """How many letters one of two words has that the other lacks, counted with repeats."""
    one, two = Counter(first), Counter(second)
    return (one - two).total() + (two - one).total()


def _suggests(hit: Hit, here: Here) -> bool:
    """Whether a hit names the nearest category of a feature that waits in an open queue."""
    from dashboard.common import workspace

    place = here._replace(site=hit.site) if hit.site else here
    return hit.kind == "discovered" and bool(
        workspace.hidden_features(place, [hit.name], "discovered")
    )


def table(found: list[Hit]) -> pd.DataFrame:
    """The hits as a frame: what, found, why."""
    rows = [
        (hit.kind, hit.text, f"{hit.why} · {hit.site}" if hit.site else hit.why) for hit in found
    ]
    return pd.DataFrame(rows, columns=["what", "found", "why"])


def target(hit: Hit, here: Here) -> tuple[str, Here, dict[str, object]]:
    """Page, place and parameters of a hit."""
    place = here._replace(site=hit.site) if hit.site else here
    kind, name = hit.kind, hit.name
    if kind == "site":
        return "dimensions", place, {}
    if kind == "label":
        said, _, name = hit.name.partition(":")
        kind = "dimension" if said == "dimension" else "feature" if said == "feature" else kind
        if kind == "label":
            kind = "discovered"
    if kind == "discovered":
        return "discover", place, {"found": name}
    return kind, place, {VIEWS[kind]: name}


@answers.cached()
def _meant(catalog: Catalog, text: str, table: int) -> tuple[Hit, ...]:
    """`table`: when the encoder's was made, so that nothing is kept from before."""
    return tuple(meaning.in_catalog(catalog, text, MEANT))


@answers.cached()
def _in_catalog(catalog: Catalog, text: str) -> tuple[Hit, ...]:
    return tuple(search.in_catalog(catalog, text))
