"""Models without a next token as the flip lab uses them: items in, classes or later states out."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from catalog.edits import Edit
from catalog.errors import SettingRefused, StatesBroken
from catalog.modalities import Modality
from catalog.model import media_states
from catalog.model.editing import editing, replaced
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
        self._tried = self._spread = False

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

    def traced(
        self, ids: NDArray[np.int64], sites: Sequence[Site]
    ) -> dict[Site, NDArray[np.float32]]:
        """States of items of one length at some sites, unedited: float32[items, T, dims] each."""
        found = [[self.states(line, site) for line in ids] for site in sites]
        return {site: np.stack(each) for site, each in zip(sites, found, strict=True)}

    def ends(
        self, ids: NDArray[np.int64], site: Site, states: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """What the model gives where it goes on from given states of a site.

        `ids` is int64[items, T], `states` float32[rows, items, T, dims]; float32[rows, items, ...]
        as `outputs` has it.
        """
        self._try(int(ids[0, 0]), ids.shape[1])
        most = max(1, MOST_POSITIONS // ids.shape[1])
        found = []
        for place, item in enumerate(ids[:, 0].tolist()):
            own = states[:, place]
            parts = [own[n : n + most] for n in range(0, len(own), most)]
            found.append(np.concatenate([self._resumed(item, site, one) for one in parts]))
        return np.stack(found, axis=1)

    def scores(
        self, ends: NDArray[np.float32], needed: NDArray[np.int64] | None = None
    ) -> NDArray[np.float32]:
        """The whole of `ends`, or some classes of it."""
        return ends if needed is None else ends[..., needed]

    def outputs(
        self, ids: NDArray[np.int64], rows: Sequence[Sequence[Edit]]
    ) -> NDArray[np.float32]:
        """The item as the catalog reads it at every site: float32[rows, sites, dims]."""
        most = max(1, MOST_POSITIONS // len(ids))
        parts = [rows[n : n + most] for n in range(0, len(rows), most)]
        return np.concatenate([self._edited(int(ids[0]), some) for some in parts])

    def _edited(self, item: int, rows: Sequence[Sequence[Edit]]) -> NDArray[np.float32]:
        """`outputs` of a batch."""
        return self._given(item, len(rows), len(rows), editing(self.model.parts, rows))

    def _resumed(self, item: int, site: Site, states: NDArray[np.float32]) -> NDArray[np.float32]:
        """`ends` of a batch: float32[rows, T, dims] in."""
        dtype: Any = self.model.module.dtype
        made = torch.from_numpy(np.ascontiguousarray(states)).to(self.model.device, dtype)
        given = 1 if self._spread else len(states)
        return self._given(item, given, len(states), replaced(self.model.parts, site, made))

    @torch.inference_mode()
    def _given(
        self, item: int, given: int, rows: int, change: AbstractContextManager[None]
    ) -> NDArray[np.float32]:
        """Every site under a change, `given` rows put in and `rows` out: float32[rows, ...]."""
        parts, sites = self.model.parts, self.sites
        numbers = np.array([item])

        def read(hidden: torch.Tensor) -> torch.Tensor:
            return self.modality.read(hidden, numbers)  # type: ignore[no-any-return]

        with recording(self.model.module, parts, sites, read) as seen, change:
            self._run(item, given)
            kept = [seen[site].float().cpu().numpy() for site in sites]
        found = np.stack([np.broadcast_to(one, (rows, one.shape[1])) for one in kept], axis=1)
        return _finite(found)

    def _try(self, item: int, positions: int) -> None:
        """Try once whether one row may become many at the edited site, against whole rows."""
        if self._tried:
            return
        self._tried = True
        site = Site("resid", self.layers // 2)
        drawn = np.random.default_rng(0).normal(size=(3, positions, self.dims))
        whole = self._resumed(item, site, drawn.astype(np.float32))
        self._spread = True
        try:
            parted = self._resumed(item, site, drawn.astype(np.float32))
        except (RuntimeError, ValueError, IndexError, TypeError):
            self._spread = False
            return
        self._spread = bool(np.abs(whole - parted).max() <= 1e-3 * np.abs(whole).max())

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
    """The same with a head on classes: the logits of its classes.

    Choice: they are read as logits of a softmax, also where the head was trained on classes that do
    not exclude each other; the contrasts are the same in either case.
    """

    reads = "classes"

    def __init__(self, model: LoadedModel, modality: Modality) -> None:
        super().__init__(model, modality)
        self.classes = tuple(media_states.class_names(model))

    def shown(self, ids: Sequence[int]) -> list[str]:
        """Names of classes."""
        return [self.classes[one] for one in ids]

    def _edited(self, item: int, rows: Sequence[Sequence[Edit]]) -> NDArray[np.float32]:
        """Logits of the classes under each row's edits: float32[rows, classes]."""
        return media_states.class_logits(self.model, self.modality, np.array([item]), rows)[:, 0]

    @torch.inference_mode()
    def _given(
        self, item: int, given: int, rows: int, change: AbstractContextManager[None]
    ) -> NDArray[np.float32]:
        """The same under a change that is made by hooks."""
        model, arrays = self.model, self.modality.inputs(np.full(given, item))
        with change:
            inputs = tensors(arrays, model.device, model.module.dtype)  # type: ignore[arg-type]
            found = model.module(**inputs).logits.float().cpu().numpy()
        return _finite(np.broadcast_to(found, (rows, found.shape[1])))


def _finite(found: NDArray[np.float32]) -> NDArray[np.float32]:
    if not np.isfinite(found).all():
        raise StatesBroken("What the model gives is not finite under this edit. Scale it down.")
    return found
