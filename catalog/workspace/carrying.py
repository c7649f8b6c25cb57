"""Carry labels over to another revision or reading of a model: what would move, then do it."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import pandas as pd
from sqlalchemy import select

from catalog.workspace import schema
from catalog.workspace.file import Workspace, insert_new, now
from catalog.workspace.reading import current
from catalog.workspace.subjects import Subject, of_row, remember
from catalog.workspace.values import CONTENT


@dataclass(frozen=True)
class Version:
    """One reading of one revision of a model, as a catalog holds it."""

    model: str
    revision: str
    reading: str


@dataclass(frozen=True)
class Plan:
    """What carrying labels over would do; each frame has the columns of `reading.history`."""

    old: Version
    new: Version
    moves: pd.DataFrame
    """Current labels whose subject the new version has."""
    kept: pd.DataFrame
    """Those whose author has already labelled the new subject: nothing is done."""
    lost: pd.DataFrame
    """Those whose site or dimension the new version lacks."""


def versions(workspace: Workspace, model: str) -> list[Version]:
    """Versions of a model that people have labelled, by revision and reading."""
    subject = schema.subject
    columns = (subject.c.model, subject.c.revision, subject.c.reading)
    query = (
        select(*columns)
        .distinct()
        .join(schema.label, schema.label.c.subject == subject.c.key)
        .where(subject.c.model == model)
        .order_by(*columns)
    )
    with workspace.reading() as connection:
        return [Version(*row) for row in connection.execute(query)]


def plan(workspace: Workspace, old: Version, new: Version, sites: Mapping[str, int]) -> Plan:
    """What would move from `old` to `new`, whose sites have this many dimensions each.

    Features are carried by their name wherever their site exists; discovered ones (named by a
    hash of their dimensions) too.
    """
    labels = current(workspace, None, **asdict(old))
    there = current(workspace, None, **asdict(new))
    taken = set(zip(there.author, there.key, strict=True))
    groups: dict[str, list[int]] = {"moves": [], "kept": [], "lost": []}
    for place, row in enumerate(labels.itertuples()):
        subject = _renamed(of_row(row), new)
        if not _exists(subject, sites):
            groups["lost"].append(place)
        elif (row.author, subject.key) in taken:
            groups["kept"].append(place)
        else:
            groups["moves"].append(place)
    return Plan(old, new, **{name: labels.iloc[places] for name, places in groups.items()})


def carry(workspace: Workspace, planned: Plan) -> int:
    """Append the moves as rows of source `carried`, not blind; how many. Twice moves once.

    Authors stay; the time is now. Carried labels never enter agreement.
    """
    rows, subjects = [], []
    for row in planned.moves.to_dict("records"):
        subject = _renamed(Subject(*(row[field] for field in _NAMES)), planned.new)
        subjects += [subject, subject.whole]
        content = {field: None if pd.isna(row[field]) else row[field] for field in CONTENT}
        event = hashlib.sha256(f"{row['event']}\n{subject.key}".encode()).hexdigest()[:40]
        rows.append(
            {
                "event": f"carry-{event}",
                "subject": subject.key,
                "author": row["author"],
                **content,
                "source": "carried",
                "blind": False,
                "suggested": False,
                "made_at": now(),
            }
        )
    if not rows:
        return 0
    with workspace.writing() as connection:
        remember(connection, subjects)
        connection.execute(insert_new(connection, schema.label), rows)
    return len(rows)


_NAMES = ("model", "revision", "reading", "site", "kind", "name", "pole")


def _renamed(subject: Subject, new: Version) -> Subject:
    return replace(subject, **asdict(new))


def _exists(subject: Subject, sites: Mapping[str, int]) -> bool:
    dims = sites.get(subject.site)
    return dims is not None and (subject.kind != "dimension" or int(subject.name) < dims)
