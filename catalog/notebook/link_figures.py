"""What each page of the dashboard shows, by the name its links have."""

from collections.abc import Callable
from typing import Any

from catalog.browse import describe, layout, siblings
from catalog.comparing import cached_layers, cached_pairs, cached_versions, sides
from catalog.errors import CatalogError, NotInCatalog
from catalog.features.from_words import words_of
from catalog.notebook import link_people, readings
from catalog.notebook.links import State
from catalog.progress import Report
from catalog.signs.between import APART
from catalog.store import compare_queries, console, flip_queries, queries, tour_queries
from catalog.store.catalog import Catalog, find
from catalog.store.queries import Filter

PAGE = 50
"""Rows of a page of the list of dimensions."""
Figures = dict[str, Any]
View = Callable[[State, Report], Figures]


def overview(at: State, _report: Report) -> Figures:
    """Identity, how well signs vary by site, and how the claims of the paper came out."""
    summary = at.catalog.fetch(queries.site_summary())
    claims = at.catalog.evidence().frame()
    counts = claims["verdict"].value_counts().to_dict() if len(claims) else {}
    return {"info": describe.info(at.catalog), "sites": summary, "verdicts": counts}


def tour(at: State, report: Report) -> Figures:
    """What the overview says, and a pole that can be read with the naked eye."""
    background = at.catalog.primary.background
    pole = at.catalog.fetch(tour_queries.pole(at.site, at.threshold, background))
    return {**overview(at, report), "pole": pole}


def dimensions(at: State, _report: Report) -> Figures:
    """The page of the table, as sorted and filtered; labels count where they are public."""
    sort = at.among("sort", list(queries.SORTS), "dimension")
    order = at.among("order", ["ascending", "descending"], "ascending")
    plain = at.among("plain", ["all", "plain"], "all")
    unlabelled = at.among("labelled", ["all", "unlabelled"], "all") == "unlabelled"
    without = link_people.labelled(at) if unlabelled else ()
    where = Filter(
        int(at.text("from", "0")) / 100 if at.text("from", "0").isdigit() else 0.0,
        int(at.text("to", "100")) / 100 if at.text("to", "100").isdigit() else 1.0,
        without=without,
        apart=APART if plain == "plain" else 0.5,
    )
    page = at.number("page", 1) if "page" in at.asked else 1
    count = at.catalog.fetch(queries.count_dimensions(at.site, at.threshold, where))
    rows = queries.dimensions(
        at.site, at.threshold, where, sort, order == "descending", PAGE, (page - 1) * PAGE
    )
    return {
        "dimensions": int(count["dimensions"].iloc[0]),
        "page": page,
        "rows": at.catalog.fetch(rows),
    }


def dimension(at: State, _report: Report) -> Figures:
    """Statistics and poles, the number across layers, partners, categories that read it."""
    number = at.number("dim", 0, _dims(at) - 1)
    known = at.catalog.dimension(at.site, number, at.threshold)
    row = at.catalog.fetch(queries.dimension(at.site, at.threshold, number)).iloc[0]
    return {
        **describe.dimension(at.catalog, at.site, number, at.threshold),
        "histogram": {name: row[name] for name in ("low", "high", "histogram")},
        "across": known.across(),
        "partners": known.partners().frame(),
        "readers": known.readers() if at.catalog.measured else [],
        "public_labels": link_people.public(at, "dimension", str(number)),
    }


def dimension_map(at: State, _report: Report) -> Figures:
    """Where each dimension stands, where the map was made."""
    return _map(at, layout.stored_dimensions(at.catalog, at.site, at.threshold), " --dimensions")


def item_map(at: State, _report: Report) -> Figures:
    """Where each item stands, where the map was made."""
    return _map(at, layout.stored(at.catalog, at.site, at.threshold), "")


def _map(at: State, points: Any, more: str) -> Figures:
    if points is None:
        raise NotInCatalog(
            f"The map of {at.site} was not made yet. Make it with: dims map {at.catalog.slug} "
            f"{at.site}{more}"
        )
    return {"points": points}


def item(at: State, _report: Report) -> Figures:
    """An item's signs, its nearest, where it is extreme, its rarest signs."""
    wanted: str | int = at.number("item") if at.asked.get("item") else at.text("q")
    found = at.catalog.item(wanted, at.site, at.threshold)
    family = at.text("family", "False").lower() in ("true", "1")
    near = at.catalog.neighbours(found.number, at.site, at.threshold, family=family)
    return {
        "item": found.number,
        "text": found.text,
        "kind": found.kind,
        "family": found.family,
        "positive": found.frame().query("positive")["dimension"].tolist(),
        "neighbours": near.frame(),
        "typical": near.typical,
        "extremes": found.extremes(),
        "rarest": found.rarest(),
    }


def read_text(at: State, _report: Report) -> Figures:
    """Features that fire at each token, and signs that context changes; runs the model."""
    text = at.catalog.read(at.text("text"), at.site, at.threshold)
    fired = text.frame() if text.map is not None else None
    firing = None if fired is None else fired[fired["fires"]].drop(columns="fires")
    return {"tokens": list(text.states.tokens), "firing": firing, "changed": text.changes().frame()}


def features(at: State, _report: Report) -> Figures:
    """Every category at every site in the link's background, and those that were skipped."""
    background = at.text("background", at.catalog.primary.background)
    at.catalog.checked(at.site, at.threshold, background)
    rows = describe.features(at.catalog, background, at.threshold)
    return {"features": rows, "categories": at.catalog.categories}


def feature(at: State, _report: Report) -> Figures:
    """One feature: its figures, signed dimensions, layers, and the items that agree most."""
    background = at.text("background", at.catalog.primary.background)
    name = at.text("category")
    found = at.catalog.feature(at.site, name, threshold=at.threshold, background=background)
    return {
        **found.figures,
        "prototype": found.frame(),
        "across": found.across().frame(),
        "top": found.top().frame(),
        "false_positives": found.false_positives().frame(),
        "public_labels": link_people.public(at, "feature", name),
    }


def discover(at: State, _report: Report) -> Figures:
    """The search of a site beside its nulls, and the feature that was chosen."""
    found = at.catalog.discovered(at.site, at.threshold)
    name = at.asked.get("found")
    known: Figures = {"search": dict(found.search), "discovered": found.frame()}
    if name:
        one = at.catalog.feature(at.site, discovered=name, threshold=at.threshold)
        known["found"] = {**one.figures, "prototype": one.frame(), "top": one.top().frame()}
    return known


def circuits(at: State, _report: Report) -> Figures:
    """Who writes the features of a site, and the neurons of the chosen one."""
    found = at.catalog.writers(at.site, at.threshold)
    kind = "discovered" if at.asked.get("discovered") else "category"
    name = at.asked.get(kind)
    known: Figures = {"coalitions": found.frame()}
    return {**known, "neurons": found.neurons(name, kind)} if name else known


def concept(at: State, _report: Report) -> Figures:
    """A feature of the words in the link, or of a concept that was saved."""
    words, counter = words_of(at.text("words", "")), words_of(at.text("against", ""))
    if not words and at.asked.get("concept"):
        words, counter = link_people.concept(at, at.asked["concept"])
    if not words:
        at.text("words")
    background = at.text("background", at.catalog.primary.background)
    one = at.catalog.feature(
        at.site, words=words, counter=counter, threshold=at.threshold, background=background
    )
    names = ("auc", "low", "high", "auc_counter", "fallback", "small", "missing")
    return {
        "words": list(words),
        "counter": list(counter),
        **{name: getattr(one, name) for name in names},
        "prototype": one.frame(),
        "top": one.top().frame(),
    }


def flip_lab(at: State, _report: Report) -> Figures:
    """What `dims evidence` stored of the category's flips; a live run is a command of its own."""
    runs, effects = (at.catalog.fetch(q) for q in (flip_queries.runs(), flip_queries.effects()))
    name = at.asked.get("category")
    if name:
        runs, effects = (one[one["category"] == name] for one in (runs, effects))
    run = f"dims flip {at.catalog.slug} --feature {name or 'NAME'} --site {at.site} --json"
    return {"stored_runs": runs, "stored_effects": effects, "live": run}


def flip_runs(at: State, _report: Report) -> Figures:
    """A saved run, and the one beside it."""
    found = at.catalog.saved_flips()
    listed = found.frame().drop(columns="by")
    chosen = [key for name in ("run_key", "beside") if (key := at.asked.get(name, "")) in
              set(listed["key"])]  # fmt: skip
    return {"runs": listed, "chosen": [found.body(key) for key in chosen]}


def compare(at: State, _report: Report) -> Figures:
    """What was computed of two catalogs; what was not is None."""
    a, b = at.catalog, find(at.text("b"))
    evidence = compare_queries.fetch(a, b, compare_queries.evidence())
    try:
        one, two = sides.settled(a, b, at.site, at.asked.get("site_b") or None, at.threshold)
        categories = cached_pairs.stored_categories(one, two)
        matches = cached_pairs.stored_matches(one, two)
    except CatalogError as error:
        return {"evidence": evidence, "refused": str(error), "readings": _readings(at, a, b)}
    depth = compare_queries.by_depth(one.threshold, two.threshold, a.primary.background)
    versions = [
        found
        for rebuilt in cached_versions.rebuilds(a)
        if (found := cached_versions.stored_changes(one, two, rebuilt)) is not None
    ]
    layers = cached_layers.stored_similarity(a, at.threshold)
    return {
        "site_b": two.site,
        "evidence": evidence,
        "by_depth": compare_queries.fetch(a, b, depth),
        "categories": categories and {**categories.summary, **categories.tables},
        "matches": matches and {**matches.summary, **matches.tables},
        "versions": [{**one.summary, **one.tables} for one in versions],
        "readings": _readings(at, a, b),
        "layers": layers and layers.tables["similarity"],
        "first_readable": cached_layers.first_readable(a, at.threshold)[0],
    }


def _readings(at: State, a: Catalog, b: Catalog) -> Figures | None:
    """What context keeps of signs, where these are two readings of one model."""
    if not siblings.two_readings(a, b):
        return None
    found = readings.readings(a if a.contextual else b, at.site, at.threshold)
    whole = vars(found.found.whole)
    return {"whole": whole, "by_site": found.by_site(), "by_place": found.by_place(),
            "dimensions": found.frame()}  # fmt: skip


def evidence(at: State, _report: Report) -> Figures:
    """Every claim with its controls, curves and verdict."""
    return {"rows": describe.evidence(at.catalog)}


def sql(at: State, _report: Report) -> Figures:
    """Rows of the query in the link, as the console gives them."""
    found = console.run(at.catalog.path, at.text("sql"))
    return {"rows": found.frame, "truncated": found.truncated, "seconds": found.seconds}


def status(at: State, _report: Report) -> Figures:
    """How the catalog was made, and with what."""
    return {"info": describe.info(at.catalog)}


def _dims(at: State) -> int:
    return int(at.catalog.sites.set_index("site").dims[at.site])


VIEWS: dict[str, View] = {
    one.__name__: one
    for one in (
        overview, tour, dimensions, dimension, dimension_map, item, item_map, read_text, features,
        feature, discover, circuits, concept, flip_lab, flip_runs, compare, evidence,
        link_people.queue, link_people.agreement, link_people.adjudicate, link_people.label_test,
        link_people.machines, link_people.lists, link_people.exchange, link_people.people,
        link_people.export, sql, status,
    )
}  # fmt: skip
"""By the name that links use; a test holds it to the dashboard's own list."""
