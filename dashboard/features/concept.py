"""Concept builder: words in; signed dimensions, items, held-out AUC and its null out."""

import re
import time
from typing import Any

import pandas as pd
import streamlit as st

from catalog.figures import charts
from dashboard.common import parts, terms, workspace
from dashboard.features import charts as feature_charts
from dashboard.features import exports, media_concept, shelf
from dashboard.features import frames as feature_frames
from dashboard.features import parts as feature_parts
from dashboard.features.frames import Asked, Live
from dashboard.frame import address, rail, who
from dashboard.labels import panel
from dashboard.labels import words as label_words
from dashboard.media import frames as media_frames

MOST_WORDS = 1000
LONGEST_LINK = 1500
"""Characters of words that still go into the link; longer lists are saved to be shared."""
EXAMPLE = "dog cat horse cow pig sheep goat lion tiger bear wolf fox rabbit mouse deer monkey"
OPENED = "concept.opened"
"""Key of the saved concept that the page was last filled with."""

here = rail.here()
pictured = media_frames.is_media(here.catalog)
one, many = (
    media_frames.WORDS[here.catalog.modality] if pictured else ("word", "words")
)


def words_of(text: str) -> tuple[str, ...]:
    """Words between spaces, line ends, commas and semicolons; each once, in order."""
    found: list[str] = []
    for piece in text.split():
        found += [part for part in re.split("[,;]", piece) if part] or [piece]
    return tuple(dict.fromkeys(found))


def reopen() -> None:
    """Take over a saved concept that the link or the list names."""
    key = st.query_params.get("concept")
    opened, st.session_state[OPENED] = st.session_state.get(OPENED), key
    if not key or key == opened:
        return
    kept = shelf.one(here, key)
    if kept is None:
        parts.notice(f"There is no saved concept {key[:40]!r} of this model.")
        return
    body = kept.body
    st.session_state["concept.words"] = " ".join(body.get("words", []))
    st.session_state["concept.counter"] = " ".join(body.get("counter", []))
    if body.get("background") in feature_frames.BACKGROUNDS:
        st.session_state["concept.background"] = body["background"]
    st.session_state["concept.name"] = kept.name
    parts.notice(
        f"{kept.name}, saved by {kept.person} on {kept.made} UTC at {body.get('site')}, "
        f"threshold {body.get('threshold')}; measured here at {here.site}, {here.threshold}."
    )


def ask() -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """The form: words, counter-examples, background."""
    address.seed("concept.words", "words", "", address.anything)
    address.seed("concept.counter", "against", "", address.anything)
    with st.form("concept.form", border=False):
        left, right = st.columns([3, 2], gap="medium")
        left.text_area(
            "Words that share it",
            key="concept.words",
            height=96,
            placeholder=EXAMPLE,
            help="Separated by spaces, commas or lines. Each must be one token of the vocabulary.",
        )
        right.text_area(
            "Counter-examples (optional)",
            key="concept.counter",
            height=96,
            placeholder="car train boat",
            help="Words it must not fire on: a dimension counts as far as it tells both apart.",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            background = feature_parts.background("concept", here)
            st.form_submit_button("Make it", type="primary", icon=":material/play_arrow:")
    words = words_of(st.session_state["concept.words"])
    counter = words_of(st.session_state["concept.counter"])
    text, against = " ".join(words), " ".join(counter)
    if len(text) + len(against) <= LONGEST_LINK:
        address.write(words=text, against=against, background=background)
    else:
        address.write(words="", against="", background=background)
    return words, counter, background


def header(live: Live, null: feature_frames.Drawn | None) -> None:
    """The line of figures: value with its interval, null, n."""
    concept = live.concept
    interval = (
        f"{parts.number(concept.low)} to {parts.number(concept.high)}"
        if concept.auc is not None
        else "–"
    )
    facts = [
        ("held-out AUC", parts.number(concept.auc), "feature.auc", 104),
        ("95 % interval", interval, "", 130),
        ("null p95", parts.number(null.p95) if null else "not drawn", "feature.null_p95", 96),
        ("p", feature_charts.chance(null.p) if null else "–", "feature.p", 84),
        ("dims", f"{len(concept.dimensions):,}", "feature.dimensions", 70),
        ("with q < 0.05", f"{(concept.q < 0.05).sum():,}", "feature_dimension.q", 104),
        (many, f"{concept.members:,}", "category.families", 70),
        ("pool", f"{live.pool.size:,}", "feature.pool", 80),
    ]
    if concept.auc_counter is not None:
        facts.insert(2, ("v counter-examples", parts.number(concept.auc_counter), "", 136))
    with st.container(horizontal=True, gap="xsmall"):
        for label, value, term, width in facts:
            parts.figure(label, value, term, width=width)


def remarks(live: Live) -> None:
    """What limits the figures, in plain text."""
    concept, lines = live.concept, []
    if concept.auc is None:
        lines.append(f"One {one} has no held-out AUC: give more.")
    elif concept.small:
        lines.append(f"Small: {concept.members} {many}, so no verdict; 20 are needed.")
    if concept.fallback:
        lines.append("Fallback: fewer than 8 dimensions reached 0.75; the strongest were taken.")
    doubled = live.words.asked - len(live.words.missing) - len(live.words.members)
    if doubled:
        lines.append(f"{doubled} more {many} are of a family already there and count once.")
    for which, match in (("", live.words), (" counter-examples", live.counter)):
        if match.missing:
            shown = ", ".join(parts.visible(word) for word in match.missing[:40])
            more = f" and {len(match.missing) - 40} more" if len(match.missing) > 40 else ""
            lines.append(f"No single token here{which and f' ({which.strip()})'}: {shown}{more}.")
    if lines:
        st.text(" ".join(lines))


def prototype_panel(what: Asked) -> None:
    """Signed dimensions with their q; a click opens one."""
    frame = feature_frames.concept_prototype(what)
    answer = panel.unhidden(here, feature_frames.concept_copy(what, frame))
    frame = answer.frame
    title = f"{len(frame):,} signed dimensions; click a bar to open it"
    with parts.panel(title, answer, terms.term("feature_dimension.auc")):
        if frame.empty:
            parts.empty(f"No dimension of this site tells these {many} from others.")
            return
        event = st.altair_chart(feature_charts.strip(frame), key="concept.strip", on_select="rerun")
        st.caption(
            "Orange: expected +, blue: expected −. q: Benjamini-Hochberg over all dimensions of "
            "this concept, whose own family of tests it is."
        )
    bars = event["selection"].get("bar") or []
    if bars and parts.changed("concept.strip", bars[0]["dimension"]):
        address.go("dimension", here, dim=bars[0]["dimension"])


def items_panel(what: Asked) -> None:
    """Items that agree most; rows can be added to the words."""
    if pictured:
        media_concept.items(here, what)
        return
    answer = feature_frames.concept_top(what)
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
            column_config=feature_parts.columns(),
        )
        agreement = feature_frames.concept(what).concept.agreement
        ties = int((agreement == agreement.max()).sum())
        if ties > 1:
            st.caption(
                f"{ties:,} items share the highest agreement. Among equals those come first that "
                "agree most with the strongest dimensions, registered or not."
            )
        rows = event["selection"].get("rows") or []
        chosen = [str(shown["text"][row]).strip("␣ ") for row in rows if row < len(shown)]
        with st.container(horizontal=True):
            st.button(
                "Add to the words",
                on_click=_add,
                args=("concept.words", chosen),
                disabled=not chosen,
                icon=":material/add:",
            )
            st.button(
                "Add to the counter-examples",
                on_click=_add,
                args=("concept.counter", chosen),
                disabled=not chosen,
                icon=":material/remove:",
            )


def _add(key: str, words: list[str]) -> None:
    st.session_state[key] = " ".join([st.session_state[key].strip(), *words]).strip()


def overlap_panel(what: Asked) -> None:
    """Known categories it overlaps; a click opens one."""
    frame = feature_frames.concept_overlap(what)
    help = "Features of the catalog's own categories, by shared dimensions and shared words."
    if frame is None:
        with parts.panel("Known categories it overlaps", None, help):
            feature_parts.unmeasured(here)
        return
    with parts.panel(
        "Known categories it overlaps", feature_frames.concept_copy(what, frame), help
    ):
        shown = frame[["category", "same", "opposite", "expected", "words"]]
        shown = label_words.beside(here, shown, "category", "feature")
        event = parts.table(
            shown,
            key="concept.overlap",
            on_select="rerun",
            selection_mode="single-cell",
            height=380,
            column_config=feature_parts.columns()
            | {"words": st.column_config.NumberColumn(f"{many} shared", format="%d")}
            | label_words.title(),
        )
    row = parts.picked("concept.overlap", event)
    if row is not None:
        address.go("feature", here, category=shown["category"][row], background=what.background)


def null_panel(what: Asked, live: Live, null: feature_frames.Drawn | None) -> None:
    """Draw the null with progress; what was drawn is kept."""
    if live.concept.auc is None:
        return
    help = (
        "Random sets of as many families from the same background through the whole procedure. "
        + terms.term("feature.p")
    )
    with parts.panel("Is it more than chance?", None, help):
        with st.container(horizontal=True, vertical_alignment="center"):
            few = st.button(
                "Draw its null",
                disabled=null is not None,
                key="concept.null",
                type="primary",
                help="200 random sets: seconds.",
            )
            more = st.button(
                "Up to 2,000 sets",
                key="concept.more",
                disabled=null is not None and (null.draws >= 2000 or null.p * null.draws > 10),
                help="Goes on until 10 sets reach the AUC: a smaller p can be told.",
            )
        if few or more:
            _draw(what, 2000 if more else 200)
        null = feature_frames.drawn(what)
        if null is None:
            st.caption("Nothing is drawn until you ask. The figures above carry no p before that.")
            return
        st.plotly_chart(
            feature_charts.null(null.aucs, live.concept.auc),
            key="concept.null.chart",
            config=charts.CONFIG,
        )
        st.text(
            f"{null.draws:,} random sets: mean {parts.number(null.mean)}, 95 % below "
            f"{parts.number(null.p95)}; p {feature_charts.chance(null.p)}"
            + (
                " (the least that so many sets can show)."
                if null.p * (null.draws + 1) < 1.5
                else "."
            )
        )


def _draw(what: Asked, most: int) -> None:
    bar = st.progress(0.0, "Drawing random sets ...")
    begun = time.monotonic()

    def progress(made: int, of: int) -> None:
        left = (time.monotonic() - begun) * (of - made) / made
        bar.progress(min(1.0, made / of), f"{made:,} of at most {of:,}, about {left:.0f} s left")

    feature_frames.draw(what, most, progress)
    bar.empty()
    st.rerun()


def save_panel(what: Asked, live: Live, null: feature_frames.Drawn | None) -> None:
    """Save under a name; take the prototype along."""
    hidden = workspace.hidden_dimensions(here)
    frame = feature_frames.concept_prototype(what)
    frame = frame[~frame["dimension"].isin(hidden)]
    st.session_state.setdefault("concept.name", "")
    with parts.panel("Keep it"):
        with st.form("concept.save", border=False):
            name = st.text_input("Name of the concept", key="concept.name", max_chars=80)
            known = workspace.person()
            typed = known or st.text_input("Your name", key="concept.person", max_chars=60)
            asked = st.form_submit_button("Save", icon=":material/save:")
        if asked:
            with parts.guard():
                if known is None:
                    who.take(typed)
                key = shelf.save(here, name, workspace.person() or typed, _body(what, live, null))
                st.query_params["concept"] = st.session_state[OPENED] = key
                st.toast("Saved.", icon=":material/check:")
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
        exports.buttons(
            exports.source(here, name or "concept", what.background),
            here,
            frame,
            _figures(live, null),
            "concept",
        )


def _figures(live: Live, null: feature_frames.Drawn | None) -> dict[str, Any]:
    concept = live.concept
    return {
        "auc": concept.auc,
        "low": concept.low,
        "high": concept.high,
        "auc_counter": concept.auc_counter,
        "members": concept.members,
        "fallback": concept.fallback,
        "small": concept.small,
        "p": null.p if null else None,
        "null_p95": null.p95 if null else None,
        "null_draws": null.draws if null else None,
    }


def _body(what: Asked, live: Live, null: feature_frames.Drawn | None) -> dict[str, Any]:
    return {
        **_figures(live, null),
        "words": list(what.words),
        "counter": list(what.counter),
        "site": what.site,
        "threshold": what.threshold,
        "background": what.background,
        "dimensions": live.concept.dimensions.tolist(),
        "signs": live.concept.signs.tolist(),
    }


@parts.guard()
def saved_panel() -> None:
    """Saved concepts of this model; a click opens one."""
    kept = shelf.held(here)
    if not kept:
        st.caption("Saved concepts of this model will be listed here.")
        return
    rows = pd.DataFrame(
        {
            "name": [one.name for one in kept],
            "auc": [one.body.get("auc") for one in kept],
            "chance": [feature_charts.chance(one.body.get("p")) for one in kept],
            "members": [one.body.get("members") for one in kept],
            "site": [one.body.get("site") for one in kept],
            "by": [one.person for one in kept],
            "saved (UTC)": [one.made for one in kept],
        }
    )
    with parts.panel(f"{len(kept)} saved of this model; click one to open it"):
        config = feature_parts.columns() | {
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


@parts.guard()
def show(words: tuple[str, ...], counter: tuple[str, ...], background: str) -> None:
    """The concept that these words make."""
    what = feature_frames.asked(here, words, counter, background)
    live = feature_frames.concept(what)
    null = feature_frames.drawn(what)
    header(live, null)
    remarks(live)
    prototype_panel(what)
    left, right = st.columns([2, 1] if pictured else 2, gap="medium")
    with left:
        items_panel(what)
    with right:
        overlap_panel(what)
    left, right = st.columns(2, gap="medium")
    with left:
        null_panel(what, live, null)
    with right:
        save_panel(what, live, null)


parts.breadcrumb(here.slug, here.site, f"a feature of your own {many}")
rail.warn_degenerate(here)
with parts.guard():
    reopen()
words, counter, background = media_concept.ask(here) if pictured else ask()
if not words:
    parts.empty(f"Give some {many} that share what you look for, twenty or more for a verdict.")
elif len(words) + len(counter) > MOST_WORDS:
    parts.empty(f"{len(words) + len(counter):,} {many} are too many: give at most {MOST_WORDS:,}.")
else:
    show(words, counter, background)
saved_panel()
