"""How sure the people's answers are, beside what they call a subject."""

from collections.abc import Mapping

from catalog.workspace import at_hand, reliability
from catalog.workspace.agreement import Field
from catalog.workspace.subjects import Subject
from dashboard.common import parts, workspace
from dashboard.common.answers import Here

FIELDS: tuple[Field, ...] = ("category", "clear_pole")
"""The first that has a posterior is told in tables."""


def everywhere(here: Here) -> at_hand.Found | None:
    """Reliability of the catalog's model; None where nothing was saved, or who looks is blind."""
    if not workspace.anything_saved():
        return None
    return at_hand.of_build(workspace.workspace(), workspace.person(), workspace.model(here))


def of_subject(here: Here, subject: Subject) -> list[str]:
    """Posterior of each field of one subject in words, a line each."""
    found = everywhere(here)
    if found is None:
        return []
    key, told = subject.whole.key, []
    for field in reversed(FIELDS):
        rows = found[field].subjects
        for row in rows[rows.key == key].to_dict("records"):
            told.append(f"{field.replace('_', ' ')}: {said(row)}")
    return told


def at(here: Here, kind: str) -> dict[str, str]:
    """The same of every subject of a kind at the site, in a few words, by name."""
    found, told = everywhere(here), dict[str, str]()
    if found is None:
        return told
    for field in reversed(FIELDS):
        rows = found[field].subjects
        rows = rows[(rows.site == here.site) & (rows.kind == kind)]
        told |= {str(row["name"]): said(row) for row in rows.to_dict("records")}
    return told


def said(row: Mapping[str, object]) -> str:
    """A posterior in words, to be shown as text: "animals, 0.93 [0.84, 0.97], 3 people"."""
    return parts.visible(reliability.words(row))
