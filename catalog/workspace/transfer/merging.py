"""Add labels that others wrote: fill in what a file leaves out, check it, append what is new."""

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from catalog.errors import ImportRefused, LabelRefused, listed
from catalog.workspace import blind, schema
from catalog.workspace.file import Workspace, insert_new, now
from catalog.workspace.subjects import Subject, remember
from catalog.workspace.transfer.files import batches
from catalog.workspace.values import CONTENT, Label

_NAMED = ("action", "clear_pole", "category", "text", "confidence", "note")
"""Fields that name a row of a flat file, in this order, whether they say something or not."""
_EXAMPLES = 20
WRITING, REST = 1.0, 0.15
"""Seconds an import writes before it rests, and how long it rests."""
PATIENCE_SECONDS = 60.0
"""How long a batch waits for its turn while people save: a file is in no hurry, and half of it
would be worth less than all of it a little later.
"""


@dataclass(frozen=True)
class Known:
    """What a catalog at hand holds; imports are checked against all of them."""

    model: str
    revision: str
    reading: str
    sites: Mapping[str, int]
    """Number of dimensions of each site."""


@dataclass
class Report:
    """What an import did."""

    read: int = 0
    added: int = 0
    same: int = 0
    """Rows the workspace had already."""
    conflicts: int = 0
    """Rows that say something else than a row that stays current; see `examples`."""
    examples: list[str] = field(default_factory=list)
    """A sentence for each of the first conflicts."""

    def conflict(self, sentence: str) -> None:
        """Count a conflict."""
        self.conflicts += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(sentence)


@dataclass(frozen=True)
class Incoming:
    """A label from a file, and when it was made if the file says so."""

    label: Label
    made_at: datetime | None = None

    @property
    def event(self) -> str:
        """Name of this row in any workspace: the same row is the same event.

        Of the fields in _NAMED all count; of later ones those that say something, so that a new
        field renames no row of an older file.
        """
        made = self.made_at.isoformat() if self.made_at else ""
        content = self.label.content
        said: list[Any] = [self.label.subject.key, self.label.author, made]
        said += [content[name] for name in _NAMED]
        later = {name: value for name, value in content.items() if name not in _NAMED}
        said += [[name, value] for name, value in later.items() if value is not None]
        return "row-" + hashlib.sha256(json.dumps(said).encode()).hexdigest()[:40]


def moment(text: str) -> datetime | None:
    """Naive UTC time of an ISO 8601 text (without a zone: UTC already); None where empty."""
    if not text:
        return None
    try:
        made = datetime.fromisoformat(text)
    except ValueError as error:
        raise LabelRefused(
            f"made_at {text!r} is not a time such as 2026-01-31T12:00:00."
        ) from error
    return made.astimezone(UTC).replace(tzinfo=None) if made.tzinfo else made


def subject_of(row: Mapping[str, str], known: Sequence[Known] | None) -> Subject:
    """Subject of a row's names; revision and reading left out are those of the one catalog.

    LabelRefused where the model, site or dimension is in no catalog at hand, or several fit.
    Without `known` nothing is checked.
    """
    kind = row.get("kind") or "dimension"
    name = row.get("name") or row.get("dimension") or ""
    pole = {"positive": "+", "negative": "-", "both": "", "none": ""}
    asked = (row.get("revision") or "", row.get("reading") or "")
    site, where = row.get("site") or "", row.get("pole") or ""
    if known is not None:
        found = _fitting(row.get("model") or "", asked, known)
        asked = (found.revision, found.reading)
        _check_place(found, site, kind, name)
    return Subject(row.get("model") or "", *asked, site, kind, name, pole.get(where, where))


def _fitting(model: str, asked: tuple[str, str], known: Sequence[Known]) -> Known:
    of_model = [one for one in known if one.model == model]
    if not of_model:
        models = listed(sorted({one.model for one in known})) or "none"
        raise LabelRefused(f"the model {model!r} is in no catalog here (there are: {models})")
    wanted = ((asked[0] or None, asked[1] or None),)
    fits = [
        one
        for one in of_model
        for revision, reading in wanted
        if revision in (None, one.revision) and reading in (None, one.reading)
    ]
    if not fits:
        raise LabelRefused(f"no catalog of {model} has revision {asked[0]!r}, reading {asked[1]!r}")
    if len({(one.revision, one.reading) for one in fits}) > 1:
        raise LabelRefused(f"several catalogs of {model} fit: fill in revision and reading")
    return fits[0]


def _check_place(found: Known, site: str, kind: str, name: str) -> None:
    if site not in found.sites:
        raise LabelRefused(f"the catalog of {found.model} has no site {site!r}")
    if kind == "dimension" and name.isdigit() and int(name) >= found.sites[site]:
        last = found.sites[site] - 1
        raise LabelRefused(f"{site} of {found.model} has dimensions 0 to {last}, not {name}")


def checked(source: Iterable[tuple[str, Callable[[], Incoming]]]) -> Iterator[Incoming]:
    """Make each row; a refused one stops the import with its place in the file."""
    for place, make in source:
        try:
            yield make()
        except LabelRefused as error:
            raise ImportRefused(f"{place}: {error} Nothing was imported.") from error


class Turns:
    """Write batch after batch, and let others in: a process that waits for SQLite looks every tenth
    of a second at most and gives up after two, so each second of writing ends with a longer rest.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._since = workspace, time.monotonic()

    @contextlib.contextmanager
    def batch(self) -> Iterator[Connection]:
        """One transaction; afterwards a rest where one is due."""
        with self._workspace.writing(PATIENCE_SECONDS) as connection:
            yield connection
        if time.monotonic() - self._since > WRITING:
            time.sleep(REST)
            self._since = time.monotonic()


def add(workspace: Workspace, source: Callable[[], Iterable[Incoming]]) -> Report:
    """Check everything `source()` gives, then append it; see `_add_batch` for what is a conflict.

    `source` is called twice and must give the same rows both times.
    """
    for _ in source():
        pass
    report, started, turns = Report(), now(), Turns(workspace)
    for batch in batches(source()):
        with turns.batch() as connection:
            _add_batch(connection, batch, started, report)
    return report


def _add_batch(
    connection: Connection, batch: Sequence[Incoming], started: datetime, report: Report
) -> None:
    """Append the rows that say something new, with source `import`, never blind.

    A row its author has said last is the same. One that differs from the author's newest word is
    appended and becomes current where its time is later; where it is earlier it is appended as
    history, and where it has no time it is left out: both are conflicts, the newest word stays.
    """
    newest = _newest(connection, batch)
    events = {row.event for row in batch}
    table = schema.label
    there = set(connection.scalars(select(table.c.event).where(table.c.event.in_(events))))
    rows, subjects = [], []
    for incoming in batch:
        report.read += 1
        label, event = incoming.label, incoming.event
        place = (label.author, label.subject.key)
        last = newest.get(place)
        content = tuple(label.content.values())
        if event in there or (last and last[1] == content):
            report.same += 1
            continue
        made = incoming.made_at or started
        if last and last[1][0] != "delete" and (incoming.made_at is None or made <= last[0]):
            report.conflict(_sentence(label, last[1]))
            if incoming.made_at is None:
                continue
        there.add(event)
        subjects += [label.subject, label.subject.whole]
        rows.append(_row(incoming, event, made))
        if last is None or made >= last[0]:
            newest[place] = (made, content)
    if rows:
        remember(connection, subjects)
        connection.execute(insert_new(connection, table), rows)
    report.added += len(rows)


def _row(incoming: Incoming, event: str, made: datetime) -> dict[str, Any]:
    label = incoming.label
    return {
        "event": event,
        "subject": label.subject.key,
        "author": label.author,
        **label.content,
        "source": "import",
        "blind": False,
        "suggested": False,
        "made_at": made,
    }


def _newest(
    connection: Connection, batch: Sequence[Incoming]
) -> dict[tuple[str, str], tuple[datetime, tuple[Any, ...]]]:
    """The newest word of each (author, subject key) of the batch: its time and content."""
    table = schema.label
    keys = {incoming.label.subject.key for incoming in batch}
    columns = [table.c[field] for field in CONTENT]
    query = select(table.c.author, table.c.subject, table.c.made_at, *columns)
    query = query.where(table.c.subject.in_(keys), blind.is_newest())
    return {(row[0], row[1]): (row[2], tuple(row[3:])) for row in connection.execute(query)}


def _sentence(label: Label, said: tuple[Any, ...]) -> str:
    subject = label.subject
    here = {field: value for field, value in zip(CONTENT, said, strict=True) if value is not None}
    there = {field: value for field, value in label.content.items() if value is not None}
    return (
        f"{label.author} on {subject.model} {subject.site} {subject.kind} {subject.name}"
        f"{subject.pole}: here {here}, in the file {there}."
    )
