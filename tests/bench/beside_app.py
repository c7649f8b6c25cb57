"""A page that follows a flip as the flip lab does, and notes what its run took: see bench_browser.

The first run loads the model; the second one is timed.
"""

import time
from pathlib import Path
from typing import Any

import streamlit as st

from catalog import places
from catalog.flips.asked import Asked
from catalog.flips.source import Source
from catalog.store.catalog import Catalog
from dashboard.common import running
from dashboard.flips import frames
from dashboard.flips import parts as flip_parts

JOB = "beside"
NOTED = "beside.txt"
SETTINGS = {
    "STREAMLIT_SERVER_HEADLESS": "true",
    "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
    "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none",
    "STREAMLIT_RUNNER_POST_SCRIPT_GC": "false",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
}
"""Those of the dashboard's own config.toml, which is read beside its script only."""


def wanted(seed: int) -> frames.Wanted:
    """A flip of the demo's first model."""
    catalog = Catalog(places.catalogs() / f"storyteller{places.SUFFIX}")
    asked = Asked(Source("category", "animals"), catalog.primary.site, seed=seed)
    return frames.Wanted(catalog, str(catalog.build["content_hash"]), asked)


def timed(given: frames.Wanted, note: Path) -> Any:
    """The work of a run; its seconds are written to a file."""
    work = frames.work(given)

    def run(model: Any, job: Any) -> Any:
        started = time.perf_counter()
        made = work(model, job)
        note.write_text(str(time.perf_counter() - started), "utf-8")
        return made

    return run


@st.fragment(run_every=0.7)
def follow(given: frames.Wanted) -> None:
    """What the flip lab shows while a run goes on."""
    found, going = running.partial(JOB, given)
    if going and found is not None:
        flip_parts.growing(found)


def main() -> None:
    """Run twice, one after the other."""
    seed = st.session_state.setdefault("seed", 0)
    given = wanted(seed)
    if not running.started(JOB, given):
        running.start(JOB, given.catalog, given, timed(given, places.data() / NOTED))
    if running.partial(JOB, given)[1]:
        follow(given)
    if running.outcome(JOB, given) is not None:
        if seed == 0:
            st.session_state["seed"] = 1
            st.rerun()
        st.text("both runs have ended")


if __name__ == "__main__":
    main()
