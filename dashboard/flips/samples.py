"""The flip lab where the model reads items: the items of a run, and what one of them gives."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from catalog.figures.charts import figure
from catalog.figures.colours import ACCENT, HERE, NEAR
from catalog.notebook.flips import Flip
from dashboard.common import parts
from dashboard.common.answers import Here
from dashboard.flips import frames
from dashboard.frame import address
from dashboard.media import frames as media_frames
from dashboard.media import stage

PAGE = "flip_lab"
KINDS = {"eliciting": "held out, of the concept", "neutral": "of no related category"}


def draw(here: Here, made: Flip) -> None:
    """Choose an item of the run; its classes, or its nearest items, before and after away."""
    listed = [int(one.text.removeprefix("#")) for one in made.found.setup.prompts]
    first = next((n for n, one in enumerate(made.found.setup.prompts) if one.kind != "neutral"), 0)
    address.seed("flip.prompt", "prompt", first, address.between(0, len(listed) - 1))
    left, right = st.columns([2, 3], gap="medium")
    with left:
        number = _choose(here, made, listed)
    address.write(prompt=number)
    with right:
        if made.found.setup.readout.kind == "classes":
            _classes(made, number)
        else:
            _nearest(here, made, number)


def _choose(here: Here, made: Flip, listed: list[int]) -> int:
    """The place of the chosen item among those of the run."""
    pictured = media_frames.is_media(here.catalog)
    with parts.panel(f"The {media_frames.named(here.catalog)} that were run"):
        texts = _texts(here, listed)
        number = int(
            st.selectbox(
                "Item",
                range(len(listed)),
                key="flip.prompt",
                format_func=lambda n: f"#{listed[n]}  {texts[n]}",
            )
        )
        st.session_state[f"{PAGE}.shown"] = listed[number]
        for kind, told in KINDS.items():
            own = [
                listed[n]
                for n, one in enumerate(made.found.setup.prompts)
                if (one.kind == "neutral") == (kind == "neutral")
            ]
            if own:
                st.caption(f"{len(own)} {told}")
            if own and pictured:
                rows = pd.DataFrame({"item": own})
                stage.wall(here, PAGE, kind, rows, picked=lambda item: _pick(listed, item))
    return number


def _pick(listed: list[int], item: int) -> None:
    st.session_state["flip.prompt"] = listed.index(item)


def _texts(here: Here, items: list[int]) -> list[str]:
    return [parts.visible(one) for one in frames.item_texts(here.catalog, items)]


def _classes(made: Flip, number: int) -> None:
    frame = frames.next_tokens(made, number, False).rename(columns={"token": "class"})
    before = frames.top(made, number)
    with parts.panel("Its classes before and after away; gold is the concept's", before):
        st.plotly_chart(_bars(frame), config=parts.plotly(), key="flip.classes")
        moved = frame.assign(change=frame["then"] - frame["p"])
        worst = moved.loc[moved["p"].idxmax()]
        st.text(f"{worst['class']}: {worst['p']:.1f} % before, {worst['then']:.1f} % after away.")


def _bars(frame: pd.DataFrame) -> go.Figure:
    """Probability of each class: grey before, violet after. `frame`: class, member, p, then."""
    names = [parts.chart_text(one) for one in frame["class"]]
    own = (frame["member"] != "").tolist()
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": told,
            "x": frame[column],
            "y": names,
            "marker": {
                "color": colour,
                "line": {"color": HERE, "width": [2.5 if one else 0 for one in own]},
            },
            "hovertext": [
                f"{name}<br>{told} {parts.number(value)} %"
                for name, value in zip(names, frame[column], strict=True)
            ],
            "hoverinfo": "text",
        }
        for told, column, colour in (("before", "p", NEAR), ("after away", "then", ACCENT))
    ]
    return figure(
        traces,
        34 * len(frame) + 90,
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        margin={"l": 8, "r": 8, "t": 36, "b": 8},
        xaxis={"title": "probability (%)", "rangemode": "tozero"},
        yaxis={"autorange": "reversed", "showgrid": False},
    )


def _nearest(here: Here, made: Flip, number: int) -> None:
    top = made.found.seen[number].top
    lost = len(set(top.before.tolist()) - set(top.after.tolist()))
    before = frames.top(made, number)
    told = "Its nearest items before and after away, by the share of equal signs"
    with parts.panel(told, before):
        left, right = st.columns(2, gap="small")
        for place, when, items, share in (
            (left, "before", top.before, top.before_p),
            (right, "after", top.after, top.after_p),
        ):
            rows = pd.DataFrame({"item": items, "equal signs": 100 * share})
            with place:
                st.caption(f"{when.capitalize()} away")
                if media_frames.is_media(here.catalog):
                    stage.wall(here, PAGE, when, rows, "equal signs", picked=lambda item: None)
                    continue
                rows["item"] = _texts(here, rows["item"].tolist())
                number_column = st.column_config.NumberColumn("equal signs (%)", format="%.1f")
                parts.table(rows, column_config={"equal signs": number_column})
        st.text(f"{lost} of the {len(top.before)} nearest changed.")
