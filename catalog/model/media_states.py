"""What images and sounds add to a forward pass: the signs of every patch, and class logits."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from catalog.edits import Edit
from catalog.errors import SettingRefused, StatesBroken
from catalog.modalities import Modality
from catalog.model.editing import editing
from catalog.model.loading import LoadedModel, tensors
from catalog.model.recording import recording
from catalog.model.reduce import pack
from catalog.sites import Site

MOST_ROWS = 64
"""Rows (items x conditions) of one forward pass for logits."""


@dataclass(frozen=True)
class Patches:
    """The patches of the batch that ran last."""

    seen: dict[Site, Tensor]
    site: Site

    def bits(self, items: int) -> NDArray[np.uint8]:
        """Signs (threshold zero) of the first items: uint8[items, patches x ceil(dims / 8)]."""
        hidden = self.seen[self.site][:items].float()
        packed = pack(hidden.flatten(0, 1))
        return packed.reshape(items, -1).cpu().numpy()


@contextlib.contextmanager
def patches(model: LoadedModel, modality: Modality, site: Site) -> Iterator[Patches]:
    """Keep the patches of one site while the block runs the model."""
    with recording(model.module, model.parts, [site], modality.patches) as seen:
        yield Patches(seen, site)


def class_names(model: LoadedModel) -> list[str]:
    """Names of the classes that the model's head tells apart; SettingRefused where it has none."""
    if not type(model.module).__name__.endswith("Classification"):
        raise SettingRefused(
            f"{model.name} ({model.architecture}) has no head on classes, so there are no class "
            "logits. Choose a model fine-tuned for classification."
        )
    config = model.module.config
    return [str(config.id2label[n]) for n in range(config.num_labels)]  # type: ignore[union-attr, index, arg-type]


@torch.inference_mode()
def class_logits(
    model: LoadedModel,
    modality: Modality,
    items: NDArray[np.integer],
    edits: Sequence[Sequence[Edit]] = ((),),
) -> NDArray[np.float32]:
    """Class logits of some items under several conditions: float32[conditions, items, classes].

    `edits` has the edits of one condition each (none: the model as it is). All conditions of an
    item are rows of one batch, so that they differ by their edits alone. Raises SettingRefused
    without a head on classes, StatesBroken where a logit is not finite.
    """
    class_names(model)
    conditions = len(edits)
    together = max(1, MOST_ROWS // conditions)
    parts = []
    for start in range(0, len(items), together):
        some = np.asarray(items[start : start + together])
        arrays = modality.inputs(np.repeat(some, conditions))
        with editing(model.parts, [*edits] * len(some)):
            inputs = tensors(arrays, model.device, model.module.dtype)  # type: ignore[arg-type]
            logits = model.module(**inputs).logits.float().cpu().numpy()
        parts.append(logits.reshape(len(some), conditions, -1))
    found = np.concatenate(parts).transpose(1, 0, 2)
    if not np.isfinite(found).all():
        raise StatesBroken("The class logits are not finite under this edit. Scale it down.")
    return np.ascontiguousarray(found)
