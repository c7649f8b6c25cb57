"""Labels as files for the browser: written to bytes, and read from what was given."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from catalog.errors import ImportRefused
from catalog.workspace import subjects, transfer
from catalog.workspace.transfer import Known, Report
from dashboard.common import access, catalogs, workspace
from dashboard.common.answers import Here


class Format(NamedTuple):
    """A kind of file."""

    title: str
    ending: str
    write: Callable[..., Any]
    read: Callable[..., Report]
    whole: bool = False
    """Whether it carries the whole workspace, and not one model's labels."""


FORMATS = (
    Format("CSV", "csv", transfer.export_csv, transfer.import_csv),
    Format("Parquet", "parquet", transfer.export_parquet, transfer.import_parquet),
    Format("Label Studio", "json", transfer.export_label_studio, transfer.import_label_studio),
    Format("everything (JSON lines)", "jsonl", transfer.export_jsonl, transfer.import_jsonl, True),
)


def writer(here: Here, kind: Format) -> Callable[[], bytes]:
    """What makes a file of labels, to be called when somebody takes it.

    Others' labels leave with it, so it takes as much as reading a file in: else NotAllowed.
    """
    access.require("exchange")
    return partial(written, here, kind)


def written(here: Here, kind: Format) -> bytes:
    """A file of labels: of the rail's model, or of the whole workspace."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"labels.{kind.ending}"
        kind.write(workspace.workspace(), path, **({} if kind.whole else workspace.where(here)))
        return path.read_bytes()


def taken(name: str, content: bytes, any_model: bool) -> Report:
    """Add the labels of a file; ImportRefused where it is of no kind that can be read."""
    ending = Path(name).suffix.lower().lstrip(".")
    kind = next((one for one in FORMATS if one.ending == ending), None)
    if kind is None:
        known = ", ".join(f".{one.ending}" for one in FORMATS)
        raise ImportRefused(f"{name[:80]} ends in none of {known}: choose a file that does.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"labels.{ending}"
        path.write_bytes(content)
        return kind.read(workspace.acting("exchange"), path, None if any_model else _known())


def _known() -> list[Known]:
    found = []
    for entry in catalogs.listed():
        if entry.build is not None:
            sites = entry.catalog.sites.dropna(subset="dims")
            dims = {str(row.site): int(row.dims) for row in sites.itertuples()}
            found.append(Known(**subjects.of_build(entry.build), sites=dims))
    return found
