"""The findings stage: every category at every site, threshold and background, with its nulls.

Arrays come from the finished catalog file and go back into a copy of it; the model is not needed.
"""

from pathlib import Path
from typing import Any, get_args

from catalog import parallel
from catalog.errors import SettingRefused, listed
from catalog.features import cell_findings, family, lexicon
from catalog.features.cell_findings import Nulls, Task
from catalog.features.cell_nulls import Sample
from catalog.features.family import Where
from catalog.features.lexicon import Lexicon
from catalog.features.tables import Findings
from catalog.progress import Report, silent
from catalog.store import replacing
from catalog.store.catalog import Catalog


def measure(
    catalog: Catalog,
    folder: Path | None = None,
    report: Report = silent,
    matched_nulls: str = "all",
) -> None:
    """Measure every category of `folder` everywhere, and write a copy that replaces the file."""
    if matched_nulls not in get_args(Nulls):
        raise SettingRefused("--nulls is all or primary.")
    wanted: Nulls = "all" if matched_nulls == "all" else "primary"
    found = find(catalog, folder or lexicon.folder(), report, wanted, parallel.cores())
    report("writing", 0, 1)
    made = (*replacing.MEASURED, *replacing.WRITERS)  # who wrote the old features is forgotten
    replacing.write(catalog.path, {name: found.tables.get(name, []) for name in made})
    report("writing", 1, 1)


def find(
    catalog: Catalog,
    folder: Path,
    report: Report = silent,
    matched_nulls: Nulls = "all",
    workers: int = 1,
) -> Findings:
    """Measure all categories of `folder` everywhere in the catalog; nothing is written."""
    words = lexicon.lexicon(catalog, folder)
    found = Findings()
    _list_categories(words, found)
    cells = [(site, cut) for site in catalog.site_names for cut in catalog.thresholds]
    tasks = [Task(catalog, folder, site, threshold, matched_nulls) for site, threshold in cells]
    if not words.measured:
        return found
    samples: list[Sample] = []
    signs = {}
    report("features", 0, len(tasks))
    for done, part in enumerate(parallel.run(cell_findings.measure, tasks, workers), 1):
        found.join(part.findings)
        samples += part.samples
        signs[cells[done - 1]] = part.signs
        report("features", done, len(tasks))
    family.settle(found, samples, signs, Where(catalog, folder, workers, report))
    return found


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
