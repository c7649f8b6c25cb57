"""Panels of the Concept builder: figures, remarks, signed dimensions, items, known categories."""

import streamlit as st

from catalog.figures import cells
from catalog.figures.text import chance, ends
from catalog.notebook.concepts import OfWords
from catalog.notebook.feature_answers import Null
from dashboard.common import drawn, parts, terms
from dashboard.common.answers import Here
from dashboard.features import concept_frames, media_concept
from dashboard.features import parts as parts_of
from dashboard.features.concept_frames import Asked
from dashboard.frame import address
from dashboard.labels import panel
from dashboard.labels import words as label_words
from dashboard.media import frames as media_frames

FLIPPED = 40
"""Words of a concept whose flip can be judged: the verdict needs 20 that are held out."""
NAMED = 40
"""Missing words that are listed."""


def nouns(here: Here) -> tuple[str, str]:
    """What one of a concept's words is called here, and several of them."""
    if media_frames.is_media(here.catalog):
        return media_frames.named(here.catalog, many=False), media_frames.named(here.catalog)
    return "word", "words"


def header(here: Here, made: OfWords, null: Null | None) -> None:
    """The line of figures: value with its interval, null, n."""
    concept = made.live.concept
    auc = "–" if made.auc is None else f"{made.auc:.3f}"
    facts = [
        ("held-out AUC", auc, "feature.auc", 104),
        ("95 % interval", ends(made.low, made.high), "feature.auc_low", 136),
        ("null p95", parts.number(null.p95) if null else "not drawn", "feature.null_p95", 96),
        ("p", chance(null.p) if null else "–", "feature.p", 84),
        ("dims", f"{len(concept.dimensions):,}", "feature.dimensions", 70),
        ("with q < 0.05", f"{(concept.q < 0.05).sum():,}", "feature_dimension.q", 104),
        (nouns(here)[1], f"{concept.members:,}", "category.families", 70),
        ("pool", f"{made.live.pool.size:,}", "feature.pool", 80),
    ]
    if made.auc_counter is not None:
        facts.insert(2, ("v counter-examples", parts.number(made.auc_counter), "", 136))
    with st.container(horizontal=True, gap="xsmall"):
        for label, value, term, width in facts:
            parts.figure(label, value, term, width=width)


def remarks(here: Here, made: OfWords) -> None:
    """What limits the figures, in plain text."""
    one, many = nouns(here)
    live, lines = made.live, []
    if made.auc is None:
        lines.append(f"One {one} has no held-out AUC: give more.")
    elif made.small:
        lines.append(f"Small: {live.concept.members} {many}, so no verdict; 20 are needed.")
    if here.catalog.modality == "text" and live.concept.members < FLIPPED:
        lines.append(f"For a flip with a verdict give {FLIPPED}: half of them are held out.")
    if made.fallback:
        lines.append(
            "Fallback: fewer than 8 dimensions reached the registration level; the "
            "strongest were taken."
        )
    doubled = live.words.asked - len(live.words.missing) - len(live.words.members)
    if doubled:
        lines.append(f"{doubled} more {many} are of a family already there and count once.")
    for which, match in (("", live.words), (" (counter-examples)", live.counter)):
        if match.missing:
            shown = ", ".join(parts.visible(word) for word in match.missing[:NAMED])
            left = len(match.missing) - NAMED
            more = f" and {left} more" if left > 0 else ""
            lines.append(f"No single token here{which}: {shown}{more}.")
    if lines:
        st.text(" ".join(lines))


def prototype(here: Here, what: Asked) -> None:
    """Signed dimensions with their q; a click opens one."""
    answer = panel.unhidden(here, concept_frames.prototype(what))
    frame = answer.frame
    title = f"{len(frame):,} signed dimensions; click a bar to open it"
    with parts.panel(title, answer, terms.term("feature_dimension.auc")):
        if frame.empty:
            many = nouns(here)[1]
            parts.empty(f"No dimension of this site tells these {many} from others.")
            return
        row = drawn.figure(cells.strip(frame), "concept.strip", "dimensions")
        st.caption(
            "Orange: expected +, blue: expected −. q: Benjamini-Hochberg over all dimensions of "
            "this concept, whose own family of tests it is."
        )
    if row is not None:
        address.go("dimension", here, dim=frame["dimension"].iloc[row])


def items(here: Here, what: Asked) -> None:
    """Items that agree most; rows can be added to the words."""
    if media_frames.is_media(here.catalog):
        media_concept.items(here, what)
        return
    answer = concept_frames.top(what)
    with parts.panel("Items that agree most, members marked", answer):
        shown = answer.frame.assign(
            mark=["member" if member else "" for member in answer.frame["member"]]
        )
        event = parts.table(
            shown[["text", "agreement", "mark", "item"]],
            key="concept.top",
            on_select="rerun",
            selection_mode="multi-row",
            height=380,
            column_config=parts_of.columns(),
        )
        agreement = concept_frames.concept(what).live.concept.agreement
        ties = int((agreement == agreement.max()).sum())
        if ties > 1:
            st.caption(
                f"{ties:,} items share the highest agreement. Among equals those come first that "
                "agree most with the strongest dimensions, registered or not."
            )
        rows = event["selection"].get("rows") or []
        _add_buttons([str(shown["text"][row]).strip("␣ ") for row in rows if row < len(shown)])


def _add_buttons(chosen: list[str]) -> None:
    """Put the chosen items among the words, or among the counter-examples."""
    with st.container(horizontal=True):
        for label, key, icon in (
            ("Add to the words", "concept.words", ":material/add:"),
            ("Add to the counter-examples", "concept.counter", ":material/remove:"),
        ):
            st.button(label, on_click=_add, args=(key, chosen), disabled=not chosen, icon=icon)


def _add(key: str, words: list[str]) -> None:
    st.session_state[key] = " ".join([st.session_state[key].strip(), *words]).strip()


def overlap(here: Here, what: Asked) -> None:
    """Known categories it overlaps; a click opens one."""
    answer = concept_frames.overlap(what)
    help = "Features of the catalog's own categories, by shared dimensions and shared words."
    with parts.panel("Known categories it overlaps", answer, help):
        if answer is None:
            parts_of.unmeasured(here)
            return
        shown = answer.frame[["category", "same", "opposite", "expected", "words"]]
        shown = label_words.beside(here, shown, "category", "feature")
        words = st.column_config.NumberColumn(f"{nouns(here)[1]} shared", format="%d")
        event = parts.table(
            shown,
            key="concept.overlap",
            on_select="rerun",
            selection_mode="single-cell",
            height=380,
            column_config=parts_of.columns() | {"words": words} | label_words.title(),
        )
    row = parts.picked("concept.overlap", event)
    if row is not None:
        address.go("feature", here, category=shown["category"][row], background=what.background)
