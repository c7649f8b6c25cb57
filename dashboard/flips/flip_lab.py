"""Flip lab: change a feature's signs while the model runs, beside the controls."""

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from catalog.figures import charts
from catalog.figures import flips as flip_charts
from catalog.flips import flip, report
from catalog.flips.readouts import counted
from dashboard.common import parts, running
from dashboard.features import parts as feature_parts
from dashboard.flips import ask as flip_ask
from dashboard.flips import frames as flip_frames
from dashboard.flips import generation, samples, shelf, told
from dashboard.flips.frames import Asked, Made
from dashboard.frame import address, rail

JOB = "flip_lab"
SWEEP_JOB = "flip_lab.sweep"
SWEEPS = ("layer", "dimensions", "scale")
OWN = "own text"
POSITIONS = ("all", "last", "chosen")
LINKED = 500  # characters of own prompts that a link carries
EXAMPLE = "The old man walked slowly to the"

here = rail.here()
build = here.catalog.build
reads = flip.reads(str(build["architecture"]))
PROMPTED = reads == "vocabulary"


def ask(listed: list[str]) -> Asked | None:
    """Draw the choices; run where Run was pressed or a link says so."""
    followed = any(address.news(name) is not None for name in ("category", "found", "run"))
    offered = [one for one in POSITIONS if PROMPTED or one != "last"]
    address.seed("flip.positions", "positions", "all", address.among(offered))
    kinds = [*flip_frames.SOURCES, OWN]
    address.seed("flip.prompts", "prompts", kinds[0], address.among(kinds))
    address.seed("flip.seed", "seed", 0, address.between(0, 9999))
    source = flip_ask.source(here, listed)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    positions = str(
        row.segmented_control(
            "Positions",
            offered,
            key="flip.positions",
            required=True,
            help="all: every position but a beginning-of-text sink. last: where the next token "
            "is read. chosen: places from 0.",
        )
    )
    kind = str(
        row.segmented_control(
            "Prompts (neutral + eliciting)" if PROMPTED else "Items (others + of the concept)",
            kinds,
            key="flip.prompts",
            format_func=lambda one: "chosen" if one == OWN and not PROMPTED else one,
            required=True,
        )
    )
    scale = _scale(row)
    seed = int(row.number_input("Seed", 0, 9999, key="flip.seed", width=90))
    pressed = row.button("Run", type="primary", icon=":material/play_arrow:", key="flip.run")
    places = _places() if positions == "chosen" else positions
    text = _own() if kind == OWN else kind
    edits = flip_ask.edits()
    address.write(positions=positions, prompts=kind, seed=seed)
    if source is None:
        return None
    asked = flip_frames.asked(here, source, places, text, scale, seed, edits)
    again = pressed or st.session_state.get("flip.link") == _link(asked)
    if pressed:
        address.write(run=1)
    if (again or (followed and "run" in st.query_params)) and not running.started(JOB, asked):
        st.session_state["flip.link"] = _link(asked)
        running.start(JOB, here.catalog, asked, flip_frames.work(asked))
    return asked


def _link(asked: Asked) -> tuple[object, ...]:
    """What may change and still run at once: nothing but the site and threshold of the rail."""
    return asked._replace(site="", threshold="")


def _scale(place: DeltaGenerator) -> float:
    """Times the change."""
    address.seed("flip.scale", "scale", 1.0, _read_scale)
    scale = float(
        place.slider(
            "Scale",
            0.25,
            3.0,
            step=0.25,
            key="flip.scale",
            width=150,
            help="Times the change: 1 is the flip.",
        )
    )
    address.write(scale=scale)
    return scale


def _read_scale(text: str) -> float | None:
    quarters = {f"{n / 4:g}": n / 4 for n in range(1, 13)}
    try:
        return quarters.get(f"{float(text):g}")
    except ValueError:
        return None


def _places() -> str:
    address.seed("flip.places", "places", "-1", address.anything)
    given = str(st.text_input("Places from 0; -1 is the last", key="flip.places"))
    address.write(places=given)
    return given


def _own() -> str:
    label, example = ("Prompts", EXAMPLE) if PROMPTED else ("Items by number", "#0\n#1")
    address.seed("flip.text", "text", example, lambda text: text[:8000])
    text = str(st.text_area(f"{label}, one a line", key="flip.text", height=90, max_chars=8000))
    if len(text) <= LINKED:
        address.write(text=text)
    else:
        st.query_params.pop("text", None)
    return text


def show(made: Made) -> None:
    """Verdict, conditions, specificity, next tokens or classes, matching."""
    readout = made.found.setup.readout
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(made.summary.judged.verdict, help=told.RULE)
            st.text(parts.visible(report.sentence(made.found, made.summary)))
        st.text(
            f"{made.summary.judged.reason} "
            f"n = {len(made.found.setup.prompts)} {readout.sample} from "
            f"{len(np.unique(made.found.sources))} sources, "
            f"{counted(readout)}, "
            f"{len(made.found.setup.feature.dimensions)} dimensions."
        )
    for warning in made.summary.warnings:
        parts.notice(warning)
    answer = flip_frames.conditions(made)
    left, right = st.columns([1, 1], gap="medium")
    with left, parts.panel("The conditions, side by side", answer, told.EFFECT[readout.kind]):
        chart = flip_charts.conditions(answer.frame, readout.kind)
        st.plotly_chart(chart, config=charts.CONFIG, key="flip.conditions")
    every = flip_frames.others(made)
    with (
        right,
        parts.panel(f"Away, on every other {told.OTHER[readout.kind]}", every, told.OTHERS),
    ):
        chart = flip_charts.others(every.frame, readout.kind)
        st.plotly_chart(chart, config=charts.CONFIG, key="flip.others")
        lower = int((every.frame["away"] < made.summary.effects["away"].value).sum())
        st.caption(f"Gold: this one. {lower} of {len(every.frame) - 1} others fall further.")
    if readout.sample == "items":
        samples.draw(here, made)
    else:
        tokens(made)
    if made.summary.by_column and readout.kind == "layers":
        with parts.panel("At every later site"):
            chart = flip_charts.sweep(flip_frames.by_site(made), readout.unit)
            st.plotly_chart(chart, config=charts.CONFIG, key="flip.later")
    left, right = st.columns([3, 2], gap="medium")
    with left, parts.panel("Matching: what each condition changes", answer):
        matching(answer.frame)
        st.caption(
            f"Worst of the random draws: {made.found.worst_match:.1%} from away (allowed 5 %). "
            f"Disjoint: {', '.join(made.found.setup.disjoint_names) or 'none'}."
        )
    with (
        right,
        parts.panel(
            f"Neutral and eliciting {readout.sample} apart",
            flip_frames.by_kind(made),
            told.KINDS,
        ),
    ):
        kinds = flip_frames.by_kind(made).frame
        parts.table(kinds, column_config=_numbers("effect", "low", "high"))


def matching(frame: "object") -> None:
    """Share changed, norms, KL of every condition."""
    wanted = ["condition", "changed", "delta_norm", "norm_ratio", "log_odds", "kl", "neighbours"]
    shown = frame[[name for name in wanted if name in frame]]  # type: ignore[index,operator]
    shown = shown.assign(changed=100 * shown["changed"])
    number = st.column_config.NumberColumn
    parts.table(
        shown,
        column_config={
            "changed": number("signs changed (%)", format="%.1f"),
            "delta_norm": number("||delta||", format="%.3g"),
            "norm_ratio": number("||x'|| / ||x||", format="%.3f"),
            "log_odds": number("log odds", format="%+.2f", help="Of the concept's mass."),
            "kl": number("KL (nats)", format="%.3f"),
            "neighbours": number("nearest lost", format="percent", help="Of the 10 nearest items."),
        },
    )


def tokens(made: Made) -> None:
    """Next tokens of one prompt before and after away."""
    texts = [parts.visible(prompt.text) for prompt in made.found.setup.prompts]
    options = list(range(len(texts)))
    address.seed("flip.prompt", "prompt", 0, address.between(0, len(texts) - 1))
    with parts.panel("Next tokens before and after away; ● marks members"):
        number = st.selectbox(
            "Prompt", options, key="flip.prompt", format_func=lambda n: f"{n + 1}  {texts[n]} ..."
        )
        address.write(prompt=number)
        left, right = st.columns(2, gap="medium")
        percent = {
            name: st.column_config.NumberColumn(title, format="%.2f")
            for name, title in (("p", "%"), ("then", "% after away"))
        }
        with left:
            st.caption("Before")
            parts.table(
                flip_frames.next_tokens(made, int(number), False), column_config=percent, height=320
            )
        with right:
            st.caption("After")
            parts.table(
                flip_frames.next_tokens(made, int(number), True), column_config=percent, height=320
            )


def _numbers(*columns: str) -> dict[str, object]:
    return {name: st.column_config.NumberColumn(name, format="%+.2f") for name in columns}


def sweep(asked: Asked) -> None:
    """A curve by layer, number of dimensions or scale, each point with its controls."""
    st.divider()
    address.seed("flip.sweep", "sweep", SWEEPS[0], address.among(SWEEPS))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = str(st.segmented_control("Sweep", SWEEPS, key="flip.sweep", required=True))
        pressed = st.button("Run the sweep", key="flip.sweep.run", icon=":material/timeline:")
    address.write(sweep=kind)
    if pressed:
        running.start(SWEEP_JOB, here.catalog, (asked, kind), flip_frames.sweep_work(asked, kind))
    found = running.outcome(SWEEP_JOB, (asked, kind))
    if found is None:
        return
    frame = flip_frames.points(found)
    if not frame.empty:
        unit = "agreement" if reads == "layers" else "nats"
        chart = flip_charts.sweep(frame, unit)
        st.plotly_chart(chart, config=charts.CONFIG, key="flip.sweep.chart")
    for point in found:
        q = "" if np.isnan(point.q) else f", q {point.q:.3f}"
        st.text(f"{point.at}: {point.verdict}{q}. {point.refused}")


parts.breadcrumb(here.slug, here.site, "flip lab")
absent = running.missing(build)
if absent:
    parts.empty(absent)
elif not here.catalog.measured:
    feature_parts.unmeasured(here)
elif not here.site.startswith("resid."):
    parts.empty(f"{here.site} cannot be flipped: choose a residual site, resid.L, on the left.")
elif not flip_ask.names(here):
    parts.empty("No category of this catalog is large enough for a feature.")
else:
    asked = ask(flip_ask.names(here))
    outcome = None if asked is None else running.outcome(JOB, asked)
    if asked is not None and outcome is not None:
        show(outcome)
        shelf.save(here, outcome)
    elif asked is not None and not running.started(JOB, asked):
        parts.empty(
            f"Press Run: the model runs every {'prompt' if PROMPTED else 'item'} with the "
            "feature's signs turned away, beside its controls. About ten seconds for a small model."
        )
    if not PROMPTED:
        st.caption(told.NO_TEXT[reads])
    elif asked is not None:
        generation.draw(here, asked)
    if asked is not None and outcome is not None:
        sweep(asked)
    address.link("flip_runs", "Saved runs", here, ":material/folder_open:")
