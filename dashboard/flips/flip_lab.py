"""Flip lab: change a feature's signs while the model runs, beside the controls."""

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from catalog.flips import flip
from catalog.flips.asked import Asked
from catalog.flips.source import Source
from catalog.notebook.flip_sweeps import KINDS as SWEEPS
from dashboard.common import catalogs, parts, running
from dashboard.features import parts as feature_parts
from dashboard.flips import ask as flip_ask
from dashboard.flips import counting, generation, shelf, told
from dashboard.flips import frames as flip_frames
from dashboard.flips import parts as flip_parts
from dashboard.flips.frames import Wanted
from dashboard.frame import address, rail
from dashboard.jobs import warming

JOB = "flip_lab"
SWEEP_JOB = "flip_lab.sweep"
BEGIN = "flip.begin"
"""Key of the session state: what was asked for is to be run now."""
OWN = "own text"
POSITIONS = ("all", "last", "chosen")
POLL_SECONDS = 0.7
LINKED = 500  # characters of own prompts that a link carries
EXAMPLE = "The old man walked slowly to the"

here = rail.here()
build = here.catalog.build
reads = flip.reads(str(build["architecture"]))
PROMPTED = reads == "vocabulary"


def ask(listed: list[str]) -> Wanted | None:
    """Draw the choices; run where Run was pressed or a link says so."""
    followed = any(address.news(name) is not None for name in ("category", "found", "run"))
    source = flip_ask.source(here, listed)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    positions, prompts = _positions(row), _prompts(row)
    scale, seed = _scale(row), _seed(row)
    pressed = row.button("Run", type="primary", icon=":material/play_arrow:", key="flip.run")
    places = _places() if positions == "chosen" else positions
    text = _own() if prompts == OWN else prompts
    edits = flip_ask.edits()
    address.write(positions=positions, prompts=prompts, seed=seed)
    if source is None:
        return None
    if PROMPTED and (why := flip_frames.short(here, source)):
        parts.notice(why)
    wanted = flip_frames.wanted(
        here, asked(source, text, positions=places, scale=scale, seed=seed, edits=edits.strip())
    )
    again = pressed or st.session_state.get("flip.link") == _link(wanted)
    if pressed:
        address.write(run=1)
    if (again or (followed and "run" in st.query_params)) and not running.started(JOB, wanted):
        st.session_state["flip.link"] = _link(wanted)
        st.session_state[BEGIN] = True
    return wanted


def asked(source: Source, prompts: str, **settings: Any) -> Asked:
    """A run at the rail's site and threshold."""
    given = flip_frames.given(prompts)
    return Asked(source, here.site, *given, threshold=here.threshold, **settings)


def _link(wanted: Wanted) -> tuple[object, ...]:
    """What may change and still run at once: nothing but the site and threshold of the rail."""
    return wanted._replace(asked=replace(wanted.asked, site="", threshold=None))


def _positions(place: DeltaGenerator) -> str:
    offered = [one for one in POSITIONS if PROMPTED or one != "last"]
    address.seed("flip.positions", "positions", "all", address.among(offered))
    return str(
        place.segmented_control(
            "Positions",
            offered,
            key="flip.positions",
            required=True,
            help="all: every position but a beginning-of-text sink. last: where the next token "
            "is read. chosen: places from 0.",
        )
    )


def _prompts(place: DeltaGenerator) -> str:
    """A key of SOURCES, or OWN."""
    kinds = [*flip_frames.SOURCES, OWN]
    address.seed("flip.prompts", "prompts", kinds[0], address.among(kinds))
    return str(
        place.segmented_control(
            "Prompts (neutral + eliciting)" if PROMPTED else "Items (others + of the concept)",
            kinds,
            key="flip.prompts",
            format_func=lambda one: "chosen" if one == OWN and not PROMPTED else one,
            required=True,
        )
    )


def _seed(place: DeltaGenerator) -> int:
    address.seed("flip.seed", "seed", 0, address.between(0, 9999))
    return int(place.number_input("Seed", 0, 9999, key="flip.seed", width=90))


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


def sweep(flipped: Wanted) -> None:
    """A curve by layer, number of dimensions or scale, each point with its controls."""
    st.divider()
    address.seed("flip.sweep", "sweep", SWEEPS[0], address.among(SWEEPS))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = str(st.segmented_control("Sweep", SWEEPS, key="flip.sweep", required=True))
        pressed = st.button("Run the sweep", key="flip.sweep.run", icon=":material/timeline:")
    address.write(sweep=kind)
    wanted = (flipped, kind)
    if pressed:
        running.start(SWEEP_JOB, here.catalog, wanted, flip_frames.sweep_work(*wanted))
    made = running.outcome(SWEEP_JOB, wanted)
    if made is None:
        return
    answer = flip_frames.sweep(made)
    if not answer.frame.empty:
        with parts.panel(f"By {kind}", answer):
            st.plotly_chart(made.plot(), config=parts.plotly(), key="flip.sweep.chart")
    for point in made.points:
        q = "" if np.isnan(point.q) else f", q {point.q:.3f}"
        st.text(f"{point.at}: {point.verdict}{q}. {point.refused}")


def run(wanted: Wanted) -> None:
    """Two texts as they come, eight counted, and the figures of the run."""
    begin = bool(st.session_state.pop(BEGIN, False))
    top = st.container()
    wish = None
    if PROMPTED:
        with top:
            wish = generation.draw(here, wanted, begin)
    else:
        top.caption(told.NO_TEXT[reads])
    if begin:
        running.start(JOB, here.catalog, wanted, flip_frames.work(wanted))
    if wish is not None:
        if begin or (
            running.started(generation.JOB, wish) and not running.started(counting.JOB, wish)
        ):
            counting.start(here, wish)
        with top:
            counting.draw(wish)
    if running.started(JOB, wanted) and running.partial(JOB, wanted)[1]:
        _growing(wanted)
    outcome = running.outcome(JOB, wanted)
    if outcome is not None:
        flip_parts.show(here, outcome)
        shelf.save(here, outcome)
        sweep(wanted)
    elif not running.started(JOB, wanted):
        parts.empty(
            f"Press Run: the model runs every {'prompt' if PROMPTED else 'item'} with the "
            "feature's signs turned away, beside its controls. About ten seconds for a small model."
        )


@st.fragment(run_every=POLL_SECONDS)
@parts.guard()
def _growing(wanted: Wanted) -> None:
    """The first figures while the run goes on."""
    found, going = running.partial(JOB, wanted)
    if going and found is not None:
        flip_parts.growing(found)


parts.breadcrumb(here.slug, here.site, "flip lab")
absent = catalogs.missing(build)
if absent:
    parts.empty(absent)
elif not here.catalog.measured:
    feature_parts.unmeasured(here)
elif not here.site.startswith("resid."):
    parts.empty(f"{here.site} cannot be flipped: choose a residual site, resid.L, on top.")
elif not flip_ask.names(here):
    parts.empty("No category of this catalog is large enough for a feature.")
else:
    here.catalog.check_alone("a flip")  # before a model is run for it
    wanted = ask(flip_ask.names(here))
    if wanted is not None:
        run(wanted)
    address.link("flip_runs", "Saved runs", here, ":material/folder_open:")
    warming.begin(here.catalog)
