"""The figure of a reproduction: AUC by layer and reading, and verdicts by claim and catalog."""

import altair as alt
import pandas as pd

COLOURS = {
    "holds": "#1b7837",
    "partly": "#a6dba0",
    "undecided": "#d0d0d0",
    "does not hold": "#762a83",
    "cannot be tested": "#f4f4f4",
}
"""Of verdicts: green to purple, told apart by the colour-blind too, and no colour of a pole."""


def figure(readings: pd.DataFrame, verdicts: pd.DataFrame) -> alt.VConcatChart:
    """Both, one above the other; `readings` and `verdicts` as `browse.reproduction` has them."""
    parts = [_by_layer(part, str(name)) for name, part in readings.groupby("catalog", sort=False)]
    top = [alt.hconcat(*parts)] if parts else []
    made: alt.VConcatChart = alt.vconcat(*top, _verdicts(verdicts)).configure(
        background="white", font="sans-serif"
    )
    return made.resolve_scale(color="independent")


def _by_layer(frame: pd.DataFrame, catalog: str) -> alt.LayerChart:
    """Prototype AUC over layers, a line a reading; the catalog's own is thick."""
    base = alt.Chart(frame).encode(
        x=alt.X("layer:Q", title="layer"),
        y=alt.Y(
            "auc:Q", title="mean prototype AUC", scale=alt.Scale(domain=[0.5, 1.0], clamp=True)
        ),
        color=alt.Color("reading:N", title=None, legend=alt.Legend(orient="bottom", columns=2)),
        size=alt.Size("own:N", scale=alt.Scale(domain=[False, True], range=[1.5, 4]), legend=None),
    )
    lines: alt.LayerChart = alt.layer(base.mark_line()).properties(
        title=catalog, width=260, height=200
    )
    return lines


def _verdicts(frame: pd.DataFrame) -> alt.Chart:
    """A cell a claim and catalog."""
    made: alt.Chart = (
        alt.Chart(frame)
        .mark_rect(stroke="white", strokeWidth=2)
        .encode(
            x=alt.X("catalog:N", sort=None, title=None, axis=alt.Axis(orient="top", labelAngle=0)),
            y=alt.Y("claim:N", sort=None, title=None),
            color=alt.Color(
                "verdict:N",
                title="verdict",
                scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())),
            ),
        )
        .properties(width=420, height=alt.Step(16))
    )
    return made
