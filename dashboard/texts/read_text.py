"""A sentence through the model: which features fire at each token, which signs context changes."""

import numpy as np
import pandas as pd
import streamlit as st

from catalog.figures import charts
from dashboard.common import parts, running, terms
from dashboard.features import charts as feature_charts
from dashboard.features import parts as feature_parts
from dashboard.frame import address, rail
from dashboard.texts import charts as text_charts
from dashboard.texts import frames as text_frames
from dashboard.texts.frames import Changed, Map, Read

EXAMPLE = "The old fisherman rowed his boat across the bay, and the dog watched the green water."
LINKED = 500
"""Characters of a text that a link carries."""
LONGEST = 8000
FEATURES = 20
"""Features shown: those that fire most clearly."""
WINDOW = 40
"""Tokens shown at a time."""
JOB = "read_text"

here = rail.here()
build = here.catalog.build


def sites() -> tuple[str, ...]:
    """Sites that are read: the residual stream, final, and the rail's own."""
    present = here.catalog.sites.dropna(subset="dims")
    stream = present["kind"].isin(["resid", "final"]) | (present["site"] == here.site)
    return tuple(present["site"][stream])


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
        running.start(JOB, here.catalog, what(text), running.text_states(sites(), text))
    return text


def what(text: str) -> tuple[object, ...]:
    """All that the states of the text depend on."""
    return str(here.catalog.path), build["content_hash"], sites(), text


def header(read: Read, found: Map | None, made: Changed) -> None:
    """The text in figures, each beside its chance level."""
    one = made.found[made.sites.index(here.site)]
    facts = [("tokens", f"{len(read.states.ids)}", 76)]
    if found is not None:
        plain = ~read.states.special
        if plain.any():
            facts.append(("cells that fire", f"{found.fired.fires[plain].mean():.1%}", 110))
            facts.append(("at any item", f"{found.usual.mean():.1%}", 90))
    facts += [
        ("signs changed", parts.number(float(one.mean(one.own))), 110),
        ("by chance", parts.number(float(one.mean(one.other))), 90),
        ("retained", parts.number(one.retained), 90),
        ("tokens × dims", f"{int(one.counted.sum())} × {read_dims(read):,}", 110),
    ]
    with st.container(horizontal=True, gap="xsmall"):
        for label, value, width in facts:
            parts.figure(label, value, width=width)
    if read.states.cut:
        parts.notice(
            f"Only the first {len(read.states.ids):,} of {read.states.whole:,} tokens were read: "
            "more do not fit the model's context or this page."
        )


def read_dims(read: Read) -> int:
    """Dimensions of the rail's site."""
    return int(text_frames.states_at(read, here.site).shape[1])


def window(tokens: int) -> slice:
    """The tokens that are shown now."""
    pages = -(-tokens // WINDOW)
    if pages < 2:
        return slice(0, tokens)
    address.seed("read.page", "page", 1, address.between(1, pages))
    with st.container(horizontal=True, vertical_alignment="center"):
        page = int(st.pagination(pages, key="read.page"))
        first = (page - 1) * WINDOW
        st.caption(f"tokens {first + 1} to {min(tokens, first + WINDOW)} of {tokens}")
    address.write(page=page)
    return slice(first, min(tokens, first + WINDOW))


def map_panel(read: Read, found: Map) -> None:
    """Tokens x features; a click on a cell opens it below."""
    fired, states = found.fired, read.states
    chosen = fired.clearest(~states.special, FEATURES)
    title = f"Features that fire most clearly, at {here.site}; click a cell to open it"
    help = (
        "Colour: how few items of the vocabulary agree with the feature as much as this token. "
        "Strong colour: the feature fires, its agreement is above the firing level. "
        + terms.term("feature.firing_level")
    )
    with parts.panel(title, text_frames.fired_copy(read, found), help):
        part = window(len(states.ids))
        frame = cell_frame(read, found, chosen, part)
        event = st.altair_chart(
            text_charts.cells(
                frame, list(dict.fromkeys(frame["token"])), [found.names[f] for f in chosen]
            ),
            key="read.map",
            on_select="rerun",
        )
        marked = " * marks special tokens." if states.special[part].any() else ""
        st.caption(
            f"The {len(chosen)} of {len(found.names)} features that fire most clearly anywhere in "
            "the text (fewest items agree as much), background "
            f"{here.catalog.primary.background}. Faint: does not fire.{marked}"
        )
    cells = event["selection"].get("cell") or []
    if cells and parts.changed("read.map", cells[0]):
        st.session_state["read.place"] = str(cells[0]["place"])
        st.session_state["read.feature"] = cells[0]["category"]


def cell_frame(read: Read, found: Map, chosen: "np.ndarray", part: slice) -> pd.DataFrame:
    """Cells of the map that are shown, one row each."""
    states, fired = read.states, found.fired
    names = text_charts.token_names(states.tokens[part], states.special[part], part.start)
    rows, size = len(names), len(chosen)
    rare = fired.rarity[part][:, chosen].ravel()
    return pd.DataFrame(
        {
            "token": np.repeat(np.array(names, object), size),
            "shown": np.repeat([parts.visible(t) for t in states.tokens[part]], size),
            "place": np.repeat(np.arange(part.start, part.stop), size),
            "category": np.tile(np.array([found.names[f] for f in chosen], object), rows),
            "agreement": fired.agreement[part][:, chosen].ravel(),
            "level": np.tile(found.level[chosen], rows),
            "fires": fired.fires[part][:, chosen].ravel(),
            "one_in": 1 / np.maximum(rare, 1e-6),
            "rare": [f"{share:.2%}" for share in rare],
            "usual": [f"{share:.1%}" for share in np.tile(found.usual[chosen], rows)],
        }
    )


def opened(read: Read, found: Map) -> tuple[int, str] | None:
    """The cell that is open: clicked, or as a link has it."""
    address.seed("read.place", "token", "", address.anything)
    address.seed("read.feature", "feature", "", address.anything)
    place, name = str(st.session_state["read.place"]), str(st.session_state["read.feature"])
    inside = place.isascii() and place.isdigit() and int(place) < len(read.states.ids)
    if not inside or name not in found.names:
        return None
    address.write(token=place, feature=name)
    return int(place), name


def cell_panel(read: Read, found: Map, place: int, name: str) -> None:
    """One token against one feature: its dimensions here, its agreement across layers."""
    number = found.names.index(name)
    fired = found.fired
    answer = text_frames.cell(read, place, name)
    frame = answer.frame
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{parts.visible(read.states.tokens[place])}  ×  {parts.visible(name)}")
        address.link("feature", "Open the feature", here, ":material/join_inner:", category=name)
        address.link(
            "item",
            "Open the token",
            here,
            ":material/match_word:",
            item=int(read.states.ids[place]),
        )
    with st.container(horizontal=True, gap="xsmall"):
        parts.figure("agreement", float(fired.agreement[place, number]), width=100)
        parts.figure("fires above", float(found.level[number]), "feature.firing_level", width=100)
        parts.figure("fires", "yes" if fired.fires[place, number] else "no", width=70)
        parts.figure("items that agree so", f"{fired.rarity[place, number]:.2%}", width=150)
        parts.figure("dims that match", f"{int(frame['matches'].sum())} of {len(frame)}", width=130)
    left, right = st.columns([3, 2], gap="medium")
    with left, parts.panel("Dimensions behind it; click one", answer):
        dimensions_table(frame)
    with (
        right,
        parts.panel(
            "This token across layers", None, "Dashed: the level it fires above. Filled: it fires."
        ),
    ):
        st.plotly_chart(
            text_charts.across(text_frames.across(read, place, name), here.site),
            config=charts.CONFIG,
            key="read.across",
        )


def dimensions_table(frame: pd.DataFrame) -> None:
    """The token's sign against the prototype; a click opens the dimension."""
    shown = frame.assign(
        expected=np.where(frame["expected"] > 0, "+", "−"),
        sign=np.where(frame["sign"] > 0, "+", "−"),
        match=np.where(frame["matches"], "same", "differs"),
        chance=frame["q"].map(feature_charts.chance),
    )[["dimension", "expected", "sign", "match", "state", "auc", "chance"]]
    text = st.column_config.TextColumn
    event = parts.table(
        shown,
        key="read.dimensions",
        on_select="rerun",
        selection_mode="single-cell",
        height=min(300, 35 * len(shown) + 38),
        column_config=feature_parts.columns()
        | {
            "expected": text("expected", help=terms.term("feature_dimension.sign")),
            "sign": text("sign here", help="Sign of this token's state, in this text."),
            "match": text("match"),
            "state": st.column_config.NumberColumn("state", format="%.3g"),
            "chance": text("q", help=terms.term("feature_dimension.q")),
        },
    )
    row = parts.picked("read.dimensions", event)
    if row is not None:
        address.go("dimension", here, dim=int(shown["dimension"][row]))


def context_panel(read: Read, made: Changed, place: int | None) -> None:
    """How far context turns signs: by layer, by magnitude, by token."""
    one = made.found[made.sites.index(here.site)]
    answer = text_frames.changed_frame(read, made)
    help = (
        "Share of a token's signs that differ from those the catalog holds for it without context. "
        "Dashed: the same against the other tokens of this text, which is the chance level. "
        "Retained = 1 − own / chance."
    )
    left, right = st.columns([3, 2], gap="medium")
    with left, parts.panel("Signs that context changes, by layer", answer, help):
        st.plotly_chart(
            text_charts.by_layer(answer.frame, here.site), config=charts.CONFIG, key="read.layers"
        )
        st.caption(
            f"Violet: from the token's own cached signs, band ± sd over {int(one.counted.sum())} "
            "tokens. Dashed: by chance (another token's)."
        )
    with (
        right,
        parts.panel(f"By magnitude, at {here.site}", text_frames.magnitude_frame(read, made), help),
    ):
        st.plotly_chart(text_charts.by_magnitude(one), config=charts.CONFIG, key="read.magnitude")
        st.caption("Quarters of the dimensions of each token. Grey ticks: by chance.")
    part = slice(0, len(read.states.ids))
    if len(read.states.ids) > WINDOW:
        first = (int(st.session_state.get("read.page", 1)) - 1) * WINDOW
        part = slice(first, first + WINDOW)
    with parts.panel(f"By token, at {here.site}", text_frames.token_frame(read, made), help):
        token_chart(read, one, part, place)


def token_chart(
    read: Read, one: "text_frames.TokenChanges", part: slice, place: int | None
) -> None:
    """A bar a token of those that are shown."""
    states = read.states
    names = text_charts.token_names(states.tokens[part], states.special[part], part.start)
    inside = None if place is None else place - part.start
    st.plotly_chart(
        text_charts.by_token(names, text_frames.part(one, part), inside),
        config=charts.CONFIG,
        key="read.tokens",
    )
    first = " and the first token, which has no context" if read.states.causal else ""
    st.caption(f"Faint: special tokens{first}; means leave them out. Grey ticks: by chance.")


def show(read: Read) -> None:
    """Everything about a text that was read."""
    found, made = text_frames.fired(read), text_frames.changed(read)
    header(read, found, made)
    cell = None
    if found is None:
        feature_parts.unmeasured(here)
    else:
        map_panel(read, found)
        cell = opened(read, found)
        if cell is not None:
            cell_panel(read, found, *cell)
            st.divider()
    context_panel(read, made, None if cell is None else cell[0])


parts.breadcrumb(here.slug, here.site, "read a text")
rail.warn_degenerate(here)
absent = running.missing(build)
if build["modality"] != "text":
    parts.empty(f"{here.slug} was built from a model of {build['modality']}, which reads no text.")
elif absent:
    parts.empty(absent)
else:
    text = ask()
    states = running.outcome(JOB, what(text))
    if states is not None:
        show(Read(here, text, states))
    elif not running.started(JOB, what(text)):
        parts.empty(
            "Type a sentence and press Run to see which features fire at each of its tokens."
        )
