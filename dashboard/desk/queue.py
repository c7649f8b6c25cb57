"""The labeling queue: choose what to label, then work at the desk by keyboard alone."""

import streamlit as st

from catalog.workspace.queue import Options, Queue
from dashboard.common import parts
from dashboard.desk import component, frames
from dashboard.frame import address, rail, who
from dashboard.labels import mentioned

here = rail.here()
COUNTS = {"30": 30, "60": 60, "120": 120, "all": None}
CHECKS: dict[str, int | None] = {"never": None, "every 10 answers": 10, "every 20 answers": 20}
STOPS: dict[str, float | None] = {"never": None, "0.90": 0.9, "0.95": 0.95, "0.99": 0.99}


def setup(person: str) -> None:
    """The form that opens a queue."""
    names = list(here.catalog.site_names)
    st.text(
        "Label dimensions by what their two poles have in common. While the queue is open, what "
        "others said of its dimensions, and every suggestion, is hidden from you on all pages."
    )
    with st.form("queue.form"):
        kinds = list(frames.KINDS)
        what = st.radio(
            "What",
            kinds,
            format_func=lambda kind: frames.KINDS[kind],
            horizontal=True,
            key="queue.what",
        )
        sites = st.multiselect("Sites", names, [here.site], key=f"queue.sites.{here.site}")
        count, how = options()
        if st.form_submit_button("Open the queue", type="primary"):
            with parts.guard():
                if not sites:
                    parts.notice("Choose at least one site.")
                    return
                line = frames.open_new(here, what, sites, count, how, person)
                st.query_params["queue"] = line.key
                st.rerun()


def options() -> tuple[int | None, Options]:
    """How many subjects (None: all), in which order, how often each, checks, and when to stop."""
    left, middle, right = st.columns(3)
    count = left.selectbox(
        "How many",
        list(COUNTS),
        key="queue.count",
        help="Drawn at random, the same for everybody, without those you have answered.",
    )
    order = middle.selectbox(
        "Order",
        list(frames.ORDERS),
        format_func=lambda name: frames.ORDERS[name],
        key="queue.order",
        help="Most informative: chosen anew with every answer, by how much yours is expected "
        "to tell. Those that nobody has answered come early: agreement is measured later.",
    )
    coverage = right.number_input(
        "Each by how many people",
        1,
        20,
        2,
        key="queue.coverage",
        help="Those that as many others have answered are passed over: for a panel of five who "
        "all answer the same ones, 5.",
    )
    checks = left.selectbox(
        "Check me",
        list(CHECKS),
        key="queue.checks",
        help="Now and then a subject whose answer is known, and one of your own again. What "
        "comes of it is shown to you alone, on Agreement, once the queue is closed.",
    )
    stop = middle.selectbox(
        "Stop a subject at",
        list(STOPS),
        key="queue.stop",
        help="Passed over once two people have answered it and the posterior of its answer is "
        "as high as that.",
    )
    how = Options("", order, int(coverage), checks=CHECKS[checks], stop=STOPS[stop])
    return COUNTS[count], how


def choose(lines: list[Queue]) -> Queue | None:
    """Which of the open queues; None asks for a new one."""
    keys = [line.key for line in lines]
    address.seed("queue.key", "queue", keys[0], address.among([*keys, "new"]))
    titles = {line.key: f"{line.title} · opened {line.opened_at:%d %b %H:%M}" for line in lines}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = st.selectbox(
            "Queue",
            [*keys, "new"],
            key="queue.key",
            format_func=lambda one: parts.visible(titles.get(one, "open another queue")),
            label_visibility="collapsed",
            width=520,
        )
        address.write(queue=key)
        if key != "new":
            st.button(
                "Close this queue",
                on_click=parts.guard()(frames.close),
                args=(key,),
                help="What it hid is shown; what it left open is no longer blind for you.",
            )
    return next((line for line in lines if line.key == key), None)


@st.fragment
def desk(line: Queue) -> None:
    """The desk; what it sends reruns only this.

    It stands also when the sign-in has ended: it holds answers that are not saved yet.
    """

    def sent() -> None:
        with parts.guard():
            frames.receive(line)

    with parts.guard():
        component.desk(frames.data(line), frames.KEY, sent)


def main() -> None:
    """The desk of the chosen queue, or the form that opens one."""
    person = who.ask()
    if person is None:
        return
    mentioned.brief()
    lines = frames.open_queues(person)
    line = choose(lines) if lines else None
    if line is None:
        setup(person)
    else:
        desk(line)


main()
