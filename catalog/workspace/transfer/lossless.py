"""Everything people made as JSON lines: out, and back in without losing or doubling a row.

The first line names the format and its version; each other line is a row: `table`, then its
columns. Row numbers (`id`) stay behind: they only order rows of equal time, and lines keep that
order. Parents stand before children.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Column, Connection, DateTime, Float, Integer, Table, select
from sqlalchemy.exc import DataError, IntegrityError

from catalog.errors import ImportRefused, LabelRefused, listed
from catalog.workspace import gathered_schema, gold_schema, schema
from catalog.workspace.file import Workspace, insert_new, now
from catalog.workspace.made import MADE
from catalog.workspace.subjects import FIELDS, Subject
from catalog.workspace.transfer.files import BATCH, batches, reading, replacing
from catalog.workspace.transfer.merging import Known, Report, Turns
from catalog.workspace.values import CONTENT, Label
from catalog.workspace.words import name

FORMAT = "dimension-catalog workspace"
VERSION = 1
_OF_POLE = {pole: Subject("-", "", "", "-", "feature", "-", pole) for pole in schema.POLES}
"""To check a label's content without keeping a million subjects."""
_TABLES = {table.name: (table, key) for table, key in MADE}
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def export_jsonl(workspace: Workspace, path: Path) -> int:
    """Write everything people made; number of rows. One consistent view, streamed."""
    count = 0
    head = {"format": FORMAT, "version": VERSION, "exported_at": now().isoformat()}
    with (
        workspace.reading() as connection,
        replacing(path) as partial,
        partial.open("w", encoding="utf-8") as file,
    ):
        file.write(json.dumps(head) + "\n")
        for table, key in MADE:
            order = [table.c.id] if "id" in table.c else [table.c[column] for column in key]
            query = select(*_columns(table)).order_by(*order)
            for row in connection.execute(query.execution_options(yield_per=BATCH)).mappings():
                line = {"table": table.name, **{k: _out(v) for k, v in row.items()}}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
                count += 1
    return count


def _columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.c if column.name != "id"]


def _out(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def import_jsonl(workspace: Workspace, path: Path, known: Sequence[Known] | None = None) -> Report:
    """Add the rows of an export; into an empty workspace that gives the same state.

    A row whose key is there already is the same, or a conflict where its content differs (the
    workspace's stays). ImportRefused, with nothing added, where a line is wrong or, with `known`,
    a subject's model is in no catalog at hand.
    """
    models = None if known is None else {one.model for one in known}
    for _ in _rows(path, models):
        pass
    report, turns = Report(), Turns(workspace)
    for table, rows in groupby(_rows(path, models, checked=True), key=lambda pair: pair[0]):
        for batch in batches(row for _, row in rows):
            try:
                with turns.batch() as connection:
                    _add(connection, table, batch, report)
            except (IntegrityError, DataError) as error:
                raise ImportRefused(
                    f"{path}: a row of {table.name} has a value the workspace refuses "
                    f"({error.orig}). Export it again."
                ) from error
    return report


def _add(
    connection: Connection, table: Table, batch: Sequence[dict[str, Any]], report: Report
) -> None:
    key = _TABLES[table.name][1]
    first = table.c[key[0]]
    found = connection.execute(
        select(*_columns(table)).where(first.in_({row[key[0]] for row in batch}))
    )
    there = {tuple(row[k] for k in key): dict(row) for row in found.mappings()}
    fresh = []
    for row in batch:
        report.read += 1
        name = tuple(row[k] for k in key)
        old = there.setdefault(name, row)
        if old is row:
            fresh.append(row)
        elif old == row:
            report.same += 1
        else:
            differing = {k: (old[k], row[k]) for k in row if old[k] != row[k]}
            report.conflict(f"{table.name} {'/'.join(map(str, name))}: {differing} (here, file).")
    if fresh:
        connection.execute(insert_new(connection, table), fresh)
    report.added += len(fresh)


def _rows(
    path: Path, models: set[str] | None, checked: bool = False
) -> Iterator[tuple[Table, dict[str, Any]]]:
    """Rows of the file, of the right types and (unless `checked` already) by the rules.

    ImportRefused names the line.
    """
    parents: dict[str, dict[str, str]] = {"subject": {}, "queue": {}, "label_test": {}}
    with reading(path) as file:
        _check_head(path, file.readline())
        for number, line in enumerate(file, start=2):
            try:
                table, row = _row(line)
                if not checked:
                    _check(table, row, parents, models)
            except (ValueError, LabelRefused) as error:
                raise ImportRefused(
                    f"{path}, line {number}: {error} Nothing was imported."
                ) from error
            yield table, row


def _check_head(path: Path, line: str) -> None:
    try:
        head = json.loads(line)
    except json.JSONDecodeError:
        head = None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise ImportRefused(f"{path} is not an export of a workspace: its first line says so.")
    if head.get("version") != VERSION:
        raise ImportRefused(
            f"{path} has version {head.get('version')}, this program reads {VERSION}: update it."
        )


def _row(line: str) -> tuple[Table, dict[str, Any]]:
    """Table and values of a line; ValueError says what is wrong."""
    values = json.loads(line)
    if not isinstance(values, dict) or values.get("table") not in _TABLES:
        raise ValueError("The line names no table of a workspace.")
    table = _TABLES[values.pop("table")][0]
    kinds = _KINDS[table.name]
    later = {name for name, (empty, _) in kinds.items() if empty and name not in values}
    if values.keys() | later != kinds.keys():
        odd = ", ".join(sorted(set(values) ^ set(kinds)))
        raise ValueError(f"The row of {table.name} has wrong columns ({odd}).")
    values |= dict.fromkeys(later)  # a column made after this export was: nothing is said in it
    return table, {name: _in(name, kinds[name], values[name]) for name in kinds}


def _kind(column: Column[Any]) -> tuple[bool, tuple[type, ...]]:
    """Whether a column may be empty, and what its JSON values are (datetime: a text of one)."""
    kinds: tuple[tuple[type[Any], tuple[type, ...]], ...] = (
        (DateTime, (datetime,)),
        (Boolean, (bool,)),
        (Integer, (int,)),
        (Float, (int, float)),
    )
    found = [wanted for kind, wanted in kinds if isinstance(column.type, kind)]
    return bool(column.nullable), found[0] if found else (str,)


def _in(name: str, kind: tuple[bool, tuple[type, ...]], value: Any) -> Any:
    empty, wanted = kind
    if value is None:
        if empty:
            return None
        raise ValueError(f"{name} is empty.")
    if wanted[0] is datetime:
        made = datetime.fromisoformat(str(value))
        if made.tzinfo is not None:
            raise ValueError(f"{name} has a time zone; times are UTC without one.")
        return made
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted != (bool,)):
        raise ValueError(f"{name} is {value!r}, which is no {wanted[-1].__name__}.")
    if isinstance(value, int) and abs(value) >= 1 << 31:
        raise ValueError(f"{name} is {value}, which is out of range.")
    if isinstance(value, str) and not value.isprintable() and _UNSTORABLE.search(value):
        raise ValueError(f"{name} holds a character that cannot be stored.")
    return value


_KINDS = {
    table.name: {column.name: _kind(column) for column in _columns(table)} for table, _ in MADE
}


def _check(
    table: Table,
    row: Mapping[str, Any],
    parents: dict[str, dict[str, str]],
    models: set[str] | None,
) -> None:
    """Rules that a column's type does not state; ValueError or LabelRefused.

    `parents` collects the keys seen so far, of subjects with their poles.
    """
    if table is schema.subject:
        subject = Subject(*(row[field] for field in FIELDS))
        if (row["key"], row["target"]) != (subject.key, subject.whole.key):
            raise ValueError("The key of the subject does not fit its names.")
        if models is not None and subject.model not in models:
            raise ValueError(
                f"The model {subject.model!r} is in no catalog here "
                f"(there are: {listed(sorted(models)) or 'none'})."
            )
    if table.name in parents:
        parents[table.name][row["key"]] = row.get("pole", "")
    for column, parent in (("subject", "subject"), ("test", "label_test")):
        if row.get(column) is not None and row[column] not in parents[parent]:
            raise ValueError(f"{table.name} is about a {column} that stands nowhere before it.")
    if "queue" in row and table is not schema.label and row["queue"] not in parents["queue"]:
        raise ValueError(f"{table.name} is about a queue that stands nowhere before it.")
    if table is schema.label:
        stand_in = _OF_POLE[parents["subject"][row["subject"]]]
        Label(stand_in, row["author"], *(row[field] for field in CONTENT))
    if table is gold_schema.gold and row["action"] == "declare":
        stand_in = _OF_POLE[parents["subject"][row["subject"]]]
        said = "no_clear_pole" if row["clear_pole"] == "none" else "label"
        Label(stand_in, row["person"], said, row["clear_pole"], row["category"])
    if table is gathered_schema.list_entry:
        name(row["list"])
