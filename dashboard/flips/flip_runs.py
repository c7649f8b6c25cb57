"""Saved flip runs: open one by link, set two side by side, export."""

import json

import pandas as pd
import streamlit as st

from catalog.figures import conditions as figures
from catalog.flips import saved
from catalog.notebook import flip_calls
from catalog.notebook.saved_flips import SavedFlip
from dashboard.common import answers, drawn, parts
from dashboard.common.answers import Answer
from dashboard.flips import shelf
from dashboard.frame import address, rail
from dashboard.pages import FILES

NONE = "nothing"

here = rail.here()


def conditions(one: SavedFlip) -> pd.DataFrame:
    """The conditions of a saved run, as the flip lab draws them."""
    told = one.body["result"]["conditions"]
    rows = [
        {"condition": name, "effect": told[name]["mean"], **told[name]}
        for name in figures.NAMES
        if name in told
    ]
    return pd.DataFrame(rows)


def chosen(kept: list[SavedFlip]) -> tuple[SavedFlip, SavedFlip | None]:
    """The run to show, and the one beside it."""
    by_key = {one.key: one for one in kept}
    address.seed("runs.key", "run_key", kept[0].key, address.among(list(by_key)))
    address.seed("runs.beside", "beside", NONE, address.among([NONE, *by_key]))

    def told(key: str) -> str:
        if key == NONE:
            return NONE
        return parts.visible(f"{by_key[key].title}, {by_key[key].made}")

    left, right = st.columns(2)
    first = str(left.selectbox("Run", list(by_key), key="runs.key", format_func=told))
    second = str(right.selectbox("Beside it", [NONE, *by_key], key="runs.beside", format_func=told))
    address.write(run_key=first, beside=second)
    return by_key[first], by_key.get(second)


def one_run(one: SavedFlip, key: str) -> None:
    """Verdict, chart, and what was asked."""
    result, asked = one.body["result"], one.body["asked"]
    st.badge(result["verdict"])
    st.text(parts.visible(result["sentence"]))
    reads = result.get("readout", {}).get("kind", "vocabulary")
    drawn.figure(figures.drawn(conditions(one), reads), f"runs.{key}", "conditions")
    model = one.body["model"]
    st.caption(
        f"{asked['site']}, threshold {asked['threshold']}, {asked['dimensions']} dimensions, "
        f"positions {asked['positions']}, scale {asked['scale']:g}, seed {asked['seed']}, "
        f"{len(asked['prompts'])} prompts"
    )
    st.text(
        parts.visible(
            f"{model['model']} {model['revision']}, {model['dtype']}, weights "
            f"{model['weights_hash'][:12]}, torch {model['versions'].get('torch', '?')}"
        )
    )


def links(one: SavedFlip) -> None:
    """Open it in the lab; export."""
    body = dict(one.body)
    with st.container(horizontal=True):
        st.page_link(
            FILES["flip_lab"],
            label="Run again in the flip lab",
            icon=":material/science:",
            query_params=shelf.opened(here, one),
        )
        for label, text, suffix, mime in (
            ("JSON", json.dumps(body, indent=1), "json", "application/json"),
            ("CSV", saved.as_csv([body]), "csv", "text/csv"),
            ("Notebook", saved.as_notebook(body, here.slug), "ipynb", "application/json"),
        ):
            st.download_button(
                label,
                text.encode(),
                file_name=f"flip-{one.key[-8:]}.{suffix}",
                mime=mime,
                key=f"runs.{suffix}",
                on_click="ignore",
                icon=":material/download:",
            )
    build = here.catalog.build
    if str(build["weights_hash"]) != body["model"]["weights_hash"]:
        parts.notice("This run was made with other weights than this catalog's: it will differ.")


def beside(left: SavedFlip, right: SavedFlip) -> None:
    """What was asked differently, and both figures."""
    rows = pd.DataFrame(saved.compared(left.body, right.body))
    a, b = (flip_calls.call(saved.asked_of(one.body)) for one in (left, right))
    call = f"a = {a}\nb = {b}\na.beside(b)"
    answer = Answer(rows, answers.python(here.catalog, call), "python")
    with parts.panel("A and B, in nats", answer):
        st.text(
            parts.visible("; ".join(saved.differing(left.body, right.body)))
            or "Both were asked the same."
        )
        number = st.column_config.NumberColumn
        parts.table(
            rows,
            height="content",
            column_config={
                name: number(name.replace("_", " "), format="%+.3f")
                for name in rows.columns
                if name != "condition"
            },
        )


parts.breadcrumb(here.slug, "saved runs")
runs = shelf.held(here)
kept = list(runs.kept)
if not kept:
    parts.empty(
        "No flip of this model is saved yet. Run one in the flip lab and press Save below its "
        "figures."
    )
    address.link("flip_lab", "To the flip lab", here, ":material/science:")
else:
    call = "c.saved_flips().frame()"
    listed = Answer(runs.frame(), answers.python(here.catalog, call), "python")
    with parts.panel("Saved runs, newest first", listed):
        number = st.column_config.NumberColumn
        parts.table(
            listed.frame,
            height="content",
            column_config={"away": number("away", format="%+.2f"), "key": None},
        )
    first, second = chosen(kept)
    if second is None:
        one_run(first, "one")
    else:
        for place, one, key in zip(st.columns(2), (first, second), ("a", "b"), strict=True):
            with place:
                one_run(one, key)
        beside(first, second)
    links(first)
