"""The evidence table: one row per claim of the paper, each with its controls and a verdict."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from catalog import places
from catalog.errors import MediaUnreadable
from catalog.evidence import (
    from_categories,
    from_flips,
    from_media,
    from_probes,
    from_search,
    from_signs,
    from_states,
    from_texts,
    from_writers,
    passes,
)
from catalog.evidence.cell import Cell, Sample
from catalog.evidence.claims import CLAIMS
from catalog.evidence.verdicts import Row, untested
from catalog.features.tables import Findings
from catalog.model import opening
from catalog.model.loading import LoadedModel
from catalog.progress import Report, silent
from catalog.store.catalog import Catalog

_NEEDS_STATES = ("keys_values", "probe_gain", "basis", "training")
NO_MODEL = "This needs the model, which is not there."
NO_TEXT = "This is tested on text models only."


def rows(
    catalog: Catalog,
    model: LoadedModel | None,
    report: Report = silent,
    texts: Path | None = None,
    kept: Findings | None = None,
) -> list[Row]:
    """Rows of a catalog in the order of CLAIMS.

    `model` is the one the catalog was built from (SettingRefused where it is another), or None.
    `report` may raise to cancel: nothing is left behind. Rows of further tables that were measured
    on the way (flip_run, flip_effect) are added to `kept`. Raises a CatalogError.
    """
    cell = Cell.read(catalog)
    if model is not None:
        opening.check(model, str(cell.build["weights_hash"]))
    textual = cell.build["modality"] == "text"
    sample = Sample.of(cell)
    found = [
        *_timed(lambda: from_categories.category_rows(cell, report)),
        *_timed(lambda: from_signs.rows(cell, report)),
    ]
    if model is None or not textual:
        reason = NO_MODEL if textual else NO_TEXT
        found += from_texts.absent(cell, reason)
        found += from_flips.absent(cell, reason)
    else:
        folder = texts or places.shipped() / "texts"
        found += _timed(lambda: from_texts.rows(cell, model, folder, report))
        found += _timed(lambda: from_flips.rows(cell, model, report, kept))
    run, reason = _passes(cell, sample, model, report)
    if run is None:
        found += [untested(CLAIMS[key], reason, cell.name) for key in _NEEDS_STATES]
    else:
        made = run
        found += _timed(lambda: [from_states.keys_values_row(cell, sample, made)])
        found += _timed(lambda: [from_states.basis_row(cell, sample, made, report)])
        found += _timed(lambda: [from_states.training_row(cell, sample, made)])
        found += _timed(lambda: [from_probes.probe_row(cell, sample, made, report)])
    found += _timed(lambda: from_writers.rows(cell, model if textual else None, report))
    found += _timed(lambda: from_search.discovery_rows(cell, sample, report))
    found += _timed(lambda: [from_search.nearest_row(cell, sample, run, report)])
    found += _timed(lambda: from_media.rows(cell))
    order = [*CLAIMS, from_media.SUPERCLASSES.key]
    told = [_told(row, cell) for row in found]
    return sorted(told, key=lambda row: order.index(row.claim.key))


def _told(row: Row, cell: Cell) -> Row:
    """The row; its method says so where the background is not the matched one."""
    if cell.background == "matched" or "match" not in row.claim.method:
        return row
    said = f"{row.claim.method} Here the background is {cell.background} items: none are matched."
    return replace(row, claim=replace(row.claim, method=said))


def _passes(
    cell: Cell, sample: Sample, model: LoadedModel | None, report: Report
) -> tuple[passes.Passes | None, str]:
    """The extra passes, or why they cannot be made."""
    if model is None:
        return None, NO_MODEL
    try:
        return passes.make(cell, sample, model, report), ""
    except MediaUnreadable as error:
        return None, str(error)


def _timed(make: Callable[[], list[Row]]) -> list[Row]:
    """Rows with the seconds that making them together took."""
    started = time.perf_counter()
    rows = make()
    seconds = time.perf_counter() - started
    return [replace(row, seconds=seconds) for row in rows]
