"""What is done with many dimensions or features at once: star, list, queue; each can be undone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import pandas as pd

from catalog.errors import LabelRefused
from catalog.workspace import lists, queue, runs
from catalog.workspace.queue import Options
from catalog.workspace.subjects import Subject
from dashboard.common import workspace
from dashboard.common.answers import Here
from dashboard.frame import address
from dashboard.labels import words

EVERY = "all"
"""Typed: everything that passes the filter."""
MOST = 20_000
"""Subjects of one act."""
PAGES = {
    "dimension": ("dimension", "dim"),
    "feature": ("feature", "category"),
    "discovered": ("discover", "found"),
}
"""Page that opens a subject of each kind, and what its link calls it."""


@dataclass(frozen=True)
class Done:
    """An act, as it is told and undone."""

    told: str
    kind: str
    """star, unstar, list or queue."""
    subjects: tuple[Subject, ...] = ()
    event: str = ""
    """Name of the act, or key of the queue."""


def chosen(typed: str, marked: Sequence[str], every: Sequence[str]) -> list[str]:
    """Names that a person means: what is typed (names, numbers, ranges 3-7, or all), else the rows
    that are marked. In the order of `every`. LabelRefused for what is not in it.
    """
    text = typed.strip()
    if not text:
        return [name for name in every if name in set(marked)]
    if text.casefold() == EVERY:
        return list(every)
    wanted = set[str]()
    for part in filter(None, (one.strip() for one in text.split(","))):
        meant = _meant(part, every)
        if not meant:
            raise LabelRefused(
                f"{part[:60]!r} is not here: name what passes the filter, separated by commas, "
                "ranges of numbers such as 3-7, or all."
            )
        wanted |= meant
    return [name for name in every if name in wanted]


def _meant(part: str, every: Sequence[str]) -> set[str]:
    """Names that one part of what was typed means: a name, or a range of numbers."""
    if found := {part, part.replace(" ", "_")} & set(every):
        return found
    bounds = re.fullmatch(r"(\d{1,9})\s*[-–]\s*(\d{1,9})", part)
    if bounds is None:
        return set()
    low, high = int(bounds[1]), int(bounds[2])
    return {name for name in every if name.isdecimal() and low <= int(name) <= high}


def subjects(here: Here, kind: str, names: Sequence[str]) -> list[Subject]:
    """The subjects of these names at the rail's site; LabelRefused where they are too many."""
    if len(names) > MOST:
        raise LabelRefused(f"{len(names):,} are too many at once: choose {MOST:,} or fewer.")
    named = workspace.model(here)
    return [Subject(**named, site=here.site, kind=kind, name=name) for name in names]


def star(many: Sequence[Subject], person: str, on: bool = True) -> Done:
    """Star them, or take their stars off."""
    event = workspace.event()
    changed = runs.star_all(workspace.acting("label"), event, person, many, on)
    told = f"{len(changed):,} starred" if on else f"{len(changed):,} stars taken off"
    kept = len(many) - len(changed)
    told += f"; {kept:,} were before." if kept else "."
    return Done(told, "star" if on else "unstar", tuple(changed))


def enlist(many: Sequence[Subject], person: str, title: str, out: bool = False) -> Done:
    """Put them into the list of this name, or take them out of it."""
    event = workspace.event()
    acting = workspace.acting("label")
    count = lists.change(acting, event, person, title, many, "remove" if out else "add")
    told = f"{count:,} {'out of' if out else 'into'} the list {title.strip()!r}"
    kept = len(many) - count
    told += f"; {kept:,} were {'not in it' if out else 'there'}." if kept else "."
    return Done(told, "list", event=event)


def line_up(here: Here, many: Sequence[Subject], person: str) -> Done:
    """Open a queue of them for this person, who works blind on them from now on."""
    options = Options(f"{here.slug} · {len(many):,} chosen · {here.site}"[:200], seed=here.slug)
    opened = queue.open_queue(
        workspace.acting("label"), workspace.event(), person, list(many), options
    )
    return Done("A queue of them is open: Label.", "queue", event=opened.key)


def undo(done: Done, person: str) -> str:
    """Take an act back; what that did, in a sentence."""
    acting = workspace.acting("label")
    if done.kind == "list":
        count = lists.undo(acting, workspace.event(), person, done.event)
        return f"Undone for {count:,}."
    if done.kind == "queue":
        queue.close_queue(acting, done.event)
        return "The queue is closed. What was in it is no longer blind for you."
    on = done.kind == "unstar"
    changed = runs.star_all(acting, workspace.event(), person, done.subjects, on)
    return f"Undone for {len(changed):,}."


def sheet(here: Here, many: Sequence[Subject]) -> pd.DataFrame:
    """Them as rows to take along: site, kind, name, label, link; no label that is hidden."""
    kinds = {one.kind for one in many}
    said = {
        (kind, name): text
        for kind in kinds
        for name, text in words.of(
            here, [one.name for one in many if one.kind == kind], kind
        ).items()
    }
    rows = [
        (one.site, one.kind, one.name, said.get((one.kind, one.name), ""), link(here, one))
        for one in many
    ]
    return pd.DataFrame(rows, columns=["site", "kind", "name", "label", "link"])


def link(here: Here, one: Subject) -> str:
    """The end of the address at which a subject is looked at, behind the server's own."""
    view, field = PAGES[one.kind]
    asked = address.of(here._replace(site=one.site), **{field: one.name})
    return f"/{view}?{urlencode(asked)}"


def every() -> pd.DataFrame:
    """The lists that who looks may see: list, subjects, people, made_at."""
    if not workspace.anything_saved():
        return pd.DataFrame(columns=["list", "subjects"])
    return lists.every(workspace.workspace(), workspace.person())


def of(subject: Subject) -> list[str]:
    """Lists that a subject is in, as far as who looks may see them."""
    if not workspace.anything_saved():
        return []
    return lists.of_subject(workspace.workspace(), workspace.person(), subject)
