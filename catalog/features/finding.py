"""The findings stage as commands run it: measure, then replace the findings of the file."""

from pathlib import Path

from catalog import parallel, places
from catalog.errors import SettingRefused
from catalog.features import findings
from catalog.store import feature_queries, reading
from catalog.store import replacing as store


def folder_of_categories() -> Path:
    """$DIMS_DATA/categories where it exists, else what ships."""
    own = places.data() / "categories"
    return own if own.is_dir() else places.shipped() / "categories"


def measured(path: Path) -> bool:
    """Whether the catalog's categories have been measured."""
    return not reading.fetch(path, feature_queries.categories()).empty


def measure(
    path: Path,
    folder: Path | None = None,
    report: findings.Report = lambda _stage, _done, _all: None,
    nulls: str = "all",
) -> None:
    """Measure every category of `folder` everywhere and write a copy that replaces `path`."""
    if nulls not in ("all", "primary"):
        raise SettingRefused("--nulls is all or primary.")
    found = findings.find(
        path,
        folder or folder_of_categories(),
        report,
        "all" if nulls == "all" else "primary",
        parallel.cores(),
    )
    report("writing", 0, 1)
    made = (*store.MEASURED, *store.WRITERS)  # who wrote the old features is forgotten
    tables = {name: found.tables.get(name, []) for name in made}
    store.write(path, tables)
    report("writing", 1, 1)
