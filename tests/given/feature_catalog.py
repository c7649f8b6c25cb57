"""A small synthetic catalog with findings: a planted category, noise, a circle, hostile names."""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

import numpy as np

from catalog.features import findings
from catalog.store import replacing as store
from catalog.store.catalog import Catalog
from tests.given import synthetic

RECIPE = synthetic.Recipe(
    items=1800,
    dims=24,
    sites=("resid.0", "resid.1"),
    thresholds=("zero",),
    slug="measured",
    hostile=True,
)
HOSTILE = "**b** $x$ <script>alert(1)</script> :red[r]".replace("/", "∕")  # a file name too
SITE = "resid.1"


def words() -> tuple[list[str], np.ndarray]:
    """Whole words that represent their family, and their group in the generator."""
    numbers = np.arange(12, RECIPE.items, 6)
    groups = np.random.default_rng(RECIPE.seed).integers(20, size=RECIPE.items)
    column = synthetic._items(RECIPE)["word"].to_pylist()
    return [column[n] for n in numbers], groups[numbers]


def lists() -> dict[str, list[str]]:
    """Word lists by name."""
    every, group = words()
    planted = [w for wanted in (3, 4, 5) for w, g in zip(every, group, strict=True) if g == wanted]
    noise = np.random.default_rng(1).choice(every, 44, replace=False)
    return {
        "planted": planted[:44],
        "noise-one": [str(w) for w in noise[:22]],
        "noise": [str(w) for w in noise],
        HOSTILE: [str(w) for w in noise[10:34]],
        "circle": every[:12],
        "short_circle": every[:3],
        "few": [*every[:5], "notthere"],
    }


def write(folder: Path, measured: bool = True) -> Path:
    """Make `folder`/categories and `folder`/catalogs/measured.duckdb; the path of the latter.

    Measured once for all tests of a process: each gets a copy.
    """
    shutil.copytree(_made(measured), folder, dirs_exist_ok=True)
    return folder / "catalogs" / "measured.duckdb"


@functools.cache
def _made(measured: bool) -> Path:
    kept = Path(tempfile.mkdtemp(prefix="dims-measured-"))
    atexit.register(shutil.rmtree, kept, ignore_errors=True)
    _make(kept, measured)
    return kept


def _make(folder: Path, measured: bool) -> None:
    categories = folder / "categories"
    categories.mkdir(parents=True)
    (folder / "catalogs").mkdir()
    for name, listed in lists().items():
        head = [f"# The {name} list", "# group: tests"]
        head += ["# order: cyclic"] if "circle" in name else []
        (categories / f"{name}.txt").write_text("\n".join([*head, *listed, ""]), encoding="utf-8")
    path = synthetic.write(folder / "catalogs" / "measured.duckdb", RECIPE)
    if measured:
        found = findings.find(Catalog(path), categories, matched_nulls="primary")
        store.write(path, {name: found.tables.get(name, []) for name in store.MEASURED})
