"""Live work on pages: one worker for the whole server, jobs started, watched, stopped and kept.

Nothing here imports torch by itself: the worker's thread does, when the first job runs. A page
calls `start` when asked to, and on every run `outcome`, which draws progress while there is none.
"""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from catalog.errors import CatalogError
from catalog.store.catalog import Catalog
from dashboard.common import access, parts

if TYPE_CHECKING:
    from catalog.model.live import Job, Live
    from catalog.model.loading import LoadedModel
    from catalog.model.text_states import TextStates

T = TypeVar("T")
POLL_SECONDS = 0.5
"""How often a page asks after its job; after 5 s without asking the job is cancelled."""
QUICK_SECONDS = 0.6
"""How long the page waits before it draws progress at all: most jobs are done by then."""
_worker: "list[Live]" = []
_making = threading.Lock()


class Failed(CatalogError):
    """The job ended by an error that is nobody's sentence yet."""


def worker() -> "Live":
    """The server's only worker. Not st.cache_resource: clearing caches must not make a second."""
    with _making:
        if not _worker:
            from catalog.model.live import Live

            _worker.append(Live())
        return _worker[0]


def loaded() -> str:
    """Name of the model that is in memory; empty where none is. Starts nothing."""
    held = _worker[0].loaded if _worker else None
    return "" if held is None else held.source


def start(
    name: str, catalog: Catalog, what: object, work: "Callable[[LoadedModel, Job[T]], T]"
) -> None:
    """Queue work on a catalog's model as the job `name` of this session; an older one is stopped.

    `what` is everything that the outcome depends on: `outcome` gives it for the same only.
    NotAllowed where who looks may not compute.
    """
    from catalog.model.opening import ModelKey

    _let(name, catalog.slug)
    stop(name)
    job = worker().submit(ModelKey.of(catalog.build), work)
    st.session_state[_key(name)] = (what, job, time.monotonic())


def start_aside(name: str, what: object, work: "Callable[[None, Job[T]], T]") -> None:
    """`start`, for long work that needs no model: it keeps its place in the same queue."""
    _let(name, "comparison")
    stop(name)
    st.session_state[_key(name)] = (what, worker().aside(work), time.monotonic())


def _let(name: str, about: str) -> None:
    """Ask whether this may be computed, and write down who did it."""
    access.require("compute")
    access.note("run", f"{name}: {about}")


def stop(name: str) -> None:
    """Stop the job of this name, where there is one; it ends within a forward pass."""
    held = st.session_state.get(_key(name))
    if held is not None:
        held[1].cancel()


def forget(name: str) -> None:
    """Stop the job of this name and let go of its outcome."""
    stop(name)
    st.session_state.pop(_key(name), None)


def started(name: str, what: object) -> bool:
    """Whether this session has asked for exactly this, finished or not."""
    held = st.session_state.get(_key(name))
    return held is not None and held[0] == what


def outcome(name: str, what: object) -> Any | None:
    """What the job gave; None (and progress drawn) before. Raises CatalogError where it failed."""
    if not started(name, what):
        return None
    job: Job[Any] = st.session_state[_key(name)][1]
    job.poll()
    if not job.ended(QUICK_SECONDS):
        _progress(name)
        return None
    if job.error is None:
        return job.result
    from catalog.model.live import Cancelled

    if isinstance(job.error, Cancelled):
        parts.notice("Stopped. Run it again to go on.")
        return None
    if isinstance(job.error, CatalogError):
        raise job.error
    raise Failed(sentence(job.error)) from job.error


def partial(name: str, what: object) -> tuple[Any | None, bool]:
    """What the job shows so far, and whether it still runs; asking keeps it alive.

    Nothing is drawn: for pages that draw a result while it grows.
    """
    if not started(name, what):
        return None, False
    job: Job[Any] = st.session_state[_key(name)][1]
    return job.partial, not job.poll()


def sentence(error: BaseException) -> str:
    """One sentence on an error that has none of its own."""
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return "There is not enough memory for this. Try a shorter text or a smaller model."
    line = str(error).strip().split("\n")[0][:200] or type(error).__name__
    return f"The model could not be run: {line}. Try again, or look at the server's log."


def _key(name: str) -> str:
    return f"running.{name}"


@st.fragment(run_every=POLL_SECONDS)
@parts.guard()
def _progress(name: str) -> None:
    """Place in the queue, stage, time and a Stop button; the page runs again at the end."""
    held = st.session_state.get(_key(name))
    if held is None or held[1].poll():
        st.rerun()
    _, job, begun = held
    ahead = worker().ahead(job)
    said = f"{job.stage} ..."
    if ahead:
        said = f"waiting: {ahead} {'job' if ahead == 1 else 'jobs'} before this one"
    elif job.total:
        said = f"{job.stage}: {job.done:,} of {job.total:,}"
        said += _left(time.monotonic() - begun, job.done, job.total)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(1.0, job.done / job.total) if job.total else 0.0, said)
        st.button("Stop", key=f"running.{name}.stop", on_click=stop, args=(name,))


def _left(seconds: float, done: int, total: int) -> str:
    return f", about {seconds * (total - done) / done:.0f} s left" if done else ""


def text_states(
    sites: tuple[str, ...], text: str
) -> "Callable[[LoadedModel, Job[TextStates]], TextStates]":
    """Work for `start`: the states of a text at these sites, whole names."""

    def work(model: "LoadedModel", job: "Job[TextStates]") -> "TextStates":
        from catalog.model import text_states
        from catalog.sites import Site

        return text_states.read(model, text, [Site.parse(name) for name in sites], job.report)

    return work
