"""Chunks made by other processes: each loads the model once, and refuses to make other bits.

A worker may stand on another machine. What it is told is a recipe: how to load the model, what to
show it, and what must be equal there.
"""

import fcntl
import hashlib
import os
import pickle
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import torch

from catalog import parallel
from catalog.cluster import Cluster
from catalog.errors import CatalogError, WorkerDiffers
from catalog.modalities import Modality
from catalog.model import chunk as chunks
from catalog.model import device as devices
from catalog.model import loading
from catalog.model.chunk import Ask, Done
from catalog.model.loading import LoadedModel
from catalog.model.stage import Hands
from catalog.model.work import Work
from catalog.progress import silent
from catalog.signs.moments import Frozen
from catalog.sites import Site


@dataclass(frozen=True)
class Recipe:
    """What a worker needs to make the chunks that this process would make."""

    load: Mapping[str, Any]
    """Arguments of `loading.load`."""
    modality: Modality
    sites: tuple[Site, ...]
    thresholds: tuple[str, ...]
    batch_size: int
    seed: int
    per_patch: Site | None
    threads: int
    same: Mapping[str, str]
    """What must be equal where the worker is, in words; see `_same`."""

    @classmethod
    def of(cls, work: Work, load: Mapping[str, Any], versions: Mapping[str, str]) -> "Recipe":
        """The recipe of some work on a model that was loaded with these arguments."""
        return cls(
            load,
            work.modality,
            work.sites,
            work.thresholds,
            work.batch_size,
            work.seed,
            work.per_patch,
            work.threads(),
            _same(work.model, versions),
        )

    def opened(self) -> Work:
        """Load the model here. Raises WorkerDiffers where its bits would be others."""
        if self.threads:
            torch.set_num_threads(self.threads)
        asked = dict(self.load)
        if str(asked.get("device", "auto")) in ("auto", "cuda") and torch.cuda.is_available():
            asked["device"] = claimed(torch.cuda.device_count())
        try:
            model = loading.load(**asked)
        except CatalogError as error:
            raise WorkerDiffers(f"The worker on {socket.gethostname()}: {error}") from error
        own = _same(model, _versions_of(self.same))
        for name, value in self.same.items():
            if own.get(name) != value:
                raise WorkerDiffers(
                    f"The worker on {socket.gethostname()} has another {name}: {own.get(name)}, "
                    f"and the build {value}. Bits would differ: use machines that are alike."
                )
        return Work(
            model,
            self.modality,
            self.sites,
            self.thresholds,
            self.batch_size,
            self.seed,
            self.per_patch,
        )


def _versions_of(same: Mapping[str, str]) -> dict[str, str]:
    """Versions, here, of the libraries that a recipe names."""
    from importlib import metadata

    found = {}
    for name in same:
        if name.startswith("version of "):
            library = name.removeprefix("version of ")
            try:
                found[library] = metadata.version(library)
            except metadata.PackageNotFoundError:
                found[library] = "none"
    return found


def _same(model: LoadedModel, versions: Mapping[str, str]) -> dict[str, str]:
    """What decides about the bits besides the recipe itself."""
    place = devices.machine() if model.device.type == "cpu" else devices.describe()
    told = {
        "model": f"{model.name} with weights {model.weights_hash[:12]}",
        "number format": model.dtype,
        "kind of device": model.device.type,
        "processor": place,
        "attention": model.attention,
    }
    return told | {f"version of {n}": v for n, v in versions.items() if n != "python"}


@dataclass(frozen=True)
class _Task:
    """A chunk to make, and how; the recipe is the same for all of them."""

    ask: Ask
    recipe: "_Packed"


@dataclass(frozen=True)
class _Packed:
    """A recipe and what the pilot froze, pickled once."""

    key: str
    data: bytes

    @classmethod
    def of(cls, recipe: Recipe, frozen: Mapping[str, Frozen]) -> "_Packed":
        data = pickle.dumps((recipe, dict(frozen)))
        return cls(hashlib.sha256(data).hexdigest(), data)


_opened: dict[str, tuple[Work, dict[str, Frozen]]] = {}
"""The one recipe that this process follows: a worker holds one model."""


def _make(task: _Task) -> Done:
    return _with(task.ask, task.recipe)


def _with(ask: Ask, recipe: _Packed) -> Done:
    """Make one chunk, with the model that the recipe names; loaded at the first one."""
    if recipe.key not in _opened:
        _opened.clear()
        made, frozen = pickle.loads(recipe.data)
        _opened[recipe.key] = made.opened(), frozen
    work, frozen = _opened[recipe.key]
    return chunks.make(work, frozen, ask, silent)


class _Tasks(Sequence[Any]):
    """The asks, each with the recipe, made when a worker is free."""

    def __init__(self, asks: Sequence[Ask], recipe: _Packed) -> None:
        self._asks, self._recipe = asks, recipe

    def __len__(self) -> int:
        return len(self._asks)

    def __getitem__(self, place: Any) -> Any:
        return _Task(self._asks[place], self._recipe)


def here(recipe: Recipe, count: int) -> Hands:
    """Chunks by some worker processes of this machine."""

    def hands(asks: Sequence[Ask], frozen: dict[str, Frozen]) -> Iterator[Done]:
        yield from parallel.run(_make, _Tasks(asks, _Packed.of(recipe, frozen)), count)

    return hands


def there(recipe: Recipe, cluster: Cluster) -> Hands:
    """Chunks by the workers of a Ray cluster."""

    def hands(asks: Sequence[Ask], frozen: dict[str, Frozen]) -> Iterator[Done]:
        yield from cluster.run(_with, asks, _Packed.of(recipe, frozen))

    return hands


_claims: list[TextIO] = []
"""The lock of this process's own GPU: held as long as the process lives."""


def claimed(count: int, folder: Callable[[], str] = tempfile.gettempdir) -> str:
    """A GPU that no other worker of this machine has: cuda:0, ...; shared where all are taken."""
    for place in range(count):
        name = f"dims-gpu-{os.getuid()}-{place}.lock"  # another person's cannot be opened
        stream = (Path(folder()) / name).open("a")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.close()
            continue
        _claims.append(stream)
        return f"cuda:{place}"
    return f"cuda:{os.getpid() % count}"
