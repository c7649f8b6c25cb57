"""Plan a build: what was asked for, what will be read, what it will take, where it goes."""

import dataclasses
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from catalog import places, sites
from catalog.building import patches, placing
from catalog.building.settings import (
    THRESHOLDS,
    Settings,
    check,
    load_arguments,
    share_cores,
)
from catalog.errors import SettingRefused
from catalog.modalities import Asked, Modality
from catalog.modalities.kinds import KINDS
from catalog.model import foreign, loading, readings
from catalog.model.readings import Trial
from catalog.model.work import Work
from catalog.progress import Report, silent
from catalog.signs.moments import BINS, NEAR_ITEMS, POLE_ITEMS
from catalog.sites import Site

LIBRARIES = ("torch", "transformers", "tokenizers", "numpy", "duckdb", "dimension-catalog")
MOST_PATCH_BYTES = 4e9
"""Patch signs above this size are kept only with --force."""


EMPTY_BYTES = 400_000
"""What a file holds besides: its tables' own blocks, most of them nearly empty."""


def file_bytes(items: int, widths: Sequence[int], thresholds: int) -> int:
    """Size of a catalog file: signs by item (and by dimension), poles, histograms, the items."""
    poles = 2 * POLE_ITEMS + thresholds * NEAR_ITEMS
    per_item = sum(dims * (thresholds + 1) // 8 + 5 * thresholds for dims in widths)
    per_dimension = sum(dims * (poles * 7 + BINS * 3 + 100) for dims in widths)
    return EMPTY_BYTES + items * (per_item + 24) + per_dimension


@dataclass(frozen=True)
class Plan:
    """A build that could start: loaded model, work to do, and what it will cost."""

    settings: Settings
    work: Work
    absent: dict[Site, str]
    identity: dict[str, Any]
    """Everything that can change a bit of the states stage."""
    path: Path
    """Of the catalog file."""
    trials: tuple[Trial, ...] = ()
    """Readings that were tried, one of them chosen; none where a reading was asked for."""

    @property
    def bytes(self) -> int:
        """Estimated size of the catalog file; the build needs about twice that while it runs."""
        signs = file_bytes(self.work.items, self.widths, len(self.work.thresholds))
        return signs + self.patch_bytes

    @property
    def widths(self) -> list[int]:
        """Dimensions of each site."""
        parts = self.work.model.parts
        plain = ("resid", "final")
        sites = self.work.sites
        return [parts.hidden_size if s.kind in plain else parts.widest for s in sites]

    @property
    def seconds(self) -> float | None:
        """Estimated seconds of the forward passes, from the trial's; None without a trial."""
        tried = min(readings.ITEMS, self.work.items)
        chosen = next((one for one in self.trials if one.chosen), None)
        return None if chosen is None else chosen.seconds * self.work.items / tried

    @property
    def left_out(self) -> int | None:
        """Rows of the embedding beyond the tokenizer's ids, which are no items; else None."""
        model = self.work.model
        whole = model.modality == "text" and not self.work.modality.windowed
        return model.vocabulary - self.work.items if whole else None

    @property
    def digest(self) -> str:
        """Hash of the identity; an equal build has an equal one."""
        return placing.digest(self.identity)

    @property
    def folder(self) -> Path:
        """Where the build keeps what is done until the catalog is written."""
        return self.path.with_name(f"{self.path.stem}-{self.digest[:6]}.building")

    @property
    def patch_bytes(self) -> int:
        """Size of the signs of all patches; 0 where none are kept."""
        return self.work.items * patches.width(self.work)


@foreign.guarded("while the build was planned")
def prepare(settings: Settings, report: Report = silent) -> Plan:
    """Load the model and check every setting; of images and sounds, look at every file.

    Nothing of the catalog is written yet.
    """
    check(settings)
    share_cores(settings)
    model = loading.load(**load_arguments(settings, report))
    if settings.name and Path(settings.model).is_dir():
        model = dataclasses.replace(model, name=settings.name)
    present, absent = _sites(settings, model)
    modality, trials = _items(settings, model, report)
    work = Work(
        model=model,
        modality=modality,
        sites=tuple(present),
        thresholds=tuple(t for t in THRESHOLDS if t in settings.thresholds),
        batch_size=settings.batch_size or modality.usual_batch,
        fitted=settings.batch_size is None,
        seed=settings.seed,
        per_patch=patches.site(settings.per_patch, model, modality.grid),
    )
    identity = _identity(work)
    path = _path(settings, work, identity)
    plan = Plan(settings, work, absent, identity, path, trials)
    if plan.patch_bytes > MOST_PATCH_BYTES and not settings.force:
        raise SettingRefused(
            f"The patch signs would take {plan.patch_bytes / 1e9:,.1f} GB. Leave --per-patch out, "
            "show fewer items, or insist with --force."
        )
    return plan


def _items(
    settings: Settings, model: loading.LoadedModel, report: Report
) -> tuple[Modality, tuple[Trial, ...]]:
    """The items in the reading asked for, or in the one that a trial of several chose."""
    kind, asked = KINDS[model.modality], _asked(settings, model)
    modality = kind.prepare(model, asked, report)
    candidates = kind.candidates(model, asked, modality)
    if not candidates:
        return modality, ()
    trials = readings.choose(model, candidates, settings.seed, settings.batch_size, report)
    chosen = next(n for n, one in enumerate(trials) if one.chosen)
    return candidates[chosen], tuple(trials)


def _asked(settings: Settings, model: loading.LoadedModel) -> Asked:
    slug = places.slug(settings.name or model.name.split("/")[-1])
    folder = settings.out or places.catalogs()
    if settings.texts is not None and model.modality != "text":
        raise SettingRefused(f"{model.name} reads no text. Leave --texts out.")
    return Asked(
        settings.template,
        settings.items,
        settings.pooling,
        slug,
        folder,
        settings.texts,
        settings.positions,
        settings.items_per_document,
        settings.window,
        settings.seed,
    )


def _sites(settings: Settings, model: loading.LoadedModel) -> tuple[list[Site], dict[Site, str]]:
    """Sites to read, and absent ones with their reason.

    One asked for by name must be there, but for `final`: many models have none, and a list of sites
    that serves them all may name it.
    """
    chosen, named = sites.wanted(settings.sites, settings.layers, len(model.parts.blocks))
    reasons = {site: model.parts.absent(site) for site in chosen}
    absent = {site: reason for site, reason in reasons.items() if reason is not None}
    for site in sorted(named & absent.keys() - {Site("final")}, key=lambda s: s.order):
        raise SettingRefused(f"{model.name} has no {site}: {absent[site]} Leave it out of --sites.")
    present = [site for site in chosen if site not in absent]
    if not present:
        raise SettingRefused(f"None of the sites asked for exists in {model.name}.")
    return present, absent


def versions(model: loading.LoadedModel | None = None) -> dict[str, str]:
    """Versions of Python and of the libraries that can change a bit, a model's own among them."""
    found = {name: metadata.version(name) for name in LIBRARIES}
    own = {} if model is None else model.versions
    return {"python": platform.python_version(), **found, **own}


def _identity(work: Work) -> dict[str, Any]:
    model = work.model
    kept = {"per_patch": str(work.per_patch)} if work.per_patch else {}
    kept |= {"part": "decoder"} if model.part == "decoder" else {}
    return {
        **work.modality.identity,
        **kept,
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
        "versions": versions(model),
    }


def _path(settings: Settings, work: Work, identity: dict[str, Any]) -> Path:
    """Where the catalog goes; see `placing.path`."""
    named = work.model.name.split("/")[-1] + ("-context" if work.modality.windowed else "")
    folder = settings.out or places.catalogs()
    return placing.path(places.slug(settings.name or named), folder, identity, settings.force)
