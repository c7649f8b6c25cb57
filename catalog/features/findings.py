"""The findings stage: every category at every site, threshold and background, with its nulls.

In the order of worth: the primary cell (site and threshold) is written before the others begin.
Arrays come from the finished catalog file and go back into a copy of it; the model is not needed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from catalog import parallel
from catalog.errors import SettingRefused, listed
from catalog.features import cell_findings, family, kept_cells, lexicon
from catalog.features.cell_findings import Measured, Nulls, Task
from catalog.features.cell_nulls import Sample
from catalog.features.kept_cells import KeptCells
from catalog.features.lexicon import Lexicon
from catalog.features.tables import Findings
from catalog.progress import Report, silent
from catalog.store import replacing
from catalog.store.catalog import Catalog

Until = Literal["primary", "all"]
"""How far the stage goes."""
Where = tuple[str, str]
"""A site and a threshold."""


def measure(
    catalog: Catalog,
    folder: Path | None = None,
    report: Report = silent,
    matched_nulls: str = "all",
    until: Until = "all",
) -> None:
    """Measure every category of `folder` everywhere, and write a copy that replaces the file.

    The primary cell comes first and is written at once: the catalog can be looked at and judged
    there, with the q of that cell alone. `until` primary ends here. Every cell is kept as it is
    done, so that a stage that was ended goes on.
    """
    if matched_nulls not in get_args(Nulls):
        raise SettingRefused("--nulls is all or primary.")
    replacing.ask(catalog.path)
    wanted: Nulls = "all" if matched_nulls == "all" else "primary"
    lists = folder or lexicon.folder()
    stays = until == "primary"
    with kept_cells.kept(catalog, lists, wanted, stays) as kept:
        stage = _Stage(catalog, lists, report, wanted, parallel.cores(), kept)
        first = catalog.primary
        cells = stage.cells
        if stays or (len(cells) > 1 and not catalog.measured_cells):
            _write(catalog, stage.find([(first.site, first.threshold)]), report)
        if not stays:
            _write(catalog, stage.find(cells), report)


def find(
    catalog: Catalog,
    folder: Path,
    report: Report = silent,
    matched_nulls: Nulls = "all",
    workers: int = 1,
) -> Findings:
    """Measure all categories of `folder` everywhere in the catalog; nothing is written."""
    stage = _Stage(catalog, folder, report, matched_nulls, workers)
    return stage.find(stage.cells)


def _write(catalog: Catalog, found: Findings, report: Report) -> None:
    report("writing", 0, 1)
    made = (*replacing.MEASURED, *replacing.WRITERS)  # who wrote the old features is forgotten
    replacing.write(catalog.path, {name: found.tables.get(name, []) for name in made})
    report("writing", 1, 1)


@dataclass(frozen=True)
class _Stage:
    """One run of the findings stage."""

    catalog: Catalog
    folder: Path
    report: Report
    nulls: Nulls
    workers: int
    kept: KeptCells | None = None
    """Cells that are measured already; None where none are kept."""

    @property
    def cells(self) -> list[Where]:
        """Every site and threshold, in the order of the catalog's sites."""
        return [(site, cut) for site in self.catalog.site_names for cut in self.catalog.thresholds]

    def find(self, cells: Sequence[Where]) -> Findings:
        """The findings of these cells as one family."""
        words = lexicon.lexicon(self.catalog, self.folder)
        found = Findings()
        _list_categories(words, found)
        if not words.measured:
            return found
        made = dict(self._measured(cells))
        samples: list[Sample] = []
        for cell in cells:
            found.join(made[cell].findings)
            samples += made[cell].samples
        signs = {cell: made[cell].signs for cell in cells}
        place = family.Where(self.catalog, self.folder, self.workers, self.report)
        family.settle(found, samples, signs, place)
        return found

    def _measured(self, cells: Sequence[Where]) -> Iterator[tuple[Where, Measured]]:
        """Each cell with what it gave; those that are kept first."""
        self.report("features", 0, len(cells))
        left = []
        for cell in cells:
            known = self.kept.get(*cell) if self.kept else None
            if known is None:
                left.append(cell)
            else:
                yield cell, known
        tasks = [Task(self.catalog, self.folder, *cell, self.nulls) for cell in left]
        done = len(cells) - len(left)
        for cell, part in zip(
            left, parallel.run(cell_findings.measure, tasks, self.workers), strict=True
        ):
            if self.kept:
                self.kept.keep(*cell, part)
            done += 1
            self.report("features", done, len(cells))
            yield cell, part


def _list_categories(words: Lexicon, found: Findings) -> None:
    for name, one in words.read.items():
        match = words.matches[name]
        skipped = match.skipped(name)
        doubled = f"Given twice: {listed(one.duplicates)}." if one.duplicates else None
        status = "skipped" if skipped else "small" if match.small else "measured"
        found.add(
            "category",
            {
                "category": name,
                "description": one.description,
                "group": one.keys.get("group"),
                "kind": one.kind,
                "cyclic": one.cyclic,
                "words": match.asked,
                "found": match.asked - len(match.missing),
                "families": len(match.members),
                "status": status,
                "reason": skipped.reason if skipped else doubled,
            },
        )
        if skipped and not one.cyclic:  # a circle's words are looked at however few they are
            continue
        for item, word in zip(match.members, match.words, strict=True):
            found.add("member", {"category": name, "item": int(item), "word": word})
    for skip in words.skipped:
        row: dict[str, Any] = {"category": skip.name, "description": "", "group": None}
        row |= {"kind": "word", "cyclic": False, "words": 0, "found": 0, "families": 0}
        found.add("category", {**row, "status": "skipped", "reason": skip.reason})
