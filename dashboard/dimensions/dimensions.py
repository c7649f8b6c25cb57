"""All dimensions of a site: a scatter, and a table sorted, filtered and paged in SQL."""

import streamlit as st

from catalog.figures import charts
from catalog.signs.between import APART
from dashboard.common import frames, numbers, parts, terms, workspace
from dashboard.common.frames import SORTS, Filter
from dashboard.dimensions import frames as dimension_frames
from dashboard.frame import address, rail
from dashboard.labels import bulk, words

TITLES = {
    "dimension": "number",
    "share_positive": "share positive",
    "balance": "imbalance of signs",
    "entropy_bits": "entropy",
    "mean": "mean",
    "std": "standard deviation",
    "mean_abs": "mean |x|",
    "skew": "|mean| / sd",
    "stability": "stability",
    "kappa": "kappa of stability",
    "frequency": "AUC against frequency",
    "length": "AUC against length",
}
TRAITS = ("frequency_auc", "length_auc")
TELLS = (
    "The category whose feature this dimension's sign tells best, of all dimensions that are "
    "registered; + where its members are positive."
)
KEPT = (
    "Of what its sign says of a token alone, the share that context keeps: 1 − share of positions "
    "whose sign differs from their token's / the same against another position's token."
)
CONSTANT = {"share_positive", "balance", "entropy_bits"}

here = rail.here()
balanced = here.threshold == "median"
everything = frames.scatter(here)
parts.breadcrumb(here.slug, here.site, f"{len(everything.frame):,} dimensions")
rail.warn_degenerate(here)
if balanced:
    st.caption(
        "With threshold median, share positive and entropy are constant by construction "
        "and are not shown."
    )

textual = here.catalog.modality == "text"
unknown = (CONSTANT if balanced else set()) | (set() if textual else {"frequency", "length"})
sorts: list[str] = [name for name in SORTS if name not in unknown]
address.seed("dimensions.sort", "sort", "dimension", address.among(sorts))
address.seed("dimensions.order", "order", "ascending", address.among(["ascending", "descending"]))
address.seed("dimensions.from", "from", 0, address.between(0, 100))
address.seed("dimensions.to", "to", 100, address.between(0, 100))
address.seed("dimensions.labelled", "labelled", "all", address.among(["all", "unlabelled"]))
address.seed("dimensions.plain", "plain", "all", address.among(["all", "plain"]))
people = workspace.labelled(here)


def restart() -> None:
    """Another order or filter begins at its first page."""
    st.session_state["dimensions.page"] = 1


with st.container(horizontal=True, vertical_alignment="bottom"):
    sort = st.selectbox(
        "Sort by",
        sorts,
        key="dimensions.sort",
        format_func=lambda name: TITLES[name],
        width=190,
        on_change=restart,
    )
    order = st.selectbox(
        "Order", ["ascending", "descending"], key="dimensions.order", width=140, on_change=restart
    )
    low, high = 0, 100
    if not balanced:
        low = st.number_input(
            "Share + from (%)", 0, 100, key="dimensions.from", width=140, on_change=restart
        )
        high = st.number_input("to (%)", 0, 100, key="dimensions.to", width=140, on_change=restart)
    labelled = st.selectbox(
        "Labels", ["all", "unlabelled"], key="dimensions.labelled", width=140, on_change=restart
    )
    plain = "all"
    if textual:
        plain = st.selectbox(
            "Frequency and length",
            ["all", "plain"],
            key="dimensions.plain",
            format_func={"all": "all", "plain": "not explained by them"}.__getitem__,
            width=200,
            on_change=restart,
            help=f"Leaves out dimensions whose sign alone tells frequent from rare words, or long "
            f"from short ones, with an AUC more than {APART} from 0.5.",
        )
without = tuple(sorted(people)) if labelled == "unlabelled" else ()
apart = APART if plain == "plain" else 0.5
where = Filter(low / 100, high / 100, without=without, apart=apart)
count = frames.count_dimensions(here, where)
pages = max(1, -(-count // numbers.PAGE))
address.seed("dimensions.page", "page", 1, address.between(1, pages))

shares = everything.frame.share_positive
kept = shares.between(where.share_low, where.share_high).to_numpy()
kept = kept & ~everything.frame.dimension.isin(without).to_numpy()
far = (everything.frame[[*TRAITS]].astype(float) - 0.5).abs()
kept = kept & ~(far > apart).any(axis=1).to_numpy()
if textual:
    told = (far > APART).mean()
    st.caption(
        f"{(far > APART).any(axis=1).mean():.0%} of these dimensions tell frequent words from rare "
        f"({told['frequency_auc']:.0%}) or long from short ({told['length_auc']:.0%}) by their "
        f"sign alone, with an AUC more than {APART} from 0.5: marked ● below."
    )
with parts.panel("Every dimension is a point; click one to open it", everything):
    event = st.plotly_chart(
        charts.scatter(everything.frame, kept, balanced),
        key="dimensions.scatter",
        on_select="rerun",
        selection_mode="points",
        config=parts.plotly(),
    )
points = event["selection"]["points"]
if points and parts.changed("dimensions.scatter", points[0]["point_index"]):
    address.go("dimension", here, dim=everything.frame.dimension[points[0]["point_index"]])

page = st.session_state["dimensions.page"]
answer = frames.dimensions(here, where, sort, order == "descending", page)
shown = answer.frame.drop(columns=["share_positive", "entropy_bits"] if balanced else [])
shown = shown.dropna(axis="columns", how="all")
if textual:
    marked = ((shown[[*TRAITS]] - 0.5).abs() > APART).any(axis=1)
    shown.insert(len(shown.columns), "marked", marked.map({True: "●", False: ""}))
beside = dimension_frames.ends(here, shown["dimension"].tolist())
if here.catalog.modality == "text" or beside["tells"].any():
    for place, name in enumerate(beside if textual else ["tells"]):
        shown.insert(1 + place, name, beside[name].tolist())
held = dimension_frames.kept(here, shown["dimension"].tolist())
if held is not None:
    shown.insert(1 + len(beside.columns), "kept", (100 * held).tolist())
if people:
    shown = shown.assign(people=[people.get(number, 0) for number in shown.dimension])
    shown = words.beside(here, shown)
with parts.panel(f"{count:,} dimensions, by {TITLES[sort]}; click a row to open it", answer):
    clicked = parts.table(
        shown,
        key=f"dimensions.table.{sort}.{order}.{page}.{count}",  # marks are of these rows alone
        on_select="rerun",
        selection_mode=bulk.MODES,
        height=min(560, 36 * len(shown) + 40),
        column_config=words.title()
        | {
            "positive": st.column_config.TextColumn("+ pole", help=terms.term("pole")),
            "negative": st.column_config.TextColumn("− pole", help=terms.term("pole")),
            "tells": st.column_config.TextColumn("tells best", help=TELLS),
            "kept": st.column_config.NumberColumn("kept (%)", format="%.0f", help=KEPT),
            "marked": st.column_config.TextColumn(
                "f/l", width=36, help="● Explained in part by frequency or length."
            ),
        },
    )
    st.pagination(pages, key="dimensions.page")
    passing = everything.frame.dimension[kept].astype(str).tolist()
    marks = bulk.marked(clicked, shown.dimension.tolist())
    bulk.line(here, bulk.of_site(here, "dimension", passing, marks))
row = bulk.opened("dimensions.table", clicked)
if row is not None:
    address.go("dimension", here, dim=shown.dimension[row])
address.write(sort=sort, order=order, page=page, labelled=labelled)
if textual:
    address.write(plain=plain)
if not balanced:
    address.write(**{"from": low, "to": high})
