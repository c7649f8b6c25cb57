"""Circuits: who writes a feature, how keys and values carry it, and what ablation does."""

import numpy as np
import pandas as pd
import streamlit as st

from catalog.circuits.writers import FEWEST
from catalog.figures import circuits as figures
from catalog.figures.text import chance
from catalog.model.columns import written as writable
from catalog.sites import Site
from dashboard.circuits import ablation_parts
from dashboard.circuits import frames as writer_frames
from dashboard.common import answers, catalogs, discovered, parts, terms
from dashboard.features import frames as feature_frames
from dashboard.features import parts as feature_parts
from dashboard.frame import address, rail
from dashboard.jobs import asks
from dashboard.jobs import parts as jobs

COLOURS = {"written": "green", "not above its nulls": "red", "no verdict": "gray"}

here = rail.here()


def choose(listed: list[str]) -> tuple[str, str]:
    """Kind and name of the feature: a category, or a discovered one that a link names."""
    found = writer_frames.discovered_names(here)
    named = discovered.every(here, found)
    options = [("category", name) for name in listed] + [("discovered", name) for name in found]
    followed = address.news("discovered")
    if followed is not None:
        st.session_state["circuits.feature"] = ("discovered", followed)
        address.write(discovered=followed)
        if followed not in found:
            parts.notice(
                f"The link asks for the discovered feature {followed[:40]!r}, whose writers were "
                f"not looked for at {here.site}."
            )
    first = feature_frames.strongest(here)
    first = first if first in listed else listed[0]
    held = st.session_state.get("circuits.feature")
    if address.news("category") is not None or held not in options:
        address.seed("circuits.category", "category", first, address.among(listed))
        st.session_state["circuits.feature"] = (
            "category",
            st.session_state.pop("circuits.category"),
        )
    kind, name = st.selectbox(
        "Feature",
        options,
        key="circuits.feature",
        format_func=lambda one: (
            parts.spaced(one[1]) if one[0] == "category" else f"discovered: {named.get(one[1])}"
        ),
    )
    if kind == "category":
        address.write(category=name)
        st.query_params.pop("discovered", None)
    else:
        address.write(discovered=name)
    return str(kind), str(name)


def sentence(row: "answers.Row") -> str:
    """What the coalition says, in words."""
    figures = (
        f"{row['neurons']:,} neurons searched; the vote of the 200 best gives "
        f"{row['held_out']:.0%} of the signs they were not chosen on"
    )
    if row["verdict"] == "written":
        return f"{figures}, more than for random item sets and for random weights."
    if row["verdict"] == "no verdict":
        why = (
            f"{row['dimensions']} dimensions are too few (fewer than {FEWEST})"
            if row["dimensions"] < FEWEST
            else "the category is too small"
        )
        return f"{figures}; {why} for a verdict."
    if row["p"] < 0.05:
        return (
            f"{figures}; more than most random item sets (p {chance(row['p'])}), but not after "
            f"correction for the features of this site (q {chance(row['q'])})."
        )
    return f"{figures}, as for random item sets."


def coalition_panel(kind: str, name: str, row: "answers.Row") -> None:
    """Verdict, held-out agreement against the nulls, and the paper's procedure so named."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(
                str(row["verdict"]),
                color=COLOURS[str(row["verdict"])],  # type: ignore[arg-type]
                help=terms.term("coalition.verdict"),
            )
            st.text(sentence(row))
        tested = row["q"] if pd.notna(row["q"]) else row["p"]
        with st.container(horizontal=True, gap="xsmall"):
            parts.figure("held out", row["held_out"], "coalition.held_out", 84)
            parts.figure("null p95", row["null_p95"], "coalition.null_p95", 84)
            named = "q" if pd.notna(row["q"]) else "p"
            parts.figure(named, chance(tested), f"coalition.{named}", 84)
            parts.figure("Gaussian p95", row["gaussian_p95"], "coalition.gaussian_p95", 104)
            parts.figure("permuted p95", row["permuted_p95"], "coalition.permuted_p95", 108)
            parts.figure("dims", f"{row['dimensions']}", "coalition.dimensions", 64)
            parts.figure("paper's procedure", row["in_sample"], "coalition.in_sample", 140)
            parts.figure(
                "the same, Gaussian", row["gaussian_in_sample"], "coalition.gaussian_in_sample", 148
            )
    answer = writer_frames.coalition_copy(here, kind, name)
    with parts.panel("The coalition against its nulls", answer, terms.term("coalition")):
        st.plotly_chart(figures.coalition(row), config=parts.plotly(), key="circuits.coalition")
        st.caption(
            f"Gold: this feature. Grey: {len(row['nulls'])} random item sets and their 95th "
            "percentile. Violet: Gaussian weights (long tick), permuted signs (short). Chosen and "
            "scored on the same dimensions, any weights seem to write any feature."
        )


def neurons_panel(kind: str, name: str, row: "answers.Row") -> None:
    """The neurons that agree most, or least."""
    answer = writer_frames.writers(here, kind, name)
    with parts.panel("Writer neurons", answer, terms.term("writer")):
        number, text = st.column_config.NumberColumn, st.column_config.TextColumn
        shown = answer.frame.assign(
            polarity=np.where(answer.frame["polarity"] > 0, "+", "−"),
            writer=np.where(answer.frame["writer"], "writer", ""),
        )[["layer", "neuron", "agreement", "writer", "polarity", "norm"]]
        parts.table(
            shown,
            height=300,
            column_config={
                "layer": number("layer", format="%d", help=terms.term("writer.layer")),
                "neuron": number("neuron", format="%d", help=terms.term("writer.neuron")),
                "agreement": number(
                    "agreement a", format="%.3f", help=terms.term("writer.agreement")
                ),
                "polarity": text("sign", help=terms.term("writer.polarity")),
                "norm": number("|column|", format="%.3g", help=terms.term("writer.norm")),
                "writer": text("above nulls", help=terms.term("writer.writer")),
            },
        )
        st.caption(
            f"max(a, 1 − a): best {parts.number(row['best'])}. 95th percentile of the best of all "
            f"{row['neurons']:,} neurons: random item sets {parts.number(row['best_null_p95'])}, "
            f"Gaussian weights {parts.number(row['best_gaussian_p95'])}, permuted signs "
            f"{parts.number(row['best_permuted_p95'])}. Writers: {row['writers']} "
            f"({row['null_writers']:.0%} of random item sets have one)."
        )


def keys_values_panel(name: str) -> None:
    """AUC of the category in the stream, keys and values, layer by layer."""
    answer = writer_frames.keys_values(here, name)
    sides = answer.frame["kind"].isin(["k", "v"]).any()
    with parts.panel("In keys and values, by layer", answer if sides else None, _KEYS):
        if not sides:
            absent = here.catalog.sites
            reasons = absent[absent["kind"].isin(["k", "v"]) & absent["absent"].notna()]["absent"]
            if len(reasons):
                parts.empty(f"This model has no keys and values to read: {reasons.iloc[0]}")
                return
            asked = writer_frames.with_keys_values(here)
            jobs.offer(
                "This catalog holds no keys and values. A second one of the same model can.",
                "Build it",
                asked,
                catalogs.missing(here.catalog.build),
            )
            return
        st.plotly_chart(figures.keys_values(answer.frame), config=parts.plotly(), key="circuits.kv")
        drawn = answer.frame["null_p95"].notna()
        st.caption(
            f"Mean of 20 splits with 95 % intervals, background {here.catalog.primary.background}. "
            + (
                "Short ticks: 95th percentile of the null."
                if drawn.all()
                else "Short ticks: 95th percentile of the null, where one was drawn."
            )
        )


def every_panel() -> None:
    """All features of the site; a click opens one."""
    st.divider()
    answer = writer_frames.coalitions(here)
    able = answer.frame[answer.frame["verdict"] != "no verdict"]
    written = int((able["verdict"] == "written").sum())
    with parts.panel(f"Every feature of {here.site}", answer, terms.term("coalition")):
        st.caption(
            f"{written} of {len(able)} features with a verdict are written. Mean held-out "
            f"agreement {parts.number(able['held_out'].mean())}, random item sets "
            f"{parts.number(able['null_mean'].mean())}; paper's procedure "
            f"{parts.number(able['in_sample'].mean())}, on Gaussian weights "
            f"{parts.number(able['gaussian_in_sample'].mean())}."
            if len(able)
            else f"No feature here has {FEWEST} dimensions and enough families for a verdict."
        )
        columns = [
            "name", "dimensions", "held_out", "null_p95", "q", "gaussian_p95", "in_sample",
            "gaussian_in_sample", "best", "writers", "verdict", "kind",
        ]  # fmt: skip
        shown = answer.frame.assign(q=answer.frame["q"].map(chance))[columns]
        event = parts.table(
            shown,
            key="circuits.every",
            on_select="rerun",
            selection_mode="single-cell",
            height=380,
            column_config=_every_columns(),
        )
    row = parts.picked("circuits.every", event)
    if row is not None:
        picked = answer.frame.iloc[row]
        name = "category" if picked["kind"] == "category" else "discovered"
        address.go("circuits", here, **{name: picked["name"]})


def _every_columns() -> dict[str, object]:
    number, text, term = st.column_config.NumberColumn, st.column_config.TextColumn, terms.term
    three = {
        "held_out": "held out",
        "null_p95": "null p95",
        "gaussian_p95": "Gauss p95",
        "in_sample": "paper's",
        "gaussian_in_sample": "paper's, Gauss",
        "best": "best neuron",
    }
    config: dict[str, object] = {
        name: number(title, format="%.3f", help=term(f"coalition.{name}"))
        for name, title in three.items()
    }
    return config | {
        "name": text("feature", pinned=True),
        "dimensions": number("dims", format="%d", help=term("coalition.dimensions")),
        "q": text("q", help=term("coalition.q")),
        "writers": number("writers", format="%d", help=term("coalition.writers")),
        "verdict": text("verdict", help=term("coalition.verdict")),
    }


def unlooked() -> None:
    """Nothing was looked for here: what to do."""
    if not writable(Site.parse(here.site)):
        parts.empty(
            f"No FFN neuron writes to {here.site}: choose resid.1 or a later residual site."
        )
        return
    elsewhere = writer_frames.searched(here.catalog)
    places = ", ".join(f"{row.site} ({row.threshold})" for row in elsewhere.itertuples())
    jobs.offer(
        f"The neurons that write to {here.site} have not been looked for with threshold "
        f"{here.threshold}{f'; there are results for {places}' if places else ''}.",
        "Look for them",
        asks.writers(here),
        catalogs.missing(here.catalog.build),
    )


_KEYS = (
    "The category measured anew on keys and on values (after projection, norm and rotary "
    "positions, heads side by side), as everywhere else: held-out prototype AUC."
)

parts.breadcrumb(here.slug, here.site, "circuits")
listed = feature_frames.categories(here.catalog).frame
names = [str(name) for name in listed[listed["status"] != "skipped"]["category"]]
if not here.catalog.measured:
    feature_parts.unmeasured(here)
elif not names:
    parts.empty("No category of this catalog is large enough for a feature.")
else:
    kind, name = choose(names)
    row = writer_frames.coalition(here, kind, name)
    if row is not None:
        coalition_panel(kind, name, row)
        left, right = st.columns(2, gap="medium")
        with left:
            neurons_panel(kind, name, row)
        with right:
            if kind == "category":
                keys_values_panel(name)
        ablation_parts.panel(here, kind, name)
        every_panel()
    else:
        if writer_frames.looked(here):
            parts.empty(f"{name} has no feature with dimensions at {here.site}.")
        else:
            unlooked()
        if kind == "category":
            keys_values_panel(name)
