"""A person's own concepts in the workspace: saved by name, listed, opened again by link."""

from typing import Any, NamedTuple

from catalog import places
from catalog.workspace import runs
from dashboard.common import workspace
from dashboard.common.answers import Here


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
    entry = runs.Entry("concept", key, person, model, saved)
    runs.save(workspace.acting("keep"), workspace.event(), entry)
    return key


def held(here: Here) -> list[Kept]:
    """Saved concepts of the catalog's model, newest first; none before anybody saved anything."""
    if not places.workspace_exists():
        return []
    rows = runs.held(workspace.workspace(), "concept", workspace.person(), model=_model(here))
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
    return str(here.catalog.build["model"])
