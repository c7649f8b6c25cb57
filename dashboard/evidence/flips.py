"""The flips of the evidence table: every category by layer and by dose, with its controls."""

import pandas as pd
import streamlit as st

from catalog.figures import charts
from catalog.figures import flips as flip_charts
from catalog.store import flip_queries
from catalog.store.catalog import Catalog
from catalog.store.reading import Query
from dashboard.common import answers, catalogs, parts, terms
from dashboard.common.answers import Answer, Here
from dashboard.frame import address

ALL = "mean of all"


def runs(catalog: Catalog) -> Answer:
    """Every flip that `dims evidence` made; no rows where it made none."""
    return _answer(catalog, flip_queries.runs())


def effects(catalog: Catalog) -> Answer:
    """Effect of every condition of every flip."""
    return _answer(catalog, flip_queries.effects())


def _answer(catalog: Catalog, query: Query) -> Answer:
    if "flip_run" not in set(catalogs.tables(catalog).frame["table"]):
        return Answer(pd.DataFrame(), query.text, "sql")
    return Answer(answers.read(catalog, query), query.text, "sql")


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


def primary(frame: pd.DataFrame) -> str:
    """Site of the dose curve: the one with more than one scale."""
    scales = frame.groupby("site", sort=False)["scale"].nunique()
    return str(scales.idxmax())


def table(frame: pd.DataFrame, made: pd.DataFrame, site: str) -> pd.DataFrame:
    """One row a category at a site and scale 1: verdict, q and the effect of every condition."""
    here = frame[(frame["site"] == site) & (frame["scale"] == 1)]
    wide = here.pivot(index="category", columns="condition", values="effect")
    wide = wide[[name for name in flip_charts.NAMES if name in wide]].reset_index()
    own = made[(made["site"] == site) & (made["scale"] == 1)]
    columns = ["category", "verdict", "q", "tokens", "prompts", "as_low"]
    return own[columns].merge(wide, on="category", how="left")


def draw(here: Here) -> None:
    """Charts by layer and by dose, and one row a category; nothing where there are no flips."""
    made, told = runs(here.catalog), effects(here.catalog)
    if made.frame.empty or told.frame.empty:
        return
    st.subheader("Flips, category by category", anchor=False)
    frame, site = told.frame, primary(made.frame)
    names = [ALL, *frame["category"].unique().tolist()]
    address.seed("flips.category", "flips", ALL, address.among(names))
    category = str(st.selectbox("Category", names, key="flips.category", width=260))
    address.write(flips=category)
    left, right = st.columns([3, 2], gap="medium")
    with left, parts.panel("By layer, scale 1", told, _BANDS):
        part = curve(frame[frame["scale"] == 1], "site", category)
        st.plotly_chart(flip_charts.sweep(part), config=charts.CONFIG, key="flips.layer")
    with right, parts.panel(f"By scale, at {site}", told, _BANDS):
        part = curve(frame[frame["site"] == site].sort_values("scale"), "scale", category)
        st.plotly_chart(flip_charts.sweep(part), config=charts.CONFIG, key="flips.dose")
    _rows(here, Answer(table(frame, made.frame, site), made.copy, "sql"), site)


def _rows(here: Here, answer: Answer, site: str) -> None:
    shown = answer.frame
    with parts.panel(f"At {site}, in nats; click one to run it in the flip lab", answer, _ROWS):
        number = st.column_config.NumberColumn
        config = {name: number(name, format="%+.2f") for name in flip_charts.NAMES}
        config |= {
            "q": number("q", format="%.3f"),
            "as_low": number("others as low", help=terms.term("flip_run.as_low")),
        }
        event = parts.table(
            shown,
            key="flips.rows",
            on_select="rerun",
            selection_mode="single-row",
            height="content",
            column_config=config,
        )
    row = parts.picked("flips.rows", event)
    if row is not None:
        chosen = str(shown["category"].iloc[row])
        address.go("flip_lab", here._replace(site=site), category=chosen, run=1)


_BANDS = (
    "Change of log p of held-out tokens minus that of frequency-matched tokens, 95 % bands. Random "
    "and noise are as large a change elsewhere; direct path: the change added after the last block."
)
_ROWS = (
    "Suppresses: away lies below random, noise, disjoint and toward, and q < 0.05 over categories "
    "x layers. Ten categories, drawn beforehand."
)
