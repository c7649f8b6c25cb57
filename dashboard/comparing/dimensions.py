"""Compare, dimension by dimension: matches, both nulls, and the poles of any pair."""

import pandas as pd
import streamlit as st

from catalog.comparing import cached_pairs
from catalog.figures import comparing
from catalog.figures.text import chance
from dashboard.common import catalogs, parts
from dashboard.common.answers import Answer, Here
from dashboard.comparing import frames
from dashboard.comparing import parts as compare_parts
from dashboard.comparing.frames import Both
from dashboard.frame import address
from dashboard.jobs import asks
from dashboard.jobs import parts as jobs

JOB = "compare.matches"
COLOURS = {
    "dimensions shared": "green",
    "few dimensions shared": "yellow",
    "information shared, dimensions not": "orange",
    "information shared": "yellow",
    "nothing shared": "red",
    "cannot be tested": "gray",
}


def draw(both: Both) -> None:
    """Verdict, nulls, pairs and the chosen pair; or the button that makes them."""
    found = cached_pairs.stored_matches(both.a, both.b)
    absent = catalogs.missing(both.b.build)
    if both.b.build["modality"] != "text":
        absent = "Rotating images and sounds needs their files: the rotation null is left out."
    if found is None:
        _ask(both, absent, "Match the dimensions")
        return
    one = found.summary
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(one["verdict"], color=COLOURS.get(one["verdict"], "gray"), help=_RULE)  # type: ignore[arg-type]
            st.text(one["sentence"])
        st.caption(
            f"{one['pairs']} matches on {one['items']:,} shared items; chosen on half of them, "
            f"judged on the other half; {one['reversed']} with the polarity reversed; "
            f"degenerate and left out: {one['degenerate_a']} of A, {one['degenerate_b']} of B."
        )
    turned = one["share_above_rotation_null"] is not None
    if not turned:
        parts.notice(absent or "The rotation null was not drawn: it needs the model of B.")
        if not absent:
            _ask(both, "", "Draw the rotation null")
    _figures(one)
    frame = found.tables["pairs"]
    answer = frames.of_both(both, frame, ".frame()", turned)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        bars = frames.of_both(both, found.tables["histogram"], ".histogram()", turned)
        with parts.panel("|phi| of matches and nulls", bars, _PHI):
            st.plotly_chart(comparing.phi(bars.frame), config=parts.plotly(), key="compare.phi")
    with right:
        place = _pairs(frame, answer)
    _pair(both, frame.iloc[place])


def _ask(both: Both, absent: str, label: str) -> None:
    sentence = absent or (
        "Phi of all pairs of dimensions on the shared items, the best one-to-one assignment, and "
        "the same for permuted items and for random rotations of B (its model is run once)."
    )
    if both.a.threshold == both.b.threshold and jobs.allowed():
        asked = asks.compare(*(frames.place(side) for side in both))
        jobs.offer(sentence, label, asked)
        return
    compare_parts.ask(
        JOB,
        both,
        label,
        sentence,
        frames.work(
            lambda states, report: cached_pairs.matches(
                both.a, both.b, states(both.b), report=report
            )
        ),
        None if absent else both.b.catalog,
    )


def _figures(one: dict[str, object]) -> None:
    with st.container(horizontal=True):
        parts.figure("mean |phi|", one["mean_phi"], width=110)
        for name, title in (("null", "item null"), ("rotation_null", "rotation null")):
            share = one[f"share_above_{name}"]
            if share is None:
                continue
            over = float(str(one[f"share_over_p95_of_{name}"]))
            parts.figure(f"{title} p95", one[f"{name}_p95"], width=130)
            parts.figure("beat it, q < 0.05", _percent(float(str(share))), width=130)
            parts.figure("above p95 (5 % by chance)", _percent(over), width=190)


def _percent(share: float) -> str:
    return "< 1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"


def _pairs(frame: pd.DataFrame, answer: Answer) -> int:
    """The table of matches; the row chosen."""
    address.seed("compare.pair", "pair", 0, address.between(0, len(frame) - 1))
    shown = pd.DataFrame(
        {
            "A": frame["a"],
            "B": frame["b"],
            "polarity": frame["polarity"].map({1: "same", -1: "reversed"}),
            "|phi|": frame["phi"],
            "of phi_max": frame["phi"] / frame["phi_max"].where(frame["phi_max"] > 0),
            "q": frame["q"].map(chance),
            "rotation q": frame["rotation_q"].map(chance),
        }
    )
    number = st.column_config.NumberColumn
    with parts.panel("Matches, the strongest first", answer, _PAIRS):
        event = parts.table(
            shown,
            key="compare.pairs",
            on_select="rerun",
            selection_mode="single-cell",
            height=300,
            column_config={
                "|phi|": number(format="%.3f"),
                "of phi_max": number(format="percent", help="phi_max: the most these shares allow"),
            },
        )
    row = parts.picked("compare.pairs", event)
    if row is not None:
        st.session_state["compare.pair"] = row
    place = int(st.session_state["compare.pair"])
    address.write(pair=place)
    return place


def _pair(both: Both, row: "pd.Series[float]") -> None:
    """Both dimensions' poles, those that answer to each other side by side."""
    a, b, turned = int(row["a"]), int(row["b"]), row["polarity"] < 0
    one, other = frames.poles(both, a, b, turned)
    word = "polarity reversed" if turned else "same polarity"
    title = f"A dimension {a} and B dimension {b}, {word}, |phi| {row['phi']:.3f}"
    st.markdown(f"**{title}**")
    columns = st.columns(4, gap="small")
    for place, pole in enumerate(("positive", "negative")):
        answering = {"positive": "negative", "negative": "positive"}[pole] if turned else pole
        for side, frame, which, column in (
            ("A", one, pole, columns[2 * place]),
            ("B", other, answering, columns[2 * place + 1]),
        ):
            sign = "+" if which == "positive" else "−"
            rows = frame[frame["pole"] == which].sort_values("rank")
            with column:
                st.caption(f"{side}: {sign} pole, {int((rows['shared'] == '●').sum())} in both")
                parts.table(
                    rows[["shared", "text", "value"]],
                    height=320,
                    column_config={"shared": st.column_config.TextColumn("", width=30)},
                )
    with st.container(horizontal=True):
        for name, own, number in (("A", both.a, a), ("B", both.b, b)):
            place_ = Here(own.catalog, own.site, own.threshold)
            address.link("dimension", f"Open {name}'s dimension {number}", place_, dim=number)
    st.caption("● its family stands at the answering pole of the other too (32 items a pole).")


_RULE = (
    "A null is beaten where more matches exceed its 95th percentile than in 95 % of its own draws, "
    "and more than 5 % have q < 0.05. Only the rotation null supports 'the same dimension'."
)
_PHI = (
    "Assignment chosen on half of the shared families, |phi| on the other half; both nulls repeat "
    "it. Items permuted: nothing shared. B rotated: standardised states, turned at random, cut to "
    "the same shares positive: all of B's information, none of its dimensions."
)
_PAIRS = (
    "p: share of the null's matches with at least this |phi|; q: Benjamini-Hochberg over all "
    "matches. phi_max: the largest |phi| that the two shares positive allow."
)
