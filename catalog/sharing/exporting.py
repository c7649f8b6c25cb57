"""`dims export`: a whole catalog in another format, with the labels that may leave."""

import io
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.errors import SettingRefused
from catalog.progress import Report, silent
from catalog.sharing import folders, identity
from catalog.sharing.labels import public
from catalog.store import cells, copying
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    from catalog.workspace.consent import Public


@dataclass(frozen=True)
class Exported:
    """What was written."""

    out: Path
    format: str
    files: int
    bytes: int
    counts: dict[str, int]
    """Rows of each table, or how many of each thing."""
    labels: int
    private: int
    """Labels that stayed: their authors have not made them public."""
    waiting: int
    """Public ones that stayed: their subject waits in somebody's open queue."""
    left_out: tuple[str, ...]
    """What the format has no place for."""


def _parquet(catalog: Catalog, folder: Path, report: Report) -> dict[str, int]:
    return _tables(catalog, folder, report, copying.parquet, "parquet", ())


def _csv(catalog: Catalog, folder: Path, report: Report) -> dict[str, int]:
    return _tables(catalog, folder, report, copying.csv, "csv", copying.BITS)


def _tables(
    catalog: Catalog,
    folder: Path,
    report: Report,
    copy: Callable[[Catalog, str, Path], int],
    ending: str,
    without: tuple[str, ...],
) -> dict[str, int]:
    names = [name for name in copying.names(catalog) if name not in without]
    counts = {}
    for done, name in enumerate(names):
        report("tables", done, len(names))
        counts[name] = copy(catalog, name, folder / f"{name}.{ending}")
    report("tables", len(names), len(names))
    return counts


def _neuronpedia(catalog: Catalog, folder: Path, report: Report) -> dict[str, int]:
    from catalog.sharing import neuronpedia

    return neuronpedia.write(catalog, folder, report)


def _saedashboard(catalog: Catalog, folder: Path, report: Report) -> dict[str, int]:
    from catalog.sharing import saedashboard

    return saedashboard.write(catalog, folder, report)


def _safetensors(catalog: Catalog, folder: Path, _report: Report) -> dict[str, int]:
    from catalog.sharing import directions

    return {"sites": directions.safetensors(catalog, folder)}


FORMATS: dict[str, Callable[[Catalog, Path, Report], dict[str, int]]] = {
    "parquet": _parquet,
    "csv": _csv,
    "neuronpedia": _neuronpedia,
    "saedashboard": _saedashboard,
    "safetensors": _safetensors,
}
"""How a catalog is written in each format."""
PACKED = 200e6
"""Bytes of a catalog that is packed for a browser at most: `zipped` makes its copy in memory."""
LABELLED = ("parquet", "csv", "neuronpedia")
"""Formats that have a place for labels."""
_LEFT_OUT = {
    "csv": (f"Packed bits and pictures are no text: {', '.join(copying.BITS)}.",),
    "neuronpedia": ("Labels of features, and answers without words.",),
    "saedashboard": ("Labels, and everything of features.",),
    "safetensors": ("Everything but the prototypes of features.",),
}


def export(
    catalog: Catalog, form: str, out: Path, force: bool = False, report: Report = silent
) -> Exported:
    """Write a catalog into a new folder, whole or not at all.

    Raises SettingRefused (an unknown format, a folder that is not empty, a format that does not
    fit), NotInCatalog (no features), DiskFull, CatalogUnreadable.
    """
    if form not in FORMATS:
        raise SettingRefused(f"{form!r} is no format: --format is one of {', '.join(FORMATS)}.")
    told: dict[str, Any] = {"format": form, "catalog": identity.of(catalog)}
    with folders.filled(out, force) as folder:
        counts = FORMATS[form](catalog, folder, report)
        allowed = public(catalog) if form in LABELLED else None
        labels = 0 if allowed is None else _labels(catalog, allowed, form, folder)
        private, waiting = (allowed.private, allowed.waiting) if allowed else (0, 0)
        folders.about(
            folder,
            {"made_by": f"{identity.program()}, dims export", **told, "counts": counts,
             "labels": labels, "rule_of_csv": cells.__doc__ if form == "csv" else None},
        )  # fmt: skip
        files, size = folders.size(folder)
    left_out = _LEFT_OUT.get(form, ())
    return Exported(out, form, files, size, counts, labels, private, waiting, left_out)


def zipped(catalog: Catalog, form: str) -> bytes:
    """The same as one ZIP file in memory, for a browser; refused as `export` is."""
    with tempfile.TemporaryDirectory(prefix="dims-export-") as place:
        folder = Path(place) / f"{catalog.slug}-{form}"
        export(catalog, form, folder)
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(folder.parent))
        return made.getvalue()


def _labels(catalog: Catalog, allowed: "Public", form: str, folder: Path) -> int:
    """Write the public labels; their number."""
    from catalog.workspace.transfer import neuronpedia, tables

    if allowed.rows.empty:
        return 0
    if form == "neuronpedia":
        from catalog.sharing.neuronpedia import last

        flat = tables.flat_of(allowed.rows).assign(model=identity.shown_model(catalog))
        return neuronpedia.write_sources(flat, folder, last(catalog))
    flat = tables.flat_of(allowed.rows).assign(final=allowed.rows["final"].to_numpy())
    if form == "csv":
        (folder / "labels.csv").write_text(cells.csv(flat), "utf-8")
    else:
        flat.to_parquet(folder / "labels.parquet", index=False)
    return len(flat)
