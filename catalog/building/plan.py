"""Plan a build: what was asked for, what will be read, what it will take, where it goes."""

import dataclasses
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from catalog import parallel, places, sites
from catalog.building import patches, placing
from catalog.errors import SettingRefused
from catalog.modalities import Asked, Modality
from catalog.modalities.kinds import KINDS
from catalog.model import device, foreign, loading, readings
from catalog.model.finding import Access
from catalog.model.readings import Trial
from catalog.model.work import Work
from catalog.progress import Report, silent
from catalog.signs.moments import BINS, NEAR_ITEMS, POLE_ITEMS
from catalog.sites import Site

THRESHOLDS = ("zero", "median")
LIBRARIES = ("torch", "transformers", "tokenizers", "numpy", "duckdb", "dimension-catalog")
MOST_PATCH_BYTES = 4e9
"""Patch signs above this size are kept only with --force."""


@dataclass(frozen=True)
class Settings:
    """What a person can ask of a build; the names of the command's options."""

    model: str
    revision: str | None = None
    name: str | None = None
    sites: str | None = None
    layers: str | None = None
    template: str | None = None
    """bare, special, a string with {}, or auto (default for causal LMs, else special)."""
    thresholds: tuple[str, ...] = THRESHOLDS
    dtype: str = "auto"
    device: str = "auto"
    batch_size: int | None = None
    """Items per forward pass; by default 1,024 tokens, 32 images or 8 sounds."""
    seed: int = 0
    modality: str | None = None
    """Text, image or audio: another tower than the model's first; refused where it has none."""
    part: str | None = None
    """Of an encoder-decoder: encoder (default), or decoder, which then runs without an encoder."""
    items: Path | None = None
    """Images or sounds: a folder with a subfolder per class, a CSV of labels, a saved dataset."""
    pooling: str | None = None
    """Images and sounds: mean over their own patches (default), mean-window (padding too), cls."""
    texts: Path | None = None
    """Text: read tokens at positions of these texts, instead of every token alone."""
    positions: int | None = None
    """Positions of the texts that become items; 100,000 by default."""
    items_per_document: int | None = None
    """Positions of one text at most; 64 by default."""
    window: int | None = None
    """Tokens of a text that are read; 256 by default, less where the model takes fewer."""
    per_patch: str | None = None
    """Images and sounds: a site at which the sign of every patch is kept."""
    out: Path | None = None
    """Folder of the catalog; by default $DIMS_DATA/catalogs."""
    force: bool = False
    trust_remote_code: bool = False
    """Whether code that a checkpoint brings may be run; in the identity where it was."""
    workers: int = 1
    """Processes of this machine that run the model, each with a copy of it; 0 for one a GPU."""
    ray: str | None = None
    """Address of a Ray cluster whose workers run the model; `local` starts one here."""
    threads: int | None = None
    """CPU threads of one worker; by default all cores shared among them. In the identity."""


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
        parts = self.work.model.parts
        per_item = per_dimension = 0
        thresholds = len(self.work.thresholds)
        for site in self.work.sites:
            dims = parts.hidden_size if site.kind in ("resid", "final") else parts.widest
            per_item += dims * (thresholds + 1) // 8 + 5 * thresholds
            poles = 2 * POLE_ITEMS + thresholds * NEAR_ITEMS
            per_dimension += dims * (poles * 7 + BINS * 3 + 100)
        return self.work.items * (per_item + 24) + per_dimension + self.patch_bytes

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
    _check(settings)
    _share_cores(settings)
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


def load_arguments(settings: Settings, report: Report = silent) -> dict[str, Any]:
    """How `loading.load` is asked for the model of these settings."""
    return {
        "model": settings.model,
        "revision": settings.revision,
        "dtype": settings.dtype,
        "device": settings.device,
        "modality": settings.modality,
        "part": settings.part,
        "access": Access(settings.trust_remote_code, report),
    }


def _share_cores(settings: Settings) -> None:
    """Set the CPU threads of the forward pass, which are part of the identity."""
    cores = parallel.every_core()
    if settings.workers > cores:
        raise SettingRefused(
            f"--workers {settings.workers}: this machine has {cores} cores. Use at most {cores}."
        )
    if settings.workers < 0 or (settings.threads is not None and settings.threads < 1):
        raise SettingRefused("--workers and --threads must be at least 1.")
    if settings.workers != 1 and settings.ray:
        raise SettingRefused("Give --workers (this machine) or --ray (a cluster), not both.")
    if settings.threads or settings.workers > 1:
        device.use_threads(settings.threads or cores // settings.workers)


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


def _check(settings: Settings) -> None:
    """SettingRefused for what no model could make right."""
    unknown = [t for t in settings.thresholds if t not in THRESHOLDS]
    if unknown or not settings.thresholds:
        raise SettingRefused("--thresholds takes zero, median, or zero,median.")
    if settings.batch_size is not None and settings.batch_size < 1:
        raise SettingRefused("--batch-size must be at least 1.")
    if settings.modality not in (None, *KINDS):
        raise SettingRefused(f"--modality is one of {', '.join(KINDS)}.")


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
