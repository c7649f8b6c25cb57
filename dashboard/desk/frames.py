"""The queue behind the desk: open one, save what the desk sends, make what it is sent."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import streamlit as st

from catalog.errors import CatalogError, LabelRefused, NotInCatalog, SignInEnded
from catalog.workspace import labels, queue, reading
from catalog.workspace.queue import Options, Queue
from catalog.workspace.subjects import Subject
from catalog.workspace.values import ANSWERED, Answer, Circumstances
from dashboard.common import access, frames, parts, workspace
from dashboard.common.answers import Here
from dashboard.desk import component, shown
from dashboard.features import discovery_frames
from dashboard.features import frames as feature_frames
from dashboard.labels import frames as label_frames
from dashboard.media import frames as media_frames
from dashboard.media import wall

KEY = "queue.desk"
AHEAD = 8
"""Subjects sent at once: those after the first are on the desk before they are needed."""
PICTURED = 4
"""The same where items are pictures, which are heavier."""
_REMEMBERED = 400
"""Acknowledgements sent again with every run, in case one was lost on the way."""
KINDS = {"dimension": "dimensions", "feature": "features", "discovered": "discovered features"}
ORDERS = {
    "random": "random",
    "strongest": "strongest first",
    "disagreed": "most disagreed first",
    "fewest": "fewest labels first",
    "informative": "most informative next",
}


def chosen(
    here: Here, sites: list[str], count: int | None, person: str, what: str = "dimension"
) -> list[Subject]:
    """Subjects of the sites that the person has not answered: the same draw for everybody.

    The order of drawing hangs on model, sites and kind alone, so that people label the same ones.
    """
    named = workspace.model(here)
    own = reading.current(workspace.workspace(), person, person, **named)
    done = set(own[own.action != "skip"].key) if len(own) else set()
    every = [
        Subject(**named, site=site, kind=what, name=name)
        for site in sites
        for name in names(here._replace(site=site), what)
    ]
    seed = hashlib.sha256("\n".join([*named.values(), what, *sites]).encode()).digest()
    order = np.random.default_rng(list(seed)).permutation(len(every))
    free = [every[i] for i in order if every[i].key not in done]
    return free if count is None else free[:count]


def names(here: Here, what: str) -> list[str]:
    """Dimensions, measured categories or discovered features of a site, by the name in the log."""
    if what == "dimension":
        dims = here.catalog.sites.set_index("site").dims[here.site]
        return [str(number) for number in range(int(dims))]
    if what == "discovered":
        return [str(name) for name in discovery_frames.discovered(here).frame["name"]]
    found = feature_frames.features_everywhere(here, here.catalog.primary.background).frame
    return [str(name) for name in found[found.site == here.site].category.drop_duplicates()]


def open_new(
    here: Here,
    what: str,
    sites: list[str],
    count: int | None,
    how: Options,
    person: str,
) -> Queue:
    """Open a queue in `how`'s order, title and strengths apart; LabelRefused with nothing left."""
    subjects = chosen(here, sites, count, person, what)
    if not subjects and what != "dimension":
        raise LabelRefused(f"No {KINDS[what]} of these sites wait for you: measure or find some.")
    options = replace(
        how,
        title=f"{here.slug} · {KINDS[what]} · {', '.join(sites)}"[:200],
        strengths=_strengths(here, subjects) if how.order == "strongest" else None,
        seed=here.slug,
    )
    return queue.open_queue(workspace.acting("label"), workspace.event(), person, subjects, options)


def _strengths(here: Here, subjects: list[Subject]) -> list[float]:
    """Mean |x| of dimensions; of features the place in their list, the strongest first."""
    if any(subject.kind != "dimension" for subject in subjects):
        places = {(subject.kind, subject.site) for subject in subjects}
        lists = {site: names(here._replace(site=site), kind) for kind, site in places}
        return [-float(lists[subject.site].index(subject.name)) for subject in subjects]
    mean = {
        site: frames.scatter(here._replace(site=site)).frame.set_index("dimension").mean_abs
        for site in {subject.site for subject in subjects}
    }
    return [float(mean[subject.site].loc[int(subject.name)]) for subject in subjects]


def open_queues(person: str) -> list[Queue]:
    """The person's open queues, newest first."""
    return queue.open_queues(workspace.workspace(), person)


def close(key: str) -> None:
    """Close a queue: what it hid is shown."""
    queue.close_queue(workspace.acting("label"), key)


def receive(line: Queue) -> None:
    """Save what the desk has sent, in its order; remember what came of each event."""
    kept = _kept(line)
    kept["problem"], sent = "", component.arrived(KEY)
    kept["sound"] = _sound(sent.get("sound"))
    for event in sent.get("events", []):
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
    opened = workspace.acting("label")
    if workspace.person() != line.person:
        raise LabelRefused(f"This is the queue of {line.person}: open one of your own.")
    if event.get("kind") == "undo":
        labels.undo(opened, name, line.person, str(event.get("undone")))
        return
    try:
        subject = Subject(**event["subject"])
        fields = {field: event.get(field) for field in ANSWERED}
        given = Answer(subject, line.person, str(event["action"]), **fields)
        seconds = float(event["seconds"])
    except (KeyError, TypeError, ValueError) as error:
        raise LabelRefused("The desk sent something else than an answer: reload it.") from error
    if given.category and given.category not in label_frames.categories_of(subject):
        raise LabelRefused(f"{given.category!r} is no category of the list: choose one of it.")
    labels.answer(opened, name, given, Circumstances("queue", line.key, False, seconds))
    queue.answered(opened, line)


def _sound(asked: object) -> component.Sound | None:
    """The sound of an item that the desk asks for; None where it asks for none."""
    if not isinstance(asked, dict):
        return None
    try:
        here = workspace.place_of(Subject(**asked["subject"]))
        key, item = str(asked["key"]), int(asked["item"])
    except (KeyError, TypeError, ValueError):
        return None  # no sound of any catalog: answers that came with it are still saved
    held = None if here is None else media_frames.sound(here.catalog, item)
    if held is None:
        return None
    return {"key": key, "item": item, "address": wall.data_uri(held, "audio/ogg")}


def data(line: Queue) -> component.Data:
    """What the desk is sent now; where the sign-in has ended what it was sent last, and why."""
    kept, opened = _kept(line), workspace.workspace()
    try:
        access.check()
    except SignInEnded as error:
        if kept["sent"] is None:
            raise
        held: component.Data = kept["sent"].copy()
        held["saved"], held["problem"] = kept["saved"][-_REMEMBERED:], str(error)
        return held
    coming = list(_places(queue.next_subjects(opened, line, AHEAD)))
    if any(media_frames.is_media(here.catalog) for _, here in coming):
        coming = coming[:PICTURED]
    items = [shown.shown(subject, here) for subject, here in coming]
    order = ORDERS.get(line.ordering, line.ordering)
    made: component.Data = {
        "queue": line.key,
        "person": line.person,
        "heading": parts.visible(f"{line.person} · {line.title} · {order} · blind"),
        "items": items,
        "saved": kept["saved"][-_REMEMBERED:],
        "refused": dict(list(kept["refused"].items())[-_REMEMBERED:]),
        "problem": kept["problem"],
        "sound": kept["sound"],
        "progress": asdict(queue.progress(opened, line)),
        "categories": label_frames.categories(coming[0][1].catalog if coming else None),
        "words": [parts.visible(text) for text in reading.own_words(opened, line.person)[:200]],
    }
    kept["sent"] = made
    return made


def _places(subjects: list[Subject]) -> Iterator[tuple[Subject, Here]]:
    """Each subject with where it is looked at; NotInCatalog where its model is not here."""
    found: dict[tuple[str, str, str], Here | None] = {}
    for subject in subjects:
        names = (subject.model, subject.revision, subject.reading)
        if names not in found:
            found[names] = workspace.place_of(subject)
        here = found[names]
        if here is None:
            raise NotInCatalog(
                f"No catalog here holds {subject.model} as this queue asks for it "
                f"({subject.reading}, {subject.revision[:24]}). Close the queue, or build it again."
            )
        yield subject, here._replace(site=subject.site)


def _kept(line: Queue) -> dict[str, Any]:
    kept: dict[str, Any] = st.session_state.setdefault(
        f"queue.kept.{line.key}",
        {"saved": [], "refused": {}, "problem": "", "sound": None, "sent": None},
    )
    return kept
