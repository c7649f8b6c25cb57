"""Every dimension of a site as a point: near those whose signs depend on each other, by phi."""

import streamlit as st

from catalog.figures import maps
from dashboard.common import parts
from dashboard.common.answers import Answer
from dashboard.dimensions import dimension_map_frames as frames
from dashboard.frame import address, rail
from dashboard.jobs import asks
from dashboard.jobs import parts as jobs
from dashboard.labels import bulk

HELP = (
    "Dimensions near each other have signs that depend on each other, whichever of their poles go "
    "together: t-SNE of the distances 1 - |phi|, seeded. How far apart two regions lie, and how "
    "large they are, says nothing."
)
MOVING = {
    "scrollZoom": True,
    "modeBarButtons": [["pan2d", "lasso2d", "resetScale2d"], ["toImage"]],
}

here = rail.here()


def choose() -> str:
    """What colours the points."""
    ways = frames.ways(here)
    address.seed("dimension_map.by", "by", next(iter(ways)), address.among(list(ways)))
    by = st.segmented_control(
        "Colour by", list(ways), key="dimension_map.by", required=True, format_func=ways.__getitem__
    )
    address.write(by=by)
    return str(by)


def draw(answer: Answer, by: str) -> None:
    """The map; a click opens a dimension, a lasso marks many."""
    frame, kinds = answer.frame, frames.kinds(here, by)
    title = f"{len(frame):,} dimensions of {here.site} by their dependence"
    with parts.panel(title, answer, HELP):
        event = st.plotly_chart(
            maps.dimensions(
                frame["x"].to_numpy(), frame["y"].to_numpy(), kinds.texts, kinds.of, kinds.named
            ),
            key="dimension_map.points",
            on_select="rerun",
            selection_mode=["points", "lasso"],
            config=parts.plotly() | MOVING,
        )
        st.caption(
            f"{kinds.told} A click opens one, the lasso (top right) marks many; the wheel comes "
            "nearer."
        )
        chosen = [int(point["customdata"]) for point in event["selection"]["points"]]
        marks = [str(one) for one in chosen] if event["selection"].get("lasso") else []
        every = frame["dimension"].astype(str).tolist()
        bulk.line(here, bulk.of_site(here, "dimension", every, marks))
    if chosen and not marks and parts.changed("dimension_map.points", chosen[0]):
        address.go("dimension", here, dim=chosen[0])


parts.breadcrumb(here.slug, here.site, "map of dimensions")
found = frames.points(here)
if found is None:
    jobs.offer(
        f"The dimensions of {here.site} have not been laid out by phi yet.",
        "Lay them out",
        asks.layout(here, dimensions=True),
    )
else:
    draw(found, choose())
