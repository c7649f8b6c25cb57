"""The null of a concept, drawn when asked for; concepts saved under a name, and opened again."""

import time
from typing import Any

import pandas as pd
import streamlit as st

from catalog.figures.text import chance, ends
from catalog.notebook.concepts import OfWords
from catalog.notebook.feature_answers import Null
from dashboard.common import parts, terms, workspace
from dashboard.common.answers import Here
from dashboard.features import concept_frames, exports, shelf
from dashboard.features import parts as parts_of
from dashboard.features.asking import OPENED
from dashboard.features.concept_frames import Asked
from dashboard.frame import address, who

FEW, MANY = 200, 2000
"""Random sets that the two buttons draw."""


def null(what: Asked, made: OfWords, many: str) -> None:
    """Draw the null with progress; what was drawn is kept, and which AUC it lets tell.

    `many` is what several words are called here.
    """
    if made.auc is None:
        return
    known = concept_frames.drawn(what)
    help = (
        "Random sets of as many families from the same background through the whole procedure. "
        + terms.term("feature.p")
    )
    answer = None if known is None else concept_frames.drawn_copy(what, known)
    with parts.panel("Is it more than chance?", answer, help):
        with st.container(horizontal=True, vertical_alignment="center"):
            few = st.button(
                "Draw its null",
                disabled=known is not None,
                key="concept.null",
                type="primary",
                help="200 random sets: seconds.",
            )
            more = st.button(
                "Up to 2,000 sets",
                key="concept.more",
                disabled=known is not None and (known.draws >= MANY or known.p * known.draws > 10),
                help="Goes on until 10 sets reach the AUC: a smaller p can be told.",
            )
        if few or more:
            _draw(what, MANY if more else FEW)
        if known is None:
            st.caption("Nothing is drawn until you ask. The figures above carry no p before that.")
            return
        st.plotly_chart(known.plot(), key="concept.null.chart", config=parts.plotly())
        least = known.p * (known.draws + 1) < 1.5
        st.text(
            f"{known.draws:,} random sets: mean {parts.number(known.mean)}, 95 % below "
            f"{parts.number(known.p95)}; p {chance(known.p)}"
            + (" (the least that so many sets can show)." if least else ".")
        )
        st.text(
            f"With {len(made.members):,} {many} an AUC below {known.least_told:.2f} cannot be told "
            f"from chance here (p above 0.05). A true AUC of {known.detectable:.2f} would be found "
            "in 4 of 5 lists of this length."
        )


def _draw(what: Asked, most: int) -> None:
    bar = st.progress(0.0, "Drawing random sets ...")
    begun = time.monotonic()

    def progress(made: int, of: int) -> None:
        left = (time.monotonic() - begun) * (of - made) / made
        bar.progress(min(1.0, made / of), f"{made:,} of at most {of:,}, about {left:.0f} s left")

    concept_frames.draw(what, most, progress)
    bar.empty()
    st.rerun()


def save(here: Here, what: Asked, made: OfWords) -> None:
    """Save under a name; take the prototype along."""
    known = concept_frames.drawn(what)
    frame = made.frame()
    frame = frame[~frame["dimension"].isin(workspace.hidden_dimensions(here))]
    st.session_state.setdefault("concept.name", "")
    with parts.panel("Keep it"):
        name = _form(here, what, made, known)
        saved = st.query_params.get("concept")
        if saved and here.site.startswith("resid."):
            address.link(
                "flip_lab",
                "Open in the flip lab",
                here,
                ":material/science:",
                feature="concept",
                concept=saved,
            )
        source = exports.source(here, name or "concept", what.background)
        exports.buttons(source, here, frame, _figures(made, known), "concept")


def _form(here: Here, what: Asked, made: OfWords, known: Null | None) -> str:
    """The name and a button; the name as it stands."""
    with st.form("concept.save", border=False):
        name = str(st.text_input("Name of the concept", key="concept.name", max_chars=80))
        person = workspace.person()
        typed = person or st.text_input("Your name", key="concept.person", max_chars=60)
        asked = st.form_submit_button("Save", icon=":material/save:", disabled=who.waiting())
    if asked:
        with parts.guard():
            if person is None:
                who.take(typed)
            body = _body(what, made, known)
            key = shelf.save(here, name, workspace.person() or typed, body)
            st.query_params["concept"] = st.session_state[OPENED] = key
            st.toast("Saved.", icon=":material/check:")
    return name


def _figures(made: OfWords, known: Null | None) -> dict[str, Any]:
    return {
        "auc": made.auc,
        "low": made.low,
        "high": made.high,
        "auc_counter": made.auc_counter,
        "members": len(made.members),
        "fallback": made.fallback,
        "small": made.small,
        "p": known.p if known else None,
        "null_p95": known.p95 if known else None,
        "null_draws": known.draws if known else None,
    }


def _body(what: Asked, made: OfWords, known: Null | None) -> dict[str, Any]:
    return {
        **_figures(made, known),
        "words": list(what.words),
        "counter": list(what.counter),
        "site": what.site,
        "threshold": what.threshold,
        "background": what.background,
        "dimensions": made.live.concept.dimensions.tolist(),
        "signs": made.live.concept.signs.tolist(),
    }


@parts.guard()
def saved(here: Here, many: str) -> None:
    """Saved concepts of this model; a click opens one."""
    kept = shelf.held(here)
    if not kept:
        st.caption("Saved concepts of this model will be listed here.")
        return
    rows = pd.DataFrame(
        {
            "name": [one.name for one in kept],
            "auc": [one.body.get("auc") for one in kept],
            "interval": [ends(one.body.get("low"), one.body.get("high")) for one in kept],
            "chance": [chance(one.body.get("p")) for one in kept],
            "members": [one.body.get("members") for one in kept],
            "site": [one.body.get("site") for one in kept],
            "by": [one.person for one in kept],
            "saved (UTC)": [one.made for one in kept],
        }
    )
    with parts.panel(f"{len(kept)} saved of this model; click one to open it"):
        config = parts_of.columns() | {
            "members": st.column_config.NumberColumn(many, format="%d"),
            "chance": st.column_config.TextColumn("p", help=terms.term("feature.p")),
        }
        event = parts.table(
            rows,
            key="concept.saved",
            on_select="rerun",
            selection_mode="single-cell",
            height=min(250, 33 * len(rows) + 37),
            column_config=config,
        )
    row = parts.picked("concept.saved", event)
    if row is not None:
        st.session_state[OPENED] = None
        address.go("concept", here, concept=kept[row].key)
