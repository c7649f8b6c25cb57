"""Lists: named sets of dimensions and features that everybody fills, each with a link."""

import pandas as pd
import streamlit as st

from catalog.workspace import lists, subjects
from dashboard.common import parts, workspace
from dashboard.common.answers import Answer
from dashboard.frame import address, rail
from dashboard.labels import bulk, gathering, mentioned, words

here = rail.here()
COPY = (
    "from catalog.workspace import file, lists\n\n"
    "with file.open_workspace() as workspace:\n    rows = lists.of_list(workspace, None, {!r})"
)


def choose(found: pd.DataFrame) -> str:
    """Which list is shown."""
    names = [str(one) for one in found["list"]]
    counts = dict(zip(names, found["subjects"], strict=True))
    address.seed("lists.list", "list", names[0], address.among(names))
    title = st.selectbox(
        "List",
        names,
        key="lists.list",
        format_func=lambda name: f"{parts.visible(name)} · {counts[name]:,}",
        width=420,
    )
    address.write(list=title)
    return str(title)


def show(title: str) -> None:
    """What a list holds, a link each, and what can be done with many of them."""
    rows = lists.of_list(workspace.workspace(), workspace.person(), title)
    frame = rows.assign(by=rows["person"], since=rows["made_at"].dt.strftime("%Y-%m-%d"))
    numbers = [str(number + 1) for number in range(len(rows))]
    frame = labelled(frame.assign(row=numbers))[
        ["row", "name", "label", "site", "kind", "model", "by", "since"]
    ]
    with parts.panel(f"{len(frame):,} in this list; click a row to open it",
                     Answer(frame, COPY.format(title), "python"), what="list"):  # fmt: skip
        event = parts.table(
            frame,
            key=f"lists.table.{title}.{len(frame)}",
            on_select="rerun",
            selection_mode=bulk.MODES,
            height=min(520, 36 * len(frame) + 40),
            column_config=words.title(),
        )
        many = [subjects.of_row(row) for row in rows.itertuples(index=False)]
        choice = bulk.Choice(
            numbers,
            bulk.marked(event, numbers),
            lambda names: [many[int(name) - 1] for name in names],
            title,
        )
        bulk.line(here, choice)
    row = bulk.opened("lists.table", event)
    if row is not None:
        view, field = gathering.PAGES[many[row].kind]
        place = workspace.place_of(many[row])
        if place is None:
            parts.notice(f"No catalog here holds {many[row].model} as this list means it.")
        else:
            address.go(view, place, **{field: many[row].name})


def labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """With a column `label`: what people call each of this catalog's, where it is not hidden."""
    own = workspace.model(here)
    mine = (frame[list(own)] == list(own.values())).all(axis=1)
    label = pd.Series("", frame.index)
    for (site, kind), some in frame[mine].groupby(["site", "kind"]):
        told = words.of(here._replace(site=str(site)), some["name"], str(kind))
        label[some.index] = [told.get(str(name), "") for name in some["name"]]
    return frame.assign(label=label)


def main() -> None:
    """The comments that name who looks, and the chosen list."""
    parts.breadcrumb("lists of dimensions and features")
    mentioned.panel()
    found = gathering.every()
    if found.empty:
        parts.empty(
            "There are no lists yet. Mark rows in Dimensions or Features, or draw a lasso in a map "
            "of dimensions, and add them to a list by its name."
        )
        return
    show(choose(found))


main()
