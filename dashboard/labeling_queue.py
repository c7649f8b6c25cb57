"""The queue behind the desk: open one, save what the desk sends, make what it is sent."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import streamlit as st

from catalog.errors import CatalogError, LabelRefused, NotInCatalog
from catalog.workspace import labels, queue, reading
from catalog.workspace.queue import Queue
from catalog.workspace.subjects import Subject, dimension
from catalog.workspace.values import Answer, Circumstances
from dashboard import frames, labeling_frames, parts, queue_component
from dashboard.frames import Here

KEY = "queue.desk"
AHEAD = 8
"""Subjects sent at once: those after the first are on the desk before they are needed."""
_REMEMBERED = 400
"""Acknowledgements sent again with every run, in case one was lost on the way."""
ORDERS = {
    "random": "random",
    "strongest": "strongest first (mean |x|)",
    "disagreed": "most disagreed first",
    "fewest": "fewest labels first",
}


def chosen(here: Here, sites: list[str], count: int | None, person: str) -> list[Subject]:
    """Dimensions of the sites that the person has not answered: the same draw for everybody.

    The order of drawing hangs on model and site alone, so that people label the same subjects.
    """
    named = labeling_frames.model(here)
    dims = frames.sites(here.path).set_index("site").dims
    own = reading.current(labeling_frames.workspace(), person, person, **named)
    done = set(own[~own.action.isin(("skip",))].key) if len(own) else set()
    places = [(site, number) for site in sites for number in range(int(dims[site]))]
    seed = hashlib.sha256("\n".join([*named.values(), *sites]).encode()).digest()
    drawn = [places[i] for i in np.random.default_rng(list(seed)).permutation(len(places))]
    every = (dimension(**named, site=site, number=number) for site, number in drawn)
    free = [one for one in every if one.key not in done]
    return free if count is None else free[:count]


def open_new(
    here: Here, sites: list[str], count: int | None, order: str, coverage: int, person: str
) -> Queue:
    """Open a queue; LabelRefused where nothing is left to answer."""
    subjects = chosen(here, sites, count, person)
    return queue.open_queue(
        labeling_frames.workspace(),
        labeling_frames.event(),
        person,
        subjects,
        title=f"{here.slug} · {', '.join(sites)}"[:200],
        order=order,
        coverage=coverage,
        strengths=_strengths(here, subjects) if order == "strongest" else None,
        seed=here.slug,
    )


def _strengths(here: Here, subjects: list[Subject]) -> list[float]:
    mean = {
        site: frames.scatter(here._replace(site=site)).frame.set_index("dimension").mean_abs
        for site in {subject.site for subject in subjects}
    }
    return [float(mean[subject.site].loc[int(subject.name)]) for subject in subjects]


def open_queues(person: str) -> list[Queue]:
    """The person's open queues, newest first."""
    return queue.open_queues(labeling_frames.workspace(), person)


def close(key: str) -> None:
    """Close a queue: what it hid is shown."""
    queue.close_queue(labeling_frames.workspace(), key)


def receive(line: Queue) -> None:
    """Save what the desk has sent, in its order; remember what came of each event."""
    kept = _kept(line)
    kept["problem"] = ""
    for event in queue_component.arrived(KEY).get("events", []):
        name = str(event.get("id"))
        if name in kept["saved"] or name in kept["refused"]:
            continue
        try:
            _save(line, event, name)
        except LabelRefused as error:
            kept["refused"][name] = str(error)
        except CatalogError as error:
            kept["problem"] = str(error)  # the desk keeps it and sends it again
            return
        else:
            kept["saved"].append(name)


def _save(line: Queue, event: dict[str, Any], name: str) -> None:
    workspace = labeling_frames.workspace()
    if labeling_frames.person() != line.person:
        raise LabelRefused(f"This is the queue of {line.person}: open one of your own.")
    if event.get("kind") == "undo":
        labels.undo(workspace, name, line.person, str(event.get("undone")))
        return
    try:
        subject = Subject(**event["subject"])
        fields = {
            field: event.get(field)
            for field in ("clear_pole", "category", "positive", "negative", "confidence")
        }
        given = Answer(subject, line.person, str(event["action"]), **fields)
        seconds = float(event["seconds"])
    except (KeyError, TypeError, ValueError) as error:
        raise LabelRefused("The desk sent something else than an answer: reload it.") from error
    if given.category and given.category not in labeling_frames.categories():
        raise LabelRefused(f"{given.category!r} is no category of the list: choose one of it.")
    labels.answer(workspace, name, given, Circumstances("queue", line.key, False, seconds))


def data(line: Queue) -> queue_component.Data:
    """What the desk is sent now."""
    kept, workspace = _kept(line), labeling_frames.workspace()
    coming = queue.next_subjects(workspace, line, AHEAD)
    items = [queue_component.shown(subject, here) for subject, here in _places(coming)]
    order = ORDERS.get(line.ordering, line.ordering)
    return {
        "queue": line.key,
        "person": line.person,
        "heading": parts.visible(f"{line.person} · {line.title} · {order} · blind"),
        "items": items,
        "saved": kept["saved"][-_REMEMBERED:],
        "refused": dict(list(kept["refused"].items())[-_REMEMBERED:]),
        "problem": kept["problem"],
        "progress": asdict(queue.progress(workspace, line)),
        "categories": labeling_frames.categories(),
        "words": [parts.visible(text) for text in reading.own_words(workspace, line.person)[:200]],
    }


def _places(subjects: list[Subject]) -> Iterator[tuple[Subject, Here]]:
    """Each subject with where it is looked at; NotInCatalog where its model is not here."""
    found: dict[tuple[str, str, str], Here | None] = {}
    for subject in subjects:
        names = (subject.model, subject.revision, subject.reading)
        if names not in found:
            found[names] = labeling_frames.place_of(subject)
        here = found[names]
        if here is None:
            raise NotInCatalog(
                f"No catalog here holds {subject.model} as this queue asks for it "
                f"({subject.reading}, {subject.revision[:24]}). Close the queue, or build it again."
            )
        yield subject, here._replace(site=subject.site)


def _kept(line: Queue) -> dict[str, Any]:
    kept: dict[str, Any] = st.session_state.setdefault(
        f"queue.kept.{line.key}", {"saved": [], "refused": {}, "problem": ""}
    )
    return kept
