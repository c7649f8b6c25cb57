"""Parts that ask for a job, follow it where it was asked for, and list all of them in one place."""

import hashlib
import time
from dataclasses import replace

import streamlit as st

from dashboard.common import access, parts
from dashboard.common.times import told
from dashboard.jobs import asks, table
from dashboard.jobs.table import Asked, Job, Progress
from dashboard.pages import FILES

POLL_SECONDS = 2.0
LOCAL = ("127.0.0.1", "localhost", "::1")
ELSEWHERE = (
    "Work in the background is off here: it is started from this machine itself, or by people with "
    "the role compute."
)
DEMO = "What else the demo has"
"""What its own work in the background is called: it goes on while `dims demo` does."""
LISTED = 6
"""Ended jobs that are listed."""


def allowed() -> bool:
    """Whether jobs may be started here: by who may compute, or else from this machine alone."""
    if access.closed():
        return access.may("compute")
    return st.get_option("server.address") in LOCAL


def offer(sentence: str, label: str, asked: Asked, absent: str = "") -> None:
    """Say what is missing, with the button that makes it; its progress while it is being made.

    `absent` says why it cannot be made at all, such as weights that are not on this machine.
    """
    job = table.find(asked.arguments)
    with st.container(border=True):
        st.text(sentence)
        if absent:
            st.caption(parts.plain(absent))
        elif job is not None and job.ended is None:
            _follow(job.key)
        elif not allowed():
            st.caption(ELSEWHERE)
        else:
            if job is not None and job.ended is not None and job.ended["status"] == table.FAILED:
                parts.notice(f"The last try failed. {job.ended['said']}")
            button(label, asked)


def button(label: str, asked: Asked) -> None:
    """The button that puts work into the queue, with the time it will take about."""
    expected = asks.seconds(asked)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            label, type="primary", icon=":material/play_arrow:", key=f"jobs.ask.{_key(asked)}"
        )
        if expected is not None:
            ahead = len(table.unfinished())
            after = f", after {ahead} in the queue" if ahead else ""
            st.caption(f"about {told(expected)}{after}, in the background: you may go on or leave")
    if pressed:
        start(asked)
        st.rerun()


def start(asked: Asked) -> None:
    """Put work into the queue, and see that somebody works on it.

    NotAllowed where who looks may not compute, or has used up the quota.
    """
    found = table.find(asked.arguments)
    if found is None or found.ended is not None:  # else it is asked for already
        access.start_job(asked.title)
    asks.prepare(asked)
    table.add(replace(asked, person=access.person() or ""))
    table.wake()


@parts.guard()
def cancel(job: Job) -> None:
    """Stop a job: one's own, or as an admin anybody's."""
    own = job.asked.person == (access.person() or "")
    access.require("compute" if own else "administer")
    access.note("cancel", job.asked.title)
    table.cancel(job)


def _key(asked: Asked) -> str:
    """Name of the button: a model that ships may lie in a folder of the same name too."""
    whole = hashlib.sha256("\n".join(asked.arguments).encode()).hexdigest()
    return f"{asked.kind.replace(' ', '-')}-{whole[:12]}"


@st.fragment(run_every=POLL_SECONDS)
@parts.guard()
def _follow(key: str) -> None:
    """Progress of one job; the page runs again at its end."""
    job = next((one for one in table.unfinished() if one.key == key), None)
    if job is None:
        st.rerun()
    table.wake()
    line(job, "here")


def line(job: Job, place: str) -> None:
    """One unfinished job: its title, stage and time left, and a way to cancel it."""
    share, said = _state(job)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(share, parts.plain(f"{job.asked.title}: {said}"))
        st.button(
            "Cancel", key=f"jobs.cancel.{place}.{job.key}", on_click=cancel, args=(job,),
            type="tertiary",
        )  # fmt: skip


def _state(job: Job) -> tuple[float, str]:
    """How far it is, from 0 to 1, and in words."""
    expected = asks.seconds(job.asked)
    if not job.running or job.started_at is None:
        why = table.stuck()
        return 0.0, f"cannot be started, restart the server: {why}" if why else "waits for its turn"
    gone, now = time.time() - job.started_at, job.progress
    left = None if expected is None else expected - gone
    if now.left is not None:
        left = max(now.left, left or 0.0)
    share = now.done / now.all if now.all else 0.0
    if expected:
        share = min(0.97, gone / (gone + left)) if left and left > 0 else 0.97
    return share, _words(now) + (f", about {told(left)} left" if left and left > 1 else "")


def _words(now: Progress) -> str:
    """A stage, and how far it is."""
    return (now.stage or "starts") + (f" {now.done:,} of {now.all:,}" if now.all else "")


def summary() -> None:
    """In the sidebar: what runs and what waits, with the list behind it; else nothing."""
    jobs = table.every()
    if not jobs and table.demo() is None:
        return
    table.wake()
    st.fragment(parts.guard()(_summary), run_every=_often())()


def _often() -> float | None:
    """Seconds between two looks at the table; None where nothing runs that could be looked at."""
    return POLL_SECONDS if table.unfinished() or table.demo() is not None else None


def _summary() -> None:
    waiting, demo = table.unfinished(), table.demo()
    count = len(waiting) + (demo is not None)
    shown = f"Background: {count}" if count else "Background"
    if waiting:
        share, said = _state(waiting[0])
        st.progress(share)
        st.caption(parts.plain(f"{waiting[0].asked.title}: {said}"))
    with st.popover(shown, icon=":material/hourglass_top:", type="tertiary", key="jobs.popover"):
        _listing("menu")


def listing(place: str) -> None:
    """Jobs that run or wait, and the last that ended, each with its link; kept up to date."""
    st.fragment(parts.guard()(_listing), run_every=_often())(place)


def _listing(place: str) -> None:
    jobs, demo = table.every(), table.demo()
    if demo is not None:
        share = demo.done / demo.all if demo.all else 0.0
        st.progress(min(1.0, share), parts.plain(f"{DEMO}: {_words(demo)}"))
    waiting = [job for job in jobs if job.ended is None]
    for job in waiting:
        line(job, place)
    for job in [job for job in reversed(jobs) if job.ended is not None][:LISTED]:
        _ended(job)
    if not jobs and demo is None:
        st.caption("Nothing runs.")


def _ended(job: Job) -> None:
    ended = job.ended or {}
    if ended["status"] == table.DONE:
        st.page_link(
            FILES[job.asked.view],
            label=parts.plain(job.asked.title),
            icon=":material/check:",
            query_params=job.asked.link,
            help=f"Done in {told(ended['seconds'])}",
        )
    elif ended["status"] == table.FAILED:
        parts.notice(f"{job.asked.title}: {ended['said']}")
    else:
        st.caption(parts.plain(f"{job.asked.title}: cancelled"))
