"""Build a catalog: model -> items -> states -> signs and statistics -> one DuckDB file."""

import dataclasses
import hashlib
import json
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import duckdb

from catalog import places, sites
from catalog.checkpoint import Checkpoint, locked
from catalog.errors import AlreadyBuilt, CatalogError, DiskFull, SettingRefused
from catalog.modalities import text
from catalog.model import device, loading
from catalog.model import stage as stages
from catalog.moments import BINS, NEAR_ITEMS, POLE_ITEMS
from catalog.sites import Site
from catalog.store import assemble, file

THRESHOLDS = ("zero", "median")
LIBRARIES = ("torch", "transformers", "tokenizers", "numpy", "duckdb", "dimension-catalog")


@dataclass(frozen=True)
class Settings:
    """What a person can ask of a build; the names of the command's options."""

    model: str
    revision: str | None = None
    name: str | None = None
    sites: str | None = None
    layers: str | None = None
    template: str | None = None
    """bare, special, or a string with {}; by default bare for causal LMs, else special."""
    thresholds: tuple[str, ...] = THRESHOLDS
    dtype: str = "auto"
    device: str = "auto"
    batch_size: int = 1024
    seed: int = 0
    out: Path | None = None
    """Folder of the catalog; by default $DIMS_DATA/catalogs."""
    force: bool = False


@dataclass(frozen=True)
class Plan:
    """A build that could start: loaded model, work to do, and what it will cost."""

    settings: Settings
    work: stages.Work
    absent: dict[Site, str]
    identity: dict[str, Any]
    path: Path

    @property
    def bytes(self) -> int:
        """Estimated size of the catalog file; the build needs about twice that while it runs."""
        parts = self.work.model.parts
        per_item = per_dimension = 0
        thresholds = len(self.work.thresholds)
        for site in self.work.sites:
            dims = parts.hidden_size if site.kind in ("resid", "final") else parts.widest
            per_item += dims * (thresholds + 1) // 8 + 5 * thresholds
            poles = 2 * POLE_ITEMS + thresholds * NEAR_ITEMS
            per_dimension += dims * (poles * 7 + BINS * 3 + 100)
        return self.work.items * (per_item + 24) + per_dimension


def prepare(settings: Settings) -> Plan:
    """Load the model and check every setting; nothing is written yet."""
    unknown = [t for t in settings.thresholds if t not in THRESHOLDS]
    if unknown or not settings.thresholds:
        raise SettingRefused("--thresholds takes zero, median, or zero,median.")
    if settings.batch_size < 1:
        raise SettingRefused("--batch-size must be at least 1.")
    model = loading.load(settings.model, settings.revision, settings.dtype, settings.device)
    if settings.name and Path(settings.model).is_dir():
        model = dataclasses.replace(model, name=settings.name)
    template = settings.template or ("bare" if model.causal else "special")
    modality = text.make(model.tokenizer, model.vocabulary, template)
    present, absent = _sites(settings, model)
    work = stages.Work(
        model=model,
        modality=modality,
        sites=tuple(present),
        thresholds=tuple(t for t in THRESHOLDS if t in settings.thresholds),
        batch_size=settings.batch_size,
        seed=settings.seed,
    )
    identity = _identity(work)
    return Plan(settings, work, absent, identity, _path(settings, work, identity))


def build(
    settings: Settings,
    report: stages.Report = lambda _stage, _done, _all: None,
    announce: Callable[[Plan], None] = lambda _plan: None,
) -> Path:
    """Build the catalog, or finish one that was interrupted; returns its path.

    `announce` hears of the plan before the work starts. Raises a CatalogError.
    """
    plan = prepare(settings)
    folder = plan.path.with_name(f"{plan.path.stem}-{_digest(plan.identity)[:6]}.building")
    _check_room(plan)
    announce(plan)
    try:
        with locked(folder):
            checkpoint = Checkpoint(folder)
            progress = stages.run(plan.work, checkpoint, report)
            report("writing", 0, 1)
            row = build_row(plan, progress.seconds)
            items, order = plan.work.modality.items, plan.work.order()
            assemble.assemble(plan.path, checkpoint, progress, row, items, order, plan.absent)
            report("writing", 1, 1)
            checkpoint.remove()
    except (OSError, duckdb.Error) as error:
        if _is_full(error):
            raise DiskFull(
                f"The disk of {folder} is full. Free about {plan.bytes * 2 / 1e6:,.0f} MB and run "
                "the same command again: it goes on where it stopped."
            ) from error
        raise
    return plan.path


def _sites(settings: Settings, model: loading.LoadedModel) -> tuple[list[Site], dict[Site, str]]:
    """Sites to read, and absent ones with their reason; one asked for by name must be there."""
    chosen, named = sites.wanted(settings.sites, settings.layers, len(model.parts.blocks))
    reasons = {site: model.parts.absent(site) for site in chosen}
    absent = {site: reason for site, reason in reasons.items() if reason is not None}
    for site in sorted(named & absent.keys(), key=lambda s: s.order):
        raise SettingRefused(f"{model.name} has no {site}: {absent[site]} Leave it out of --sites.")
    present = [site for site in chosen if site not in absent]
    if not present:
        raise SettingRefused(f"None of the sites asked for exists in {model.name}.")
    return present, absent


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that can change a bit."""
    found = {name: metadata.version(name) for name in LIBRARIES}
    return {"python": platform.python_version(), **found}


def _identity(work: stages.Work) -> dict[str, Any]:
    """Everything that can change a bit of the states stage."""
    model = work.model
    return {
        "model": model.name,
        "revision": model.revision,
        "weights_hash": model.weights_hash,
        "reading": work.modality.reading,
        "dtype": model.dtype,
        "attention": model.attention,
        "device": model.device.type,
        "threads": work.threads(),
        "batch_size": work.batch_size,
        "seed": work.seed,
        "sites": [str(site) for site in work.sites],
        "thresholds": list(work.thresholds),
        "versions": versions(),
    }


def _digest(identity: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def _path(settings: Settings, work: stages.Work, identity: dict[str, Any]) -> Path:
    """Where the catalog goes; another identity under the same name gets a longer name."""
    folder = settings.out or places.catalogs()
    digest = _digest(identity)
    plain = _slug(settings.name or work.model.name.split("/")[-1])
    longer = _slug(f"{plain}-{work.modality.reading}-{work.model.dtype}-{digest[:6]}")
    for slug in (plain, longer):
        path = folder / f"{slug}{places.SUFFIX}"
        if not path.exists():
            return path
        if _identity_of(path) == digest:
            if settings.force:
                return path
            raise AlreadyBuilt(
                f"{path} holds this very build already. Look at it with: dims info {slug}; "
                "or build it anew with --force.",
                path,
            )
    raise SettingRefused(f"{path} is in the way. Choose another --name.")


def _identity_of(path: Path) -> str | None:
    try:
        with file.open_readonly(path) as connection:
            row = connection.execute("SELECT identity FROM catalog.build").fetchone()
    except CatalogError:
        return None
    return str(row[0]) if row else None


def _slug(name: str) -> str:
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in name)
    return kept.strip("-._")[:80].lower() or "model"


def build_row(plan: Plan, seconds: float) -> dict[str, Any]:
    """Columns of the table build, but the hashes."""
    model, work = plan.work.model, plan.work
    return {
        "schema_version": file.SCHEMA_VERSION,
        "slug": plan.path.stem,
        "model": model.name,
        "revision": model.revision,
        "architecture": model.architecture,
        "modality": work.modality.name,
        "reading": work.modality.reading,
        "dtype": model.dtype,
        "attention": model.attention,
        "device": str(model.device),
        "machine": device.machine(),
        "threads": work.threads(),
        "batch_size": work.batch_size,
        "seed": work.seed,
        "pilot_items": min(stages.PILOT_ITEMS, work.items),
        "thresholds": list(work.thresholds),
        "weights_hash": model.weights_hash,
        "identity": _digest(plan.identity),
        "source": model.source,
        "tokenizer": type(model.tokenizer).__name__,
        "parameters": model.parameters,
        "versions": json.dumps(versions()),
        "built_at": datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        "seconds": seconds,
    }


def _check_room(plan: Plan) -> None:
    """Refuse before hours of work what the disk cannot hold."""
    folder = plan.path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingRefused(
            f"{folder} cannot be written ({error.strerror}). Choose another folder with --out."
        ) from error
    free, needed = shutil.disk_usage(folder).free, plan.bytes * 2
    if needed > free:
        raise DiskFull(
            f"The build needs about {needed / 1e6:,.0f} MB in {folder}, where "
            f"{free / 1e6:,.0f} MB are free. Free some, or choose another folder with --out."
        )


def _is_full(error: Exception) -> bool:
    told = str(error).lower()
    return getattr(error, "errno", None) == 28 or "no space left" in told or "out of disk" in told
