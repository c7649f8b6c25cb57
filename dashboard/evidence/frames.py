"""What pages may ask of the evidence table, and of the flips that it was made from."""

import pandas as pd

from catalog.figures import evidence as figures
from catalog.figures.conditions import NAMES
from catalog.notebook.evidence import Evidence
from catalog.store import feature_queries, flip_queries
from catalog.store.catalog import Catalog
from catalog.store.reading import Query
from dashboard.common import answers, catalogs
from dashboard.common.answers import Answer

ALL = "mean of all"


def evidence(catalog: Catalog) -> Answer:
    """The evidence table as stored; no rows before `dims evidence` ran."""
    return _of("evidence", catalog, feature_queries.evidence())


def table(catalog: Catalog) -> Evidence:
    """The same, claim by claim."""
    return Evidence(catalog, evidence(catalog).frame)


def counts(catalog: Catalog) -> dict[str, int]:
    """How many claims have each verdict; none before they were tested."""
    frame = evidence(catalog).frame
    found = frame["verdict"].value_counts() if len(frame) else {}
    return {str(name): int(count) for name, count in found.items()}


@answers.cached()
def drawn(catalog: Catalog) -> str:
    """The whole table as one figure (SVG)."""
    found = table(catalog)
    build = catalog.build
    usual = found.rows["cell"].mode()[0]
    title = f"{catalog.slug}: the paper's claims, each against its strongest control"
    where = f"{build['model']}, read {build['reading']}; {usual}, where a claim names no other"
    rows = [
        {**one.row, "controls": dict(one.controls.itertuples(index=False))} for one in found.claims
    ]
    return figures.of_rows(rows, title, where)


def runs(catalog: Catalog) -> Answer:
    """Every flip that `dims evidence` made; no rows where it made none."""
    return _of("flip_run", catalog, flip_queries.runs())


def effects(catalog: Catalog) -> Answer:
    """Effect of every condition of every flip."""
    return _of("flip_run", catalog, flip_queries.effects())


def _of(name: str, catalog: Catalog, query: Query) -> Answer:
    """Rows of a query on a table that older files lack: none there."""
    if name not in set(catalogs.tables(catalog).frame["table"]):
        return Answer(pd.DataFrame(), query.text)
    return answers.answer(catalog, query)


def curve(frame: pd.DataFrame, axis: str, category: str) -> pd.DataFrame:
    """Rows of one category, or the mean over all of them, with `at` as the axis to draw."""
    named = frame.assign(at=frame[axis].map(str if axis == "site" else "{:g}".format))
    if category != ALL:
        return named[named["category"] == category]
    values = ["effect", "low", "high"]
    whole = named.groupby([axis, "at", "condition"], sort=False, as_index=False)[values].mean()
    verdicts = named[named["condition"] == "away"].groupby("at")["verdict"]
    hits = verdicts.agg(lambda one: f"{(one == 'suppresses').sum()} of {len(one)} suppressed")
    return whole.assign(verdict=whole["at"].map(hits))


def dosed(frame: pd.DataFrame) -> str:
    """Site of the dose curve: the one with more than one scale."""
    scales = frame.groupby("site", sort=False)["scale"].nunique()
    return str(scales.idxmax())


def by_category(frame: pd.DataFrame, made: pd.DataFrame, site: str) -> pd.DataFrame:
    """One row a category at a site and scale 1: verdict, q and the effect of every condition."""
    here = frame[(frame["site"] == site) & (frame["scale"] == 1)]
    wide = here.pivot(index="category", columns="condition", values="effect")
    wide = wide[[name for name in NAMES if name in wide]].reset_index()
    own = made[(made["site"] == site) & (made["scale"] == 1)]
    columns = ["category", "verdict", "q", "tokens", "prompts", "as_low"]
    return own[columns].merge(wide, on="category", how="left")
