"""Models without a next token as the flip lab uses them: items in, classes or later states out."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from catalog.edits import Edit
from catalog.errors import SettingRefused, StatesBroken
from catalog.modalities import Modality
from catalog.model import media_states
from catalog.model.editing import editing
from catalog.model.loading import LoadedModel, tensors
from catalog.model.recording import recording
from catalog.sites import Site

MOST_POSITIONS = 16_384
"""Rows x positions run together; more rows than fit are run in several batches."""


class ItemMachine:
    """Runs items of a catalog in its reading; see `catalog.flips.run.Machine`.

    Every position of an item is edited (an encoder's first position is no attention sink).
    """

    reads = "layers"

    def __init__(self, model: LoadedModel, modality: Modality) -> None:
        self.model = model
        self.modality = modality
        self.layers = len(model.parts.blocks)
        self.dims = model.parts.hidden_size
        sites = [Site("resid", layer) for layer in range(self.layers + 1)]
        self.sites = tuple(sites) + (() if model.parts.final_norm is None else (Site("final"),))
        """Sites that `outputs` gives, in order."""

    def encode(self, text: str) -> tuple[NDArray[np.int64], int]:
        """An item named by its number, such as #12: the number, once for every position."""
        number = text.strip().removeprefix("#")
        if not number.isdecimal() or int(number) >= len(self.modality.items):
            raise SettingRefused(
                f"{text[:40]!r} is no item. Name items by number, #0 to "
                f"#{len(self.modality.items) - 1}, one a line."
            )
        item = int(number)
        positions = self._states(item, (Site("resid", 0),))[0].shape[0]
        return np.full(positions, item, np.int64), 0

    def shown(self, ids: Sequence[int]) -> list[str]:
        """Items as the catalog shows them: their texts."""
        texts = self.modality.items["text"]
        return [str(texts.iloc[one]) for one in ids]

    def states(self, ids: NDArray[np.int64], site: Site) -> NDArray[np.float32]:
        """Unedited states of one item: float32[positions, dims]."""
        if (site.layer or 0) > self.layers:
            raise SettingRefused(f"There is no {site}: the model has {self.layers} blocks.")
        found = self._states(int(ids[0]), (site,))[0]
        if not np.isfinite(found).all():
            raise StatesBroken(f"The states of {site} are not finite for item {int(ids[0])}.")
        return found

    def outputs(
        self, ids: NDArray[np.int64], rows: Sequence[Sequence[Edit]]
    ) -> NDArray[np.float32]:
        """The item as the catalog reads it at every site: float32[rows, sites, dims]."""
        most = max(1, MOST_POSITIONS // len(ids))
        parts = [self._vectors(int(ids[0]), rows[n : n + most]) for n in range(0, len(rows), most)]
        found = np.concatenate(parts)
        if not np.isfinite(found).all():
            raise StatesBroken("The states are not finite under this edit. Scale it down.")
        return found

    @torch.inference_mode()
    def _vectors(self, item: int, rows: Sequence[Sequence[Edit]]) -> NDArray[np.float32]:
        parts, sites = self.model.parts, self.sites
        with (
            recording(self.model.module, parts, sites, self.modality.read) as seen,
            editing(parts, rows),
        ):
            self._run(item, len(rows))
            kept = [seen[site].float().cpu().numpy() for site in sites]
        return np.stack(kept, axis=1)

    @torch.inference_mode()
    def _states(self, item: int, sites: Sequence[Site]) -> list[NDArray[np.float32]]:
        parts = self.model.parts
        with recording(self.model.module, parts, sites, lambda hidden: hidden) as seen:
            self._run(item, 1)
            return [seen[site][0].float().cpu().numpy() for site in sites]

    def _run(self, item: int, rows: int) -> None:
        arrays = self.modality.inputs(np.full(rows, item))
        model = self.model
        model.parts.trunk(**tensors(arrays, model.device, model.module.dtype))  # type: ignore[arg-type]


class ClassMachine(ItemMachine):
    """The same with a head on classes: log probabilities of its classes."""

    reads = "classes"

    def __init__(self, model: LoadedModel, modality: Modality) -> None:
        super().__init__(model, modality)
        self.classes = tuple(media_states.class_names(model))

    def shown(self, ids: Sequence[int]) -> list[str]:
        """Names of classes."""
        return [self.classes[one] for one in ids]

    def outputs(
        self, ids: NDArray[np.int64], rows: Sequence[Sequence[Edit]]
    ) -> NDArray[np.float32]:
        """Log probabilities of the classes: float32[rows, classes].

        Choice: the softmax of the logits, also where the head was trained on classes that do not
        exclude each other; the contrasts are those of the logits in either case.
        """
        logits = media_states.class_logits(self.model, self.modality, ids[:1], rows)[:, 0]
        wide = torch.from_numpy(logits).double()
        return wide.log_softmax(dim=-1).float().numpy()
