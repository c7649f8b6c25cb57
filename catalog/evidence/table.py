"""The evidence table: one row per claim of the paper, each with its controls and a verdict."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from catalog import places
from catalog.errors import MediaUnreadable, SettingRefused
from catalog.evidence import (
    from_axes,
    from_catalogs,
    from_categories,
    from_context,
    from_flips,
    from_media,
    from_probes,
    from_readings,
    from_search,
    from_senses,
    from_signs,
    from_states,
    from_texts,
    from_writers,
    passes,
)
from catalog.evidence.cell import Cell, Sample
from catalog.evidence.claims import CLAIMS
from catalog.evidence.from_hamming import Cached
from catalog.evidence.verdicts import Row, told, untested
from catalog.features.tables import Findings
from catalog.model import contexts, opening
from catalog.model.loading import LoadedModel
from catalog.progress import Report, silent
from catalog.store.catalog import Catalog

_NEEDS_STATES = ("keys_values", "ffn", "probe_gain", "mlp", "basis", "training")
NO_MODEL = "This needs the model, which is not there."
NO_TEXT = "This is tested on text models only."
IN_CONTEXT = "This is tested in the catalog of the model's single tokens."


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
    table = _Table(cell, Sample.of(cell), model, report)
    table.add(lambda: from_categories.category_rows(cell, report))
    table.add(lambda: from_signs.rows(cell, report))
    table.add(lambda: from_readings.rows(cell, model, report))
    table.texts(texts or places.shipped() / "texts")
    table.flips(kept)
    table.senses(places.shipped() / "senses")
    table.of_states()
    table.add(lambda: from_writers.rows(cell, model, report))
    table.add(lambda: from_search.discovery_rows(cell, table.sample, report))
    table.add(lambda: [from_search.nearest_row(cell, table.sample, table.passes, report)])
    table.add(lambda: from_media.rows(cell))
    figures = {row.claim.key: row.figure for row in table.rows}
    mine = figures.get(from_catalogs.READ)
    table.add(lambda: from_catalogs.rows(cell, mine.value if mine else None))
    order = [*CLAIMS, *from_senses.CLAIMS, *from_media.CLAIMS]
    made = [_told(row, cell) for row in _beside_bare(table.rows, cell)]
    return sorted(made, key=lambda row: order.index(row.claim.key))


@dataclass
class _Table:
    """The rows made so far, and what several of them share."""

    cell: Cell
    sample: Sample
    model: LoadedModel | None
    report: Report
    rows: list[Row] = field(default_factory=list)

    def add(self, make: Callable[[], list[Row]]) -> None:
        """Make rows, each with the seconds that they took together."""
        started = time.perf_counter()
        made = make()
        seconds = time.perf_counter() - started
        self.rows += [replace(row, seconds=seconds) for row in made]

    @property
    def textual(self) -> bool:
        """Whether texts can be run: a text model that is here."""
        return self.model is not None and self._alone

    @property
    def why_not(self) -> str:
        """Why texts cannot be run."""
        if self.cell.catalog.contextual:
            return IN_CONTEXT
        return NO_MODEL if self._alone else NO_TEXT

    @property
    def _alone(self) -> bool:
        """Whether its items are the tokens of a text model, each by itself."""
        return self.cell.build["modality"] == "text" and not self.cell.catalog.contextual

    @cached_property
    def _passes(self) -> tuple[passes.Passes | None, str]:
        """The extra passes, or why they cannot be made."""
        if self.model is None:
            return None, NO_MODEL
        last = from_texts.last_site(self.model) if self.textual else None
        try:
            return passes.make(self.cell, self.sample, self.model, self.report, last), ""
        except MediaUnreadable as error:
            return None, str(error)

    @property
    def passes(self) -> passes.Passes | None:
        """States of the sample; made once."""
        return self._passes[0]

    def texts(self, folder: Path) -> None:
        """Rows of real text; `folder` holds the passages."""
        model, cell = self.model, self.cell
        if model is None or not self.textual:
            self._no_texts(self.why_not)
            return
        last = from_texts.last_site(model)
        sites = [cell.site, last] if last != cell.site else [cell.site]
        try:
            read = contexts.read(
                model,
                contexts.passages(folder),
                sites,
                np.random.default_rng(0),
                lambda done, of: self.report("texts", done, of),
            )
        except SettingRefused as error:
            self._no_texts(str(error))
            return
        made = self.passes
        cached = None if made is None or made.last is None else Cached(self.sample.items, made.last)
        self.add(lambda: from_context.rows(cell, read))
        self.add(lambda: from_texts.rows(cell, model, read, cached, self.report))

    def senses(self, folder: Path) -> None:
        """The row of senses of written words; `folder` holds their labelled sentences."""
        model, cell = self.model, self.cell
        if model is None or not self.textual:
            self.add(lambda: from_senses.absent(cell, self.why_not))
        else:
            self.add(lambda: [from_senses.row(cell, model, folder, self.report)])

    def _no_texts(self, reason: str) -> None:
        self.add(lambda: from_texts.absent(self.cell, reason))
        self.add(lambda: from_context.absent(self.cell, reason))

    def flips(self, kept: Findings | None) -> None:
        """Rows of flips; what was measured for them goes to `kept`."""
        model, cell = self.model, self.cell
        if model is None or not self.textual:
            self.add(lambda: from_flips.absent(cell, self.why_not))
        else:
            self.add(lambda: from_flips.rows(cell, model, self.report, kept))

    def of_states(self) -> None:
        """Rows that need the model's states."""
        made, reason = self._passes
        cell, sample, report = self.cell, self.sample, self.report
        if made is None:
            self.add(lambda: [untested(CLAIMS[key], reason, cell.name) for key in _NEEDS_STATES])
            return
        self.add(lambda: [from_states.keys_values_row(cell, sample, made)])
        self.add(lambda: [from_states.ffn_row(cell, sample, made)])
        self.add(lambda: [from_axes.basis_row(cell, sample, made, report)])
        self.add(lambda: [from_states.training_row(cell, sample, made)])
        self.add(lambda: from_probes.probe_rows(cell, sample, made, report))


def _beside_bare(rows: list[Row], cell: Cell) -> list[Row]:
    """Figures of categories with those of the paper's reading, where the catalog has another."""
    if cell.build["reading"] == "bare":
        return rows
    read = next(row for row in rows if row.claim.key == "reading").controls
    pairs = {"prototype_auc": "AUC, bare", "discoverable": "best dimension >= 0.75, bare"}
    found = {key: read[name] for key, name in pairs.items() if name in read}
    said = "in the reading bare (the paper's), fewer categories"
    return [
        replace(row, controls={**row.controls, said: found[row.claim.key]})
        if row.claim.key in found and row.figure is not None
        else row
        for row in rows
    ]


def _told(row: Row, cell: Cell) -> Row:
    """The row with what was compared in its reason.

    Its method says so where the background is not the matched one.
    """
    row = replace(row, reason=told(row))
    if cell.background == "matched" or "match" not in row.claim.method:
        return row
    said = f"{row.claim.method} Here the background is {cell.background} items: none are matched."
    return replace(row, claim=replace(row.claim, method=said))
