"""What a person can ask of a build, and what no model could make right."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog import parallel
from catalog.errors import SettingRefused
from catalog.modalities.kinds import KINDS
from catalog.model import device
from catalog.model.finding import Access
from catalog.progress import Report, silent

THRESHOLDS = ("zero", "median")


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


def share_cores(settings: Settings) -> None:
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


def check(settings: Settings) -> None:
    """SettingRefused for what no model could make right."""
    unknown = [t for t in settings.thresholds if t not in THRESHOLDS]
    if unknown or not settings.thresholds:
        raise SettingRefused("--thresholds takes zero, median, or zero,median.")
    if settings.batch_size is not None and settings.batch_size < 1:
        raise SettingRefused("--batch-size must be at least 1.")
    if settings.modality not in (None, *KINDS):
        raise SettingRefused(f"--modality is one of {', '.join(KINDS)}.")
