"""Flat tables of the labels that hold: CSV and Parquet, one row a label.

Columns: model, site, dimension, pole, label, author, then confidence, made_at, revision, reading,
kind, name, action, clear_pole, category, note. `pole` is +, - or empty (the whole); the closed
answers of a whole stand in clear_pole and category. Imports need model, site, author, one of
dimension and name, and label (empty where another column or the action says enough).
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from catalog.errors import ImportRefused
from catalog.store import cells
from catalog.workspace import schema
from catalog.workspace.file import Workspace
from catalog.workspace.reading import current
from catalog.workspace.transfer.files import BATCH, reading, replacing
from catalog.workspace.transfer.merging import (
    Incoming,
    Known,
    Report,
    add,
    checked,
    moment,
    subject_of,
)
from catalog.workspace.values import CONTENT, Label, parsed

_FIRST = (
    "model", "site", "dimension", "pole", "label", "author", "confidence", "made_at", "revision",
    "reading", "kind", "name",
)  # fmt: skip
COLUMNS = (*_FIRST, *(field for field in CONTENT if field not in (*_FIRST, "text")))
NEEDED = ("model", "site", "pole", "label", "author")
_FIELD_LIMIT = 1 << 20
"""Characters of a field the CSV reader takes; longer labels are refused by their own rule."""


def flat(workspace: Workspace, **where: str | None) -> pd.DataFrame:
    """The labels that hold, in COLUMNS; every column is text, empty where there is nothing."""
    return flat_of(current(workspace, None, **where))


def flat_of(now: pd.DataFrame) -> pd.DataFrame:
    """Rows of `reading.current` in COLUMNS; see `flat`."""
    dimension = now.name.where(now.kind == "dimension", "")
    made = [time.isoformat() for time in now.made_at]
    table = now.assign(dimension=dimension, label=now.text, made_at=made)[list(COLUMNS)]
    for field in schema.RANGES:
        table[field] = table[field].astype("Int64")
    return table.astype("string").fillna("")


def export_csv(workspace: Workspace, path: Path, **where: str | None) -> int:
    """Write the labels that hold as CSV (UTF-8, commas, no cell a formula); number of rows."""
    table = flat(workspace, **where)
    with replacing(path) as partial_path:
        partial_path.write_text(cells.csv(table), "utf-8", newline="")
    return len(table)


def export_parquet(workspace: Workspace, path: Path, **where: str | None) -> int:
    """Write the labels that hold as Parquet, all columns text; number of rows."""
    table = flat(workspace, **where)
    with replacing(path) as partial_path:
        table.to_parquet(partial_path, index=False)
    return len(table)


def import_csv(workspace: Workspace, path: Path, known: Sequence[Known] | None = None) -> Report:
    """Add the labels of a CSV file; ImportRefused (nothing added) where a row is wrong."""
    return add(workspace, lambda: checked(_makers(path, _csv_rows(path), known)))


def import_parquet(
    workspace: Workspace, path: Path, known: Sequence[Known] | None = None
) -> Report:
    """Add the labels of a Parquet file; ImportRefused (nothing added) where a row is wrong."""
    return add(workspace, lambda: checked(_makers(path, _parquet_rows(path), known)))


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    csv.field_size_limit(_FIELD_LIMIT)
    with reading(path) as file:
        rows = csv.DictReader(file, restkey="", restval=None, strict=True)
        try:
            _check_columns(path, rows.fieldnames or ())
            for row in rows:
                if "" in row or None in row.values():
                    raise ImportRefused(
                        f"{path}, line {rows.line_num}: the row has more or fewer fields than the "
                        f"header. Nothing was imported."
                    )
                yield rows.line_num, {name: cells.plain(text) for name, text in row.items()}
        except csv.Error as error:
            raise ImportRefused(
                f"{path}, line {rows.line_num}: not a CSV row ({error}). Nothing was imported."
            ) from error


def _parquet_rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            _check_columns(path, file.schema_arrow.names)
            line = 0
            for batch in file.iter_batches(BATCH):
                for row in batch.to_pylist():
                    line += 1
                    yield line, {key: _plain(value) for key, value in row.items()}
    except (pa.ArrowException, OSError) as error:
        raise ImportRefused(f"{path} is not a readable Parquet file: export it again.") from error


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _check_columns(path: Path, found: Sequence[str]) -> None:
    missing = [column for column in NEEDED if column not in found]
    if not {"dimension", "name"} & set(found):
        missing.append("dimension")
    unknown = [column for column in found if column not in COLUMNS]
    if missing or unknown or len(set(found)) != len(found):
        faults = [f"lacks {', '.join(missing)}"] if missing else []
        faults += [f"has unknown {', '.join(map(repr, unknown))}"] if unknown else []
        raise ImportRefused(
            f"{path} has the wrong columns: it {' and '.join(faults) or 'repeats a column'}. "
            f"Its columns may be {', '.join(COLUMNS)}."
        )


def _makers(
    path: Path, rows: Iterable[tuple[int, Mapping[str, str]]], known: Sequence[Known] | None
) -> Iterator[tuple[str, Callable[[], Incoming]]]:
    for line, row in rows:
        yield f"{path}, line {line}", partial(incoming, row, known)


def incoming(row: Mapping[str, str], known: Sequence[Known] | None) -> Incoming:
    """Label of a flat row; LabelRefused where it breaks a rule."""
    said = parsed({**row, "text": row["label"]})
    said["action"] = said["action"] or "label"
    if said["action"] == "label" and "none" in (row.get("pole"), said["clear_pole"]):
        said["action"] = "no_clear_pole"
    label = Label(subject_of(row, known), row["author"], **said)
    return Incoming(label, moment(row.get("made_at") or ""))
