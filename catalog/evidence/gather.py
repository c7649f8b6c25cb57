"""`dims evidence`: gather the evidence table and replace the one in the file."""

from pathlib import Path
from typing import Any

from catalog import places
from catalog.errors import ModelUnavailable
from catalog.evidence import from_dictionaries, table
from catalog.evidence.verdicts import record
from catalog.features import findings
from catalog.features.tables import Findings
from catalog.flips import table as flip_table
from catalog.model import foreign, loading, opening
from catalog.progress import Report, silent
from catalog.store import replacing as store
from catalog.store.catalog import Catalog


def gather(
    catalog: Catalog,
    model: str | None = None,
    with_model: bool = True,
    report: Report = silent,
) -> list[dict[str, Any]]:
    """Test every claim and write a copy of the catalog that replaces it; returns the rows.

    `model` says where the model lies now. Where it cannot be had, rows that need it say so; a
    model named but missing is an error (ModelUnavailable).
    """
    store.ask(catalog.path)
    loaded = _model(catalog, model) if with_model else None
    if not catalog.complete:
        findings.measure(catalog, report=report, matched_nulls="primary")
    kept = Findings()
    with foreign.border(f"while the evidence of {catalog.slug} was gathered"):
        rows = table.rows(catalog, loaded, report, _texts(), kept)
    told = [*map(record, rows), *from_dictionaries.held(catalog)]
    records = [{**one, "position": place} for place, one in enumerate(told)]
    flips = {name: kept.tables.get(name, []) for name in flip_table.TABLES}
    store.write(catalog.path, {"evidence": records, **flips})
    return records


def _model(catalog: Catalog, named: str | None) -> loading.LoadedModel | None:
    try:
        return opening.of(catalog, named)
    except ModelUnavailable:
        if named is not None:
            raise
        return None


def _texts() -> Path:
    return places.shipped() / "texts"
