"""Every item of a site as a point: near those of alike signs, coloured by what is asked of it."""

import streamlit as st

from catalog.figures import maps
from dashboard.common import parts
from dashboard.common.answers import Answer
from dashboard.dimensions import map_frames as frames
from dashboard.features import frames as feature_frames
from dashboard.frame import address, rail
from dashboard.jobs import asks
from dashboard.jobs import parts as jobs
from dashboard.media import frames as media_frames

KINDS = {
    "agreement": "a feature",
    "members": "a category",
    "sign": "a dimension",
    "none": "nothing",
}
MOST = 500
"""Items that become a concept at once."""
MOVING = {
    "scrollZoom": True,
    "modeBarButtons": [["pan2d", "lasso2d", "resetScale2d"], ["toImage"]],
}
"""The wheel comes nearer; the lasso is a button."""
HELP = (
    "Items near each other have alike signs (t-SNE of the first 30 principal axes, seeded). How "
    "far apart two regions lie, and how large they are, says nothing."
)

here = rail.here()
named = media_frames.named(here.catalog)


def choose() -> frames.Colours:
    """What colours the points."""
    listed = feature_frames.categories(here.catalog).frame
    known = listed[listed["status"] != "skipped"]["category"].tolist() if len(listed) else []
    kinds = list(KINDS) if known else ["sign", "none"]
    address.seed("map.by", "by", kinds[0], address.among(kinds))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = str(
            st.segmented_control(
                "Colour by", kinds, key="map.by", required=True, format_func=KINDS.__getitem__
            )
        )
        address.write(by=by)
        if by == "none":
            return frames.Colours()
        if by == "sign":
            last = int(here.catalog.sites.set_index("site")["dims"][here.site]) - 1
            best = feature_frames.best_dimension(here)
            address.seed("map.dimension", "dim", best, address.between(0, last))
            number = int(st.number_input("Dimension", 0, last, key="map.dimension", width=140))
            address.write(dim=number)
            return frames.sign(here, number)
        first = feature_frames.strongest(here)
        first = first if first in known else known[0]
        address.seed("map.category", "category", first, address.among(sorted(known)))
        category = str(
            st.selectbox(
                "Which", sorted(known), key="map.category", format_func=parts.spaced, width=260
            )
        )
        address.write(category=category)
    return (frames.agreement if by == "agreement" else frames.members)(here, category)


def draw(answer: Answer, colours: frames.Colours) -> None:
    """The map; a click opens an item, a lasso offers a concept."""
    frame = answer.frame
    with parts.panel(f"{len(frame):,} {named} by their signs at {here.site}", answer, HELP):
        event = st.plotly_chart(
            maps.items(
                frame["x"].to_numpy(),
                frame["y"].to_numpy(),
                frames.texts(here),
                colours.values,
                colours.groups,
                st.session_state["map.by"] == "sign",
            ),
            key="map.items",
            on_select="rerun",
            selection_mode=["points", "lasso"],
            config=parts.plotly() | MOVING,
        )
        st.caption(
            f"{colours.told} A click opens one, the lasso (top right) makes a concept of many; the "
            "wheel comes nearer."
        )
    chosen = [int(point["customdata"]) for point in event["selection"]["points"]]
    if event["selection"].get("lasso"):
        lassoed(chosen)
    elif chosen and parts.changed("map.items", chosen[0]):
        address.go("item", here, item=chosen[0])


def lassoed(items: list[int]) -> None:
    """What lies in the lasso, and the way to a concept of it."""
    shown = frames.words(here, items[:MOST])
    text = here.catalog.modality == "text"
    with st.container(border=True):
        st.text(f"{len(items):,} {named} in the lasso")
        st.text(", ".join(parts.visible(str(one).strip("␣ ")) for one in shown["text"][:60]))
        listed = shown["text"].str.strip("␣ ").tolist() if text else [
            f"#{item}" for item in shown["item"]
        ]  # fmt: skip
        if st.button("Make a concept of them", type="primary", key="map.concept"):
            address.go("concept", here, words=" ".join(dict.fromkeys(listed)))


parts.breadcrumb(here.slug, here.site, "map")
found = frames.points(here)
if found is None:
    jobs.offer(
        f"The {named} of {here.site} have not been laid out by their signs yet.",
        "Lay them out",
        asks.layout(here),
    )
else:
    draw(found, choose())
