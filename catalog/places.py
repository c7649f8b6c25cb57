"""Where things lie: the data folder ($DIMS_DATA, else ./data), catalogs in it, what ships."""

import contextlib
import os
from importlib import resources
from pathlib import Path

from catalog.errors import CatalogMissing

SUFFIX = ".duckdb"


def data() -> Path:
    """Folder of catalogs, cache and workspace."""
    return Path(os.environ.get("DIMS_DATA", "data"))


def catalogs() -> Path:
    """Folder of catalog files."""
    return data() / "catalogs"


def catalog_files() -> list[Path]:
    """Every catalog file, by name."""
    return sorted(catalogs().glob(f"*{SUFFIX}"))


def workspace_exists() -> bool:
    """Whether anybody has made anything yet (a database named in DIMS_WORKSPACE counts)."""
    named = os.environ.get("DIMS_WORKSPACE")
    if named and "://" in named:
        return True
    return Path(named or data() / "workspace.sqlite").is_file()


def find_catalog(name: str) -> Path:
    """Path of a catalog given as a path or a slug; CatalogMissing names those there are."""
    for path in (Path(name), catalogs() / f"{name}{SUFFIX}"):
        with contextlib.suppress(OSError):  # a name too long for a file is none
            if path.is_file():
                return path
    known = ", ".join(path.stem for path in catalog_files()) or "none yet"
    raise CatalogMissing(
        f"There is no catalog {name[:200]!r} (there are: {known}). Build one with: dims build MODEL"
    )


def shipped() -> Path:
    """Folder of what ships: categories, prompts, texts, models (in the wheel or the checkout)."""
    inside = Path(str(resources.files("catalog"))) / "shipped"
    return inside if inside.is_dir() else Path(__file__).parents[1] / "data"


def shipped_models() -> dict[str, Path]:
    """Small models that ship, by name."""
    return {p.parent.name: p.parent for p in sorted(shipped().glob("models/*/config.json"))}
