"""A sentence through the model: which features fire at each token, which signs context changes."""

import streamlit as st

from catalog.notebook.text_changes import Changes
from catalog.notebook.texts import Map, Text
from dashboard.common import catalogs, parts, running
from dashboard.features import parts as feature_parts
from dashboard.frame import address, rail
from dashboard.jobs import warming
from dashboard.texts import cells, changed, frames

EXAMPLE = "The old fisherman rowed his boat across the bay, and the dog watched the green water."
LINKED = 500
"""Characters of a text that a link carries."""
LONGEST = 8000
JOB = "read_text"

here = rail.here()
build = here.catalog.build
alone = frames.alone(here)


def ask() -> str:
    """The text as it was sent; runs it where a link brought it or Run was pressed."""
    followed = address.news("text")
    address.seed("read.text", "text", EXAMPLE, lambda text: text[:LONGEST])
    with st.form("read.form", border=False):
        typed = st.text_area("Text", key="read.text", height=90, max_chars=LONGEST)
        with st.container(horizontal=True, vertical_alignment="center"):
            sent = st.form_submit_button("Run", type="primary", icon=":material/play_arrow:")
            st.caption("Runs on this machine, one text at a time. Ctrl+Enter runs too.")
    text = str(typed)
    if len(text) <= LINKED:
        address.write(text=text)
    else:
        st.query_params.pop("text", None)
        st.caption(f"A link carries at most {LINKED} characters, so not this text.")
    # Another site of the same catalog is read at once; another model only when asked.
    again = st.session_state.get("read.asked") == (here.catalog, text)
    if sent or ((followed or again) and not running.started(JOB, what(text))):
        st.session_state["read.asked"] = (here.catalog, text)
        running.start(JOB, here.catalog, what(text), running.text_states(frames.sites(here), text))
    return text


def what(text: str) -> tuple[object, ...]:
    """All that the states of the text depend on."""
    return str(here.catalog.path), build["content_hash"], frames.sites(here), text


def header(read: Text, found: Map | None, made: Changes | None) -> None:
    """The text in figures, each beside its chance level."""
    facts = [("tokens", f"{len(read.states.ids)}", 76)]
    if found is not None:
        plain = ~read.states.special
        if plain.any():
            facts.append(("cells that fire", f"{found.fired.fires[plain].mean():.1%}", 110))
            facts.append(("at any item", f"{found.usual.mean():.1%}", 90))
    if made is not None:
        one = made.at(here.site)
        facts += [
            ("signs changed", parts.number(float(one.mean(one.own))), 110),
            ("by chance", parts.number(float(one.mean(one.other))), 90),
            ("retained", parts.number(one.retained), 90),
            ("tokens × dims", f"{int(one.counted.sum())} × {read.at(here.site).shape[1]:,}", 110),
        ]
    with st.container(horizontal=True, gap="xsmall"):
        for label, value, width in facts:
            parts.figure(label, value, width=width)
    if read.states.cut:
        parts.notice(
            f"Only the first {len(read.states.ids):,} of {read.states.whole:,} tokens were read: "
            "more do not fit the model's context or this page."
        )


def show(read: Text) -> None:
    """Everything about a text that was read."""
    found = read.map
    made = frames.changes(read) if alone is not None else None
    header(read, found, made)
    place = None
    if found is None:
        feature_parts.unmeasured(here)
    else:
        place = cells.draw(here, read, found, alone)
    if made is not None:
        changed.draw(here, read, made, place)
    else:
        parts.empty(
            f"What context changes is told beside the model's single tokens, and no catalog of "
            f"them with {here.site} and threshold {here.threshold} lies beside {here.slug}."
        )


parts.breadcrumb(here.slug, here.site, "read a text")
rail.warn_degenerate(here)
absent = catalogs.missing(build)
if build["modality"] != "text":
    parts.empty(f"{here.slug} was built from a model of {build['modality']}, which reads no text.")
elif absent:
    parts.empty(absent)
else:
    text = ask()
    states = running.outcome(JOB, what(text))
    if states is not None:
        show(Text(here.catalog, here.site, here.threshold, text, states))
    elif not running.started(JOB, what(text)):
        parts.empty(
            "Type a sentence and press Run to see which features fire at each of its tokens."
        )
        warming.begin(here.catalog)
