"""What pages may ask of the workspace: who looks, what is hidden, labels, stars, comments.

Every reading passes the person who looks, so that what their open queue hides is hidden on every
page. Whoever writes takes `acting`, which asks whether the person may. Nothing here is cached:
other people write meanwhile.
"""

import uuid
from collections.abc import Iterable

import pandas as pd
import streamlit as st

from catalog import places
from catalog.errors import CatalogError
from catalog.store.catalog import Catalog
from catalog.workspace import blind, labels, mentions, people, reading, runs, subjects
from catalog.workspace.file import Workspace
from catalog.workspace.subjects import Subject, dimension
from catalog.workspace.values import Answer, Circumstances
from dashboard.common import access, catalogs, store
from dashboard.common.answers import Here

PERSON = "who.name"
"""Key of the session state that holds the name of the person who looks."""
UNSURE = "who.unsure"
"""Key of the session state: the name is the browser's, and the tab may have its own."""
SHOWN = 200
"""Labels that a search finds at most."""


def workspace() -> Workspace:
    """The workspace in force, for reading; made where there is none."""
    return store.workspace().looking()


def acting(action: str) -> Workspace:
    """The workspace, to write what belongs to an action of `roles.ACTIONS`.

    NotAllowed where who looks may not do that, SignInEnded where the sign-in is over.
    """
    access.require(action)
    return store.workspace()


def event() -> str:
    """Name of a new act, so that it is saved once however often it is sent."""
    return uuid.uuid4().hex


def person() -> str | None:
    """Who looks: who signed in, where people do; None before anybody has said so."""
    if access.closed():
        return access.person()
    return st.session_state.get(PERSON)


def subject(here: Here, number: int, pole: str = "") -> Subject:
    """The dimension of this number at the rail's catalog and site."""
    return dimension(**model(here), site=here.site, number=number, pole=pole)


def feature(here: Here, name: str, kind: str = "feature") -> Subject:
    """A measured category (feature) or a discovered feature at the rail's catalog and site."""
    return Subject(**model(here), site=here.site, kind=kind, name=name)


def model(here: Here) -> dict[str, str]:
    """Model, revision and reading of a catalog, as subjects name them."""
    return subjects.of_build(here.catalog.build)


def where(here: Here, site: str | None = None) -> dict[str, str | None]:
    """The rail's model, at one of its sites or everywhere, for a reading of the log."""
    return {**model(here), "site": site}


def catalog_of(subject: Subject) -> Catalog | None:
    """The catalog that holds a subject; None where none here does."""
    asked = {name: getattr(subject, name) for name in subjects.OF_BUILD}
    for entry in catalogs.listed():
        if entry.build is not None and subjects.of_build(entry.build) == asked:
            return entry.catalog
    return None


def place_of(subject: Subject) -> Here | None:
    """Where a subject is looked at; None where no catalog here holds it."""
    catalog = catalog_of(subject)
    return None if catalog is None else Here(catalog, subject.site, catalog.thresholds[0])


# Labels of one dimension, and where labels show.


def hidden(subject: Subject) -> bool:
    """Whether others' labels and all suggestions of the subject are hidden from who looks."""
    name = person()
    if name is None or not places.workspace_exists():
        return False
    return blind.is_hidden(workspace(), name, subject.whole.key)


def anything_hidden() -> bool:
    """Whether who looks works blind on anything: findings would say too much."""
    name = person()
    return bool(name and places.workspace_exists() and blind.hidden_targets(workspace(), name))


def hidden_dimensions(here: Here) -> list[int]:
    """Dimensions of the site whose suggestions are hidden from who looks."""
    name = person()
    if name is None or not places.workspace_exists():
        return []
    targets = blind.hidden_targets(workspace(), name)
    if not targets:
        return []
    dims = int(here.catalog.sites.set_index("site").dims[here.site])
    return [number for number in range(dims) if subject(here, number).key in targets]


def hidden_features(here: Here, names: Iterable[str], kind: str) -> set[str]:
    """Those of the site's features of this kind whose suggestions are hidden from who looks."""
    viewer = person()
    if viewer is None or not places.workspace_exists():
        return set()
    targets = blind.hidden_targets(workspace(), viewer)
    return {name for name in names if targets and feature(here, name, kind).key in targets}


def of_subject(subject: Subject) -> pd.DataFrame:
    """Everybody's current word on a subject and its poles: author, pole, action, answers, text."""
    if not places.workspace_exists():
        return pd.DataFrame()
    return reading.of_subject(workspace(), person(), subject)


def labelled(here: Here) -> dict[int, int]:
    """Dimensions of the site that people have answered: how many people, by number."""
    if not places.workspace_exists():
        return {}
    found = reading.labelled(workspace(), person(), **model(here), site=here.site, kind="dimension")
    return {int(row.name): int(row.people) for row in found.itertuples(index=False)}


def search(here: Here, words: str) -> pd.DataFrame:
    """Current labels of the model that hold `words`: site, name, pole, text, category, author."""
    if not places.workspace_exists() or not words.strip():
        return pd.DataFrame()
    return reading.search(workspace(), person(), words.strip(), SHOWN, **where(here))


def answer(given: Answer, suggested: bool) -> None:
    """Save an answer from a page: never part of agreement."""
    labels.answer(acting("label"), event(), given, Circumstances("page", suggested=suggested))


def anything_saved() -> bool:
    """Whether there is a workspace to ask."""
    return places.workspace_exists()


def comments(subject: Subject) -> list[runs.Saved]:
    """Comments on a subject, newest first."""
    if not places.workspace_exists():
        return []
    return runs.held(workspace(), "comment", person(), target=subject.whole.key)


def comment(subject: Subject, author: str, text: str) -> str:
    """Save a comment, and name whom it names with @; its key, by which it can be taken back."""
    key = event()
    mentions.comment(acting("label"), key, author, subject, text)
    return key


def take_back(key: str, author: str) -> None:
    """Take back one's own comment."""
    mentions.take_back(acting("label"), event(), author, key)


def stars(here: Here | None = None, subject: Subject | None = None) -> list[runs.Saved]:
    """Stars of who looks: of one subject, of a model, or all; newest first."""
    name = person()
    if name is None or not places.workspace_exists():
        return []
    return runs.held(
        workspace(),
        "star",
        name,
        person=name,
        model=model(here)["model"] if here else None,
        target=subject.whole.key if subject else None,
    )


def star(subject: Subject, author: str, on: bool) -> None:
    """Star a subject, or take the star off."""
    runs.star(acting("label"), event(), author, subject, on)


# Who is here.


def seen(name: str, client: str) -> bool:
    """Note that a person works in this tab; whether the name is active in another one."""
    try:
        return people.seen(acting("look"), name, client)
    except CatalogError:
        return False  # a workspace that cannot be written says so where something is saved


def left(name: str, client: str) -> None:
    """Forget the tab under a name that it no longer uses."""
    try:
        people.left(acting("look"), name, client)
    except CatalogError:
        return


def adjudicators() -> str:
    """Who may write final labels, in one sentence."""
    if access.closed():
        return "Final labels are written by people with the role adjudicate or admin."
    listed = people.adjudicators()
    if listed is None:
        return "Everyone may write final labels here (DIMS_ADJUDICATORS is not set)."
    return f"Final labels are written by {', '.join(sorted(listed))} (DIMS_ADJUDICATORS)."


def may_adjudicate(name: str) -> bool:
    """Whether a person may write final labels."""
    return access.may("adjudicate") if access.closed() else people.may_adjudicate(name)
