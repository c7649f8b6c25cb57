"""What is said of one dimension or feature, and what may be said: for its page and its forms.

Every reading passes the person who looks, so that what their open queue hides stays hidden.
"""

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from catalog import places
from catalog.features import categories as word_lists
from catalog.store import feature_queries, media_queries
from catalog.store.catalog import Catalog
from catalog.workspace import adjudication, label_tests, league, schema
from catalog.workspace.subjects import FIELDS, Subject
from catalog.workspace.values import CONTENT
from catalog.workspace.words import EMPTY
from dashboard.common import answers, grey, workspace
from dashboard.common.answers import Here

POLES = {"+": "+ positive", "-": "− negative", "both": "both", "none": "none"}
SUGGESTIONS = 3
"""Categories suggested for one dimension."""


def labels_of(subject: Subject) -> pd.DataFrame:
    """Current labels of a subject, one row for each person: answers, text of both poles."""
    found = workspace.of_subject(subject)
    if found.empty:
        return pd.DataFrame()
    found = league.marked(empties(subject), found)
    first = ["author", "answer", "clear_pole", "category", "text +", "text -", "text"]
    rest = [field for field in CONTENT if field not in (*first, "action")]
    rows: dict[str, dict[str, Any]] = {}
    for said in found.to_dict("records"):
        one = rows.setdefault(str(said["author"]), {"author": said["author"]})
        if said["pole"]:
            one[f"text {said['pole']}"] = said["text"]
        else:
            one |= {field: said[field] for field in ("clear_pole", "category", "text")}
            one["answer"] = str(said["action"]).replace("_", " ")
        told = {field: said[field] for field in rest if not pd.isna(said[field])}
        if "note" in told and "note" in one:
            told["note"] = f"{one['note']}; {told['note']}"
        one |= told
        one["source"] = said["source"]
    frame = pd.DataFrame(rows.values()).reindex(columns=[*first, *rest, "source"])
    return frame.dropna(axis="columns", how="all").reset_index(drop=True)


def columns() -> dict[str, Any]:
    """Titles of `labels_of` in a table, with why a text is grey."""
    texts = {name: st.column_config.TextColumn(name, help=grey.HELP) for name in grey.COLUMNS}
    steps = {"clarity_plus": "clarity +", "clarity_minus": "clarity −"}
    steps = {name: steps.get(name, name) for name in schema.RANGES}
    numbers = {
        name: st.column_config.NumberColumn(title, format="%d") for name, title in steps.items()
    }
    return {"clear_pole": "clear pole"} | numbers | texts


def unmarked(said: dict[str, Any]) -> dict[str, Any]:
    """One row of `labels_of` as it was written, for a form that starts from it."""
    texts = {name: said[name] for name in grey.COLUMNS if isinstance(said.get(name), str)}
    return said | {name: text.removeprefix(EMPTY) for name, text in texts.items()}


def empties(subject: Subject) -> league.Empty:
    """Texts about a subject that predict nothing, and why; see `league.empty_texts`."""
    named = {name: getattr(subject, name) for name in FIELDS if name != "pole"}
    return league.empties(workspace.workspace(), workspace.person(), **named)


def decisions(here: Here, subject: Subject | None = None, everything: bool = False) -> pd.DataFrame:
    """Final labels of a model, or of one subject; with `everything` the whole history."""
    names = workspace.model(here)
    if subject is not None:
        names |= {"site": subject.site, "kind": subject.kind, "name": subject.name}
    return adjudication.decisions(
        workspace.workspace(), workspace.person(), everything=everything, **names
    )


def results(here: Here, subject: Subject | None = None) -> pd.DataFrame:
    """Finished tests of the model, or of one subject, with their verdicts."""
    found = label_tests.results(workspace.workspace(), workspace.person(), **workspace.model(here))
    return found if subject is None else found[found.target == subject.whole.key]


def suggestions(here: Here, number: int) -> pd.DataFrame:
    """Categories that read the dimension best: category, sign, auc, q. Empty where it is hidden."""
    catalog, place = here.catalog, (here.site, number, here.threshold)
    if workspace.hidden(workspace.subject(here, number)) or not catalog.measured:
        return pd.DataFrame()
    query = feature_queries.readers(*place, catalog.primary.background)
    return answers.read(catalog, query).head(SUGGESTIONS)


def categories(catalog: Catalog | None = None) -> list[str]:
    """The fixed list of categories, by name; of a catalog of images or sounds its own classes."""
    if catalog is not None and catalog.modality != "text":
        found = answers.read(catalog, media_queries.classes())
        return sorted({*found["label"], *found["superclass"].dropna()})
    return _categories(str(places.shipped() / "categories"))


def categories_of(subject: Subject) -> list[str]:
    """The fixed list for a subject: that of its catalog."""
    return categories(workspace.catalog_of(subject))


@st.cache_data(show_spinner=False)
def _categories(folder: str) -> list[str]:
    return [category.name for category in word_lists.read_folder(Path(folder))[0]]
