"""What a report and a site say of a catalog as a whole: frames of the strongest, and of what lacks.

Everything is read at the cell that verdicts are made in, unless a column says otherwise.
"""

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from catalog.browse import describe
from catalog.errors import NotInCatalog
from catalog.figures.text import visible
from catalog.modalities import facts
from catalog.store import feature_queries, flip_queries, queries, share_queries
from catalog.store.catalog import Catalog
from catalog.store.reading import Query

CONDITIONS = ("away", "toward", "disjoint", "largest", "random", "noise")


DIMENSIONS = 20
"""Dimensions of the report's table."""


def asked(catalog: Catalog) -> dict[str, Query]:
    """The query behind each table, by the name of its section."""
    cell = catalog.primary
    place = cell.site, cell.threshold, cell.background
    return {
        "evidence": feature_queries.evidence(),
        "features": feature_queries.features(cell.threshold, cell.background),
        "layers": share_queries.by_site(cell.threshold, cell.background),
        "dimensions": share_queries.best_dimensions(*place, DIMENSIONS),
        "flips": flip_queries.effects(),
        "searches": feature_queries.discoveries(),
    }


def usual_cell(claims: Sequence[Mapping[str, Any]]) -> str:
    """The cell that most claims were tested in."""
    return Counter(str(row["cell"]) for row in claims).most_common(1)[0][0] if claims else ""


def evidence(catalog: Catalog) -> list[dict[str, Any]]:
    """Rows of the evidence table, controls and curves as objects; none before they were made."""
    try:
        return describe.evidence(catalog)
    except NotInCatalog:
        return []


def features(catalog: Catalog) -> pd.DataFrame:
    """Every feature of the primary site: small ones last, fallbacks before them, by AUC."""
    found = catalog.fetch(asked(catalog)["features"])
    found = found[found["site"] == catalog.primary.site]
    order = found.sort_values(
        ["small", "fallback", "auc", "category"], ascending=[True, True, False, True]
    )
    return order.reset_index(drop=True)


def by_site(catalog: Catalog) -> pd.DataFrame:
    """AUC and null of all categories with a verdict at each site: medians and quartiles."""
    return catalog.fetch(asked(catalog)["layers"])


def dimensions(catalog: Catalog) -> pd.DataFrame:
    """The dimensions of the primary site that tell a category best, held out; both poles' words.

    The columns of `share_queries.best_dimensions`.
    """
    return catalog.fetch(asked(catalog)["dimensions"])


def flips(catalog: Catalog) -> pd.DataFrame:
    """Flips of every category at every layer, scale 1: verdict, and effects of each condition.

    Empty where none were made.
    """
    if "flip_run" not in set(catalog.fetch(queries.tables())["table"]):
        return pd.DataFrame()
    found = catalog.fetch(asked(catalog)["flips"])
    found = found[found["scale"] == 1]
    if found.empty:
        return pd.DataFrame()
    wide = found.pivot_table(
        index=["category", "site", "layer", "verdict"],
        columns="condition",
        values=["effect", "low", "high"],
        dropna=False,
        observed=True,
    ).dropna(how="all")
    wide.columns = [f"{condition}_{name}" for name, condition in wide.columns]
    q = found.groupby(["category", "site"])["q"].first()
    rows = wide.reset_index().merge(q.rename("q"), on=["category", "site"], how="left")
    return rows.dropna(subset="away_effect").reset_index(drop=True)


def members(catalog: Catalog) -> dict[int, list[str]]:
    """Categories of each item that is a member of one."""
    found: dict[int, list[str]] = {}
    for row in catalog.fetch(feature_queries.all_members()).itertuples():
        found.setdefault(int(row.item), []).append(visible(row.category))
    return found


def untested(catalog: Catalog) -> dict[str, pd.DataFrame]:
    """What could not be tested or measured, with the reason; only what there is."""
    rows = pd.DataFrame(evidence(catalog))
    found: dict[str, pd.DataFrame] = {}
    if len(rows):
        open_ = rows[rows["verdict"].isin(["cannot be tested", "undecided"])]
        found["claims"] = open_[["statement", "verdict", "reason"]]
    known = catalog.categories
    if len(known):
        skipped = known[known["status"] == "skipped"]
        found["categories that were skipped: fewer than 20 families are single tokens here"] = (
            skipped[["category", "families"]]
        )
        small = known[known["status"] == "small"]
        found["categories without a verdict (20 to 39 families)"] = small[["category", "families"]]
    sites = catalog.sites
    found["sites the model does not have"] = sites.dropna(subset="absent")[["site", "absent"]]
    present = sites.dropna(subset="dims")
    weak = present[present["degenerate"].fillna(0) > 0][["site", "dims", "degenerate"]]
    found["dimensions that hardly ever change sign (threshold zero)"] = weak
    return {name: frame for name, frame in found.items() if len(frame)}


def searches(catalog: Catalog) -> pd.DataFrame:
    """Searches for features without categories, beside what the same finds in noise."""
    return catalog.fetch(asked(catalog)["searches"])


def commands(catalog: Catalog) -> list[tuple[str, str]]:
    """How everything here is made again: what, and the command."""
    build = catalog.build
    slug, model = catalog.slug, str(build["source"] or build["model"])
    name = model.replace("\\", "/").rstrip("/").rpartition("/")[2] if model[:1] in "/.~" else model
    options = f"--dtype {build['dtype']} --batch-size {build['batch_size']} --seed {build['seed']}"
    revision = str(build["revision"])
    pinned = "" if revision.startswith("weights-") else f" --revision {revision}"
    reading = "" if catalog.contextual or catalog.modality != "text" else (
        f" --template {shlex.quote(str(build['reading']))}"
    )  # fmt: skip
    given = "--texts FOLDER" if catalog.contextual else facts.OF[catalog.modality].option
    items = f" {given}" if given else ""
    return [
        ("states", f"dims build {shlex.quote(name)}{pinned}{reading}{items} {options}"),
        ("the same bits", f"dims verify {slug} --sample 512"),
        ("features and nulls", f"dims features {slug}"),
        ("searches", f"dims discover {slug} {catalog.primary.site}"),
        ("claims and flips", f"dims evidence {slug}"),
        ("a report of it", f"dims report {slug} --out report.html"),
    ]
