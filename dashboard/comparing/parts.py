"""What the views of the Compare page share: asking for work, and following it."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from catalog.store.catalog import Catalog
from dashboard.common import parts, running


def ask(
    job: str,
    what: object,
    label: str,
    sentence: str,
    work: Callable[..., Any],
    model_of: Catalog | None = None,
) -> None:
    """A button that computes what is not stored yet, its progress, and the page anew at its end.

    `model_of`: the catalog whose model the work needs; without one it runs without any.
    """
    parts.empty(sentence)
    if st.button(label, type="primary", icon=":material/play_arrow:", key=f"{job}.run"):
        if model_of is None:
            running.start_aside(job, what, work)
        else:
            running.start(job, model_of, what, work)
    if running.outcome(job, what):
        running.forget(job)
        st.rerun()
