"""One dimension: its values, both poles, the same number across layers, its partners."""

import streamlit as st

from catalog.figures import dimension as figures
from catalog.signs import between
from dashboard.circuits import parts as writer_parts
from dashboard.common import drawn, frames, lazy, parts, terms
from dashboard.common.answers import Row
from dashboard.dimensions import examples, travelling
from dashboard.features import frames as feature_frames
from dashboard.features import parts as feature_parts
from dashboard.frame import address, keys, rail
from dashboard.labels import panel, words
from dashboard.media import frames as media_frames
from dashboard.media import stage

SHOWN = 20
"""Items of a pole that are drawn."""

here = rail.here()
balanced = here.threshold == "median"
pictured = media_frames.is_media(here.catalog)


def browse_bar(dims: int) -> int:
    """Number field with previous and next; keys j and k."""
    first = feature_frames.best_dimension(here)
    address.seed("dimension.number", "dim", first, address.between(0, dims - 1))

    def step(by: int) -> None:
        st.session_state["dimension.number"] = (st.session_state["dimension.number"] + by) % dims

    with keys.bar("bottom"):
        parts.breadcrumb(here.slug, here.site, f"dimension {st.session_state['dimension.number']}")
        st.space("stretch")
        st.number_input(
            "Dimension",
            0,
            dims - 1,
            key="dimension.number",
            label_visibility="collapsed",
            width=130,
        )
        keys.steps(lambda: step(-1), lambda: step(1))
    return int(st.session_state["dimension.number"])


def pole_panel(number: int, name: frames.Pole, title: str, cut: float) -> None:
    """Items of one pole; a click opens the item, or shows an image or sound large."""
    count = stage.size(here) if pictured else SHOWN
    answer = frames.pole(here, number, name, count)
    if pictured:
        stage.pole_panel(here, "dimension", title, answer, name)
        return
    with parts.panel(title, answer, terms.term("pole")):
        items = travelling.marked(here, number, examples.named(here, answer.frame))
        row = drawn.figure(figures.pole(items, cut), f"dimension.{name}", f"{name}-pole")
    if row is not None:
        address.go("item", here, item=answer.frame.item[row])


def near_panel(number: int) -> None:
    """Items nearest the threshold; a click opens the item."""
    answer = frames.pole(here, number, "near")
    title = "Near zero" if here.threshold == "zero" else "Near the median"
    if pictured:
        stage.pole_panel(here, "dimension", title, answer, "near")
        return
    with parts.panel(title, answer, terms.term("pole.pole")):
        event = parts.table(
            examples.named(here, answer.frame),
            key="dimension.near",
            on_select="rerun",
            selection_mode="single-cell",
            column_order=["text", "away"],
        )
    row = parts.picked("dimension.near", event)
    if row is not None:
        address.go("item", here, item=answer.frame.item[row])


def statistics(row: Row) -> None:
    """The numbers under the histogram."""
    facts = [
        ("mean", row["mean"], "dimension.mean"),
        ("sd", row["std"], "dimension.std"),
        ("mean |x|", row["mean_abs"], "dimension.mean_abs"),
        ("5 %", row["q05"], "dimension.q05"),
        ("median", row["q50"], "dimension.q50"),
        ("95 %", row["q95"], "dimension.q95"),
    ]
    if balanced:
        facts.append(("threshold", row["value"], "dimension_sign.value"))
    else:
        facts.append(("share +", row["share_positive"], "dimension_sign.share_positive"))
        facts.append(("H, bits", row["entropy_bits"], "dimension_sign.entropy_bits"))
    facts.append(("stability", row["stability"], "dimension_sign.stability"))
    facts.append(("chance", row["chance"], "dimension_sign.chance"))
    if not pictured:
        facts.append(("v frequency", row["frequency_auc"], "dimension_sign.frequency_auc"))
        facts.append(("v length", row["length_auc"], "dimension_sign.length_auc"))
    with st.container(horizontal=True, gap="xsmall"):
        for fact in facts:
            parts.figure(*fact, width=112 if fact[0] == "v frequency" else 80)
    if not pictured:
        st.caption(between.told(row["frequency_auc"], row["length_auc"]))


def partners_panel(number: int, constant: bool) -> None:
    """Dimensions whose signs depend most on this one's."""
    found = frames.partners(here, number)
    help = "Mutual information of two signs over all items. phi: correlation of the signs."
    with parts.panel("Most dependent dimensions", found.answer, help):
        shown = found.answer.frame.drop(columns=["share_positive"] if balanced else [])
        event = parts.table(
            words.beside(here, shown),
            column_config=words.title(),
            key="dimension.partners",
            on_select="rerun",
            selection_mode="single-cell",
            height=340,
        )
        st.caption(
            f"Independent signs show {parts.number(found.reference)} bits at this number of items. "
            f"{found.excluded} degenerate dimensions are left out."
            + (" This one hardly ever changes sign: no other can tell it." if constant else "")
        )
    row = parts.picked("dimension.partners", event)
    if row is not None:
        address.go("dimension", here, dim=found.answer.frame.dimension[row])


present = here.catalog.sites.set_index("site")
number = browse_bar(int(present.dims[here.site]))
address.write(dim=number)
parts.about(f"dimension-{number}")
rail.warn_degenerate(here)
travelling.banner(here, number)
row = frames.dimension(here, number)
if pictured:
    stage.start_dimension(here, number, frames.pole(here, number, "positive", 1).frame)

left, middle, right = st.columns([1, 1, 1] if pictured else [3, 4, 3], gap="medium")
with left:
    pole_panel(number, "positive", ":orange[**+**] positive pole", row["value"])
with middle:
    with parts.panel("Values of all items", frames.dimension_copy(here, number)):
        drawn.figure(figures.histogram(row), "dimension.histogram", "values")
    statistics(row)
    if balanced:
        st.caption(
            "With threshold median, share positive and entropy are constant by construction "
            "and are not shown."
        )
    if pictured:
        stage.dimension(here, number)
with right:
    pole_panel(number, "negative", ":blue[**−**] negative pole", row["value"])
examples.panel(here, number, float(row["value"]))

left, right = st.columns([3, 7], gap="medium")
with left:
    near_panel(number)
with right:
    across = frames.across(here, number)
    with parts.panel(
        "The same number across layers", across, terms.term("dimension_sign.stability")
    ):
        layer = drawn.figure(
            figures.across(across.frame, here.site, balanced), "dimension.across", "layers"
        )
if layer is not None:
    address.go("dimension", here._replace(site=across.frame.site[layer]), dim=number)


def rest() -> None:
    """What else has to do with it."""
    left, right = st.columns(2, gap="medium")
    with left:
        if not panel.withheld(here, number):
            feature_parts.readers_panel(here, number)
    with right:
        partners_panel(number, not 0.01 <= row["share_positive"] <= 0.99)
        writer_parts.of_dimension_panel(here, number)


panel.panel(here, number)  # its keys work before anybody comes near it
lazy.below("dimension.rest", 420, rest)
