"""A person's own concepts in the workspace: saved by name, listed, opened again by link."""

import uuid
from typing import Any, NamedTuple

import streamlit as st

from catalog import places
from catalog.workspace import runs
from catalog.workspace.file import Workspace, open_workspace
from dashboard import frames
from dashboard.frames import Here


class Kept(NamedTuple):
    """One saved concept as it stands now."""

    key: str
    name: str
    person: str
    body: dict[str, Any]
    made: str
    """When it was saved, UTC."""


def save(here: Here, name: str, person: str, body: dict[str, Any]) -> str:
    """Save a concept under a name (one of a name for each model) and return its key.

    Raises LabelRefused for an empty name or person, and the workspace's errors.
    """
    model = _model(here)
    key = runs.concept_key(model, name)
    saved = {**body, "name": name.strip(), "catalog": here.slug}
    runs.save(_workspace(), uuid.uuid4().hex, "concept", key, person, model, saved)
    return key


def held(here: Here) -> list[Kept]:
    """Saved concepts of the catalog's model, newest first; none before anybody saved anything."""
    if not places.workspace_exists():
        return []
    rows = runs.held(_workspace(), "concept", None, model=_model(here))
    return [
        Kept(
            row.key,
            str(row.body.get("name", "")),
            row.person,
            row.body,
            f"{row.made_at:%Y-%m-%d %H:%M}",
        )
        for row in rows
    ]


def one(here: Here, key: str) -> Kept | None:
    """The saved concept with this key; None where there is none of this model."""
    return next((kept for kept in held(here) if kept.key == key), None)


def _model(here: Here) -> str:
    return str(frames.build(here.path)["model"])


def _workspace() -> Workspace:
    return _opened(str(places.data().resolve()))


@st.cache_resource(max_entries=2, show_spinner=False)
def _opened(folder: str) -> Workspace:
    return open_workspace()
