"""Build a catalog: model -> items -> states -> signs and statistics -> one DuckDB file."""

import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from catalog.building import example_tables, hands, patches
from catalog.building.plan import Plan, prepare, versions
from catalog.building.settings import Settings
from catalog.errors import DiskFull, SettingRefused
from catalog.model import device, foreign
from catalog.model import stage as stages
from catalog.progress import Report, silent
from catalog.store import assemble, file
from catalog.store.checkpoint import Checkpoint, locked

Announce = Callable[[Plan], None]


def build(
    settings: Settings,
    report: Report = silent,
    announce: Announce = lambda _plan: None,
) -> Path:
    """Build the catalog, or finish one that was interrupted; returns its path.

    `announce` hears of the plan before the work starts. Raises a CatalogError.
    """
    plan = prepare(settings, report)
    _check_room(plan)
    announce(plan)
    try:
        with locked(plan.folder):
            checkpoint = Checkpoint(plan.folder)
            doing = f"while {plan.path.stem} was built"
            with foreign.border(doing), hands.of(plan) as others:
                progress = stages.run(plan.work, checkpoint, report, others)
            report("writing", 0, 1)
            shown = plan.work.modality
            kept = patches.tables(plan.work, checkpoint, progress.chunks)
            told = example_tables.tables(plan.work, checkpoint, progress)
            known = assemble.Known(
                build_row(plan, progress.seconds),
                shown.items,
                plan.work.order(),
                plan.absent,
                itertools.chain(shown.tables(), kept, _trials(plan), told),
                shown.halves,
            )
            assemble.assemble(plan.path, checkpoint, progress, known)
            report("writing", 1, 1)
            checkpoint.remove()
            shown.done()
    except (OSError, duckdb.Error) as error:
        if _is_full(error):
            raise DiskFull(
                f"The disk of {plan.folder} is full. Free about {plan.bytes * 2 / 1e6:,.0f} MB and "
                "run the same command again: it goes on where it stopped."
            ) from error
        raise
    return plan.path


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
        "pilot_items": work.pilot,
        "thresholds": list(work.thresholds),
        "weights_hash": model.weights_hash,
        "identity": plan.digest,
        "source": model.source,
        "tokenizer": type(model.tokenizer).__name__ if model.tokenizer is not None else None,
        "parameters": model.parameters,
        "left_out": plan.left_out,
        "versions": json.dumps(versions(model)),
        "built_at": datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        "seconds": seconds,
    }


def _trials(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows of reading_trial."""
    if plan.trials:
        rows = [vars(one) | {"position": place} for place, one in enumerate(plan.trials)]
        yield "reading_trial", {name: pa.array([row[name] for row in rows]) for name in rows[0]}


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
