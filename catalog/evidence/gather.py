"""`dims evidence`: gather the evidence table and replace the one in the file."""

from pathlib import Path
from typing import Any

from catalog import places
from catalog.errors import ModelUnavailable
from catalog.evidence import table
from catalog.evidence.cell import Report
from catalog.evidence.verdicts import record
from catalog.features import finding
from catalog.features.findings import Findings
from catalog.flips import table as flip_table
from catalog.model import device as devices
from catalog.model import loading
from catalog.model.live import ModelKey
from catalog.store import queries, reading
from catalog.store import replacing as store


def gather(
    path: Path,
    model: str | None = None,
    with_model: bool = True,
    report: Report = lambda _stage, _done, _all: None,
) -> list[dict[str, Any]]:
    """Test every claim and write a copy of the catalog that replaces it; returns the rows.

    `model` says where the model lies now. Where it cannot be had, rows that need it say so; a
    model named but missing is an error (ModelUnavailable).
    """
    loaded = _model(path, model) if with_model else None
    kept = Findings()
    rows = table.rows(path, loaded, report, finding.folder_of_categories(), _texts(), kept)
    records = [{**record(row), "position": place} for place, row in enumerate(rows)]
    flips = {name: kept.tables.get(name, []) for name in flip_table.TABLES}
    store.write(path, {"evidence": records, **flips})
    return records


def _model(path: Path, named: str | None) -> loading.LoadedModel | None:
    build = reading.fetch(path, queries.build()).iloc[0].to_dict()
    key = ModelKey.of(build)
    try:
        return loading.load(
            named or key.source, key.revision, key.dtype, devices.nearest(key.device)
        )
    except ModelUnavailable:
        if named is not None:
            raise
        return None


def _texts() -> Path:
    return places.shipped() / "texts"
