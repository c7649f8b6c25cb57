"""What the Evidence and Discover pages may ask for."""

import json
from typing import NamedTuple

import pandas as pd
import streamlit as st

from catalog.features import from_words, measure
from catalog.store import feature_queries
from catalog.store.catalog import Catalog
from dashboard.common import answers
from dashboard.common.answers import Answer, Here


class Claim(NamedTuple):
    """One row of the evidence table, ready to draw."""

    row: "pd.Series[object]"
    controls: pd.DataFrame
    """Columns: control, value."""
    curves: pd.DataFrame
    """The first column is the axis; empty where the row has no plot."""


def evidence(catalog: Catalog) -> Answer:
    """The evidence table as stored; no rows before `dims evidence` ran."""
    return answers.answer(catalog, feature_queries.evidence())


def claims(frame: pd.DataFrame) -> list[Claim]:
    """Rows of `evidence` with controls and curves as frames."""
    found = []
    for _, row in frame.iterrows():
        controls = json.loads(row["controls"])
        curves = json.loads(row["curves"])
        longest = max((len(values) for values in curves.values()), default=0)
        whole = {name: values for name, values in curves.items() if len(values) == longest}
        table = pd.DataFrame({"control": list(controls), "value": list(controls.values())})
        found.append(Claim(row, table, pd.DataFrame(whole)))
    return found


def as_markdown(frame: pd.DataFrame) -> str:
    """The evidence table for a paper: claim, figure with interval, strongest control, verdict."""
    lines = [
        "| claim | this model | strongest control | paper | verdict |",
        "|---|---|---|---|---|",
    ]
    for claim in claims(frame):
        row = claim.row
        figure = (
            ""
            if pd.isna(row["value"])
            else f"{row['value']:.3g} [{row['low']:.3g}, {row['high']:.3g}]"
        )
        values = dict(zip(claim.controls["control"], claim.controls["value"], strict=True))
        strongest = row["strongest"]
        control = f"{strongest} {values[strongest]:.3g}" if strongest in values else ""
        cells = [row["statement"], figure, control, row["paper"], row["verdict"]]
        lines.append("| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |")
    return "\n".join(lines)


def discoveries(catalog: Catalog) -> Answer:
    """Searches for unsupervised features, one row for each site and threshold."""
    return answers.answer(catalog, feature_queries.discoveries())


def discovered(here: Here) -> Answer:
    """Unsupervised features kept here, strongest first."""
    return answers.answer(here.catalog, feature_queries.discovered(here.site, here.threshold))


def discovered_prototype(here: Here, name: str) -> Answer:
    """Signed dimensions of a discovered feature."""
    return answers.answer(here.catalog, feature_queries.discovered_prototype(name))


def agreeing(here: Here, name: str) -> pd.DataFrame:
    """Items that agree most with a discovered feature: text, agreement, item."""
    return _agreeing(here.catalog, here.site, here.threshold, name)


@st.cache_data(max_entries=64, show_spinner=False)
def _agreeing(catalog: Catalog, site: str, threshold: str, name: str) -> pd.DataFrame:
    prototype = path.fetch(feature_queries.discovered_prototype(name))
    signs = path.signs(site, threshold)
    agreement = measure.agreement_of(
        signs.by_dimension,
        signs.items,
        prototype["dimension"].to_numpy(),
        prototype["sign"].to_numpy(),
    )
    base = from_words.ground(path)
    rows = from_words.top(base, agreement, prototype["dimension"].to_numpy()[:0])
    return pd.DataFrame(rows)[["text", "agreement", "item"]]
