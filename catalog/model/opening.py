"""Load the model that a catalog was built from, and check that its weights are still the same.

The only place that decides which weights belong to a catalog. Torch is imported when a model is
loaded, not before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog import places
from catalog.errors import SettingRefused

if TYPE_CHECKING:
    from catalog.model.loading import LoadedModel
    from catalog.store.catalog import Catalog


@dataclass(frozen=True)
class ModelKey:
    """Which model a job wants, as a catalog names it."""

    source: str
    revision: str | None
    dtype: str
    device: str
    """The CPU takes its place where this machine has none of its kind."""
    weights_hash: str
    """SHA-256 that the weights must have; empty where any will do."""
    modality: str | None = None
    """Which tower; None for the model's own first."""
    part: str | None = None
    """The decoder of an encoder-decoder; None for its encoder, and for all else."""

    @classmethod
    def of(cls, build: Mapping[str, Any]) -> "ModelKey":
        """The model that a catalog was built from: as given, by its name where it lay elsewhere.

        The revision is the hub's commit; None for a folder, whose revision is its weights' hash.
        """
        source, revision = str(build["source"]), str(build["revision"])
        moved = Path(source).is_absolute() and not Path(source).exists()
        return cls(
            str(build["model"]) if moved and build["model"] in places.by_name() else source,
            None if revision.startswith("weights-") else revision,
            str(build["dtype"]),
            str(build["device"]),
            str(build["weights_hash"]),
            str(build["modality"]),
            _part(str(build["architecture"])),
        )

    @classmethod
    def held(cls, model: "LoadedModel") -> "ModelKey":
        """A model that is loaded, for another process to load too."""
        revision = None if model.revision.startswith("weights-") else model.revision
        place = str(model.device)
        part = _part(model.architecture)
        read = (model.modality, part)
        return cls(model.source, revision, model.dtype, place, model.weights_hash, *read)

    def at(self, source: str | None) -> "ModelKey":
        """The same model where it lies now; unchanged for None."""
        return self if source is None else replace(self, source=source, revision=None)


def load(key: ModelKey) -> "LoadedModel":
    """The model of a key, with the weights it names.

    Raises ModelUnavailable or ModelUnsupported, and SettingRefused where the weights are others.
    """
    from catalog.model import (
        device,  # torch and transformers take seconds
        loading,
    )

    place = device.nearest(key.device)
    model = loading.load(key.source, key.revision, key.dtype, place, key.modality, key.part)
    if key.weights_hash:
        check(model, key.weights_hash)
    return model


def of(catalog: "Catalog", source: str | None = None) -> "LoadedModel":
    """A catalog's model; `source` says where it lies now. Raises as `load`."""
    return load(ModelKey.of(catalog.build).at(source))


def check(model: "LoadedModel", weights_hash: str) -> None:
    """SettingRefused where a model holds other weights than those of this SHA-256."""
    if model.weights_hash != weights_hash:
        raise SettingRefused(
            f"{model.source} holds other weights than the catalog was built from "
            f"({model.weights_hash[:12]}, not {weights_hash[:12]}). Name the right folder "
            "(--model), put the old weights back, or build the catalog again."
        )


def _part(architecture: str) -> str | None:
    """The part of an encoder-decoder that `LoadedModel.architecture` names."""
    return "decoder" if architecture.endswith(" (decoder)") else None
