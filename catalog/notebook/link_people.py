"""Pages of what people made, as values: counts and agreement, and labels where they are public."""

from typing import Any

import pandas as pd

from catalog import places
from catalog.errors import NotInCatalog
from catalog.notebook.links import State
from catalog.progress import Report

Figures = dict[str, Any]
SHOWN = ["site", "kind", "name", "pole", "author", "clear_pole", "category", "text", "final"]


def counted(at: State) -> Figures:
    """The public labels of the model, and how many stay."""
    if not places.workspace_exists():
        return {"public_labels": [], "private": 0, "waiting": 0}
    from catalog.workspace import consent, file, subjects

    with file.open_workspace() as workspace:
        found = consent.labels(workspace, **subjects.of_build(at.catalog.build))
    rows = found.rows[SHOWN]
    return {"public_labels": rows, "private": found.private, "waiting": found.waiting}


def public(at: State, kind: str, name: str) -> pd.DataFrame | list[Any]:
    """What may leave of one subject at the link's site."""
    rows = counted(at)["public_labels"]
    if not len(rows):
        return []
    mine = (rows["site"] == at.site) & (rows["kind"] == kind) & (rows["name"] == name)
    return rows[mine]


def labelled(at: State) -> tuple[int, ...]:
    """Dimensions of the site with a public label."""
    rows = counted(at)["public_labels"]
    if not len(rows):
        return ()
    mine = rows[(rows["site"] == at.site) & (rows["kind"] == "dimension")]
    return tuple(sorted({int(name) for name in mine["name"]}))


def concept(at: State, key: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Words and counter-examples of a saved concept; NotInCatalog where there is none."""
    if places.workspace_exists():
        from catalog.workspace import file, runs

        with file.open_workspace() as workspace:
            for row in runs.held(workspace, "concept", None, key=key):
                body = row.body
                return tuple(body.get("words", ())), tuple(body.get("counter", ()))
    raise NotInCatalog(f"There is no saved concept {key[:40]!r} of this model.")


def agreement(at: State, _report: Report) -> Figures:
    """Alpha of both closed fields by site, without what waits in anybody's open queue."""
    from catalog.workspace import agreement as measuring
    from catalog.workspace import blind, file, subjects

    where = dict(subjects.of_build(at.catalog.build))
    place = at.asked.get("at", "")
    if place in at.catalog.site_names:
        where["site"] = place
    known = counted(at)
    if not places.workspace_exists():
        return {**known, "fields": {}}
    with file.open_workspace() as workspace:
        answers = measuring.entering(workspace, **where)
        with workspace.reading() as connection:
            waiting = set(connection.scalars(blind.waiting()))
    answers = answers[~answers["target"].isin(waiting)]
    fields = {name: measuring.measure(answers, name) for name in measuring.FIELDS}
    return {**known, "fields": fields}


def queue(at: State, _report: Report) -> Figures:
    """Counts and public labels alone: whose queue holds what stays here."""
    return counted(at)


def adjudicate(at: State, _report: Report) -> Figures:
    """What may leave of the subject; the page itself shows what people said in private."""
    kind = at.among("kind", ["dimension", "feature", "discovered"], "dimension")
    name = at.asked.get("dim" if kind == "dimension" else "name", "")
    return {**counted(at), "subject": public(at, kind, name)}


def label_test(at: State, _report: Report) -> Figures:
    """Counts and public labels alone: what a tester was shown and chose stays here."""
    return counted(at)


def machines(at: State, _report: Report) -> Figures:
    """Counts and public labels alone: what machines were asked and said stays here."""
    return counted(at)


def lists(at: State, _report: Report) -> Figures:
    """Counts and public labels alone: lists, and who is named in comments, stay here."""
    return counted(at)


def exchange(at: State, _report: Report) -> Figures:
    """What may leave."""
    return counted(at)


def export(at: State, _report: Report) -> Figures:
    """What may leave."""
    return counted(at)


def people(at: State, _report: Report) -> Figures:
    """Counts and public labels alone: who may do what stays here."""
    return counted(at)
