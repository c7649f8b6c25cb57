"""Sentences with a marked word through the model: its state, and the mean of the other words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from catalog.model.loading import LoadedModel
from catalog.model.recording import recording
from catalog.sites import Site

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Marked:
    """A text and the characters of its marked word."""

    text: str
    first: int
    past: int


@dataclass(frozen=True)
class States:
    """States of marked words; arrays have one row for each text that was read."""

    read: NDArray[np.bool_]
    """Which texts were: the others' word lies beyond the model's context, or is no token."""
    own: Floats
    """At the word's last token, at the site: float32[read, dims]."""
    others: Floats
    """Mean over all other tokens of their embeddings (resid.0): float32[read, dims of resid.0]."""


@torch.inference_mode()
def read(
    model: LoadedModel,
    texts: Sequence[Marked],
    site: Site,
    report: Callable[[int, int], None] = lambda _done, _all: None,
) -> States:
    """Run each text once; `report` may raise to cancel.

    Needs a tokenizer that tells where its tokens stand in a text (a fast one); without one nothing
    is read.
    """
    first = Site("resid", 0)
    sites = [site] if site == first else [site, first]
    kept = np.zeros(len(texts), np.bool_)
    own: list[Floats] = []
    others: list[Floats] = []
    if not getattr(model.tokenizer, "is_fast", False):
        return States(kept, np.empty((0, 0), np.float32), np.empty((0, 0), np.float32))
    with recording(model.module, model.parts, sites, _whole) as seen:
        for number, one in enumerate(texts):
            ids, place = _encoded(model, one)
            if place is not None:
                given = torch.tensor([ids], device=model.device)
                model.parts.trunk(input_ids=given, **({"use_cache": False} if model.causal else {}))
                rest = np.arange(len(ids)) != place
                kept[number] = True
                own.append(seen[site][place].float().cpu().numpy())
                others.append(seen[first].float().cpu().numpy()[rest].mean(axis=0))
            report(number + 1, len(texts))
    empty = np.empty((0, 0), np.float32)
    return States(kept, np.stack(own) if own else empty, np.stack(others) if others else empty)


def _whole(hidden: Tensor) -> Tensor:
    return hidden[0]


def _encoded(model: LoadedModel, one: Marked) -> tuple[list[int], int | None]:
    """Ids of a text, and the place of the last token of its marked word; None where it is cut."""
    longest = model.longest
    cut: dict[str, Any] = {} if longest is None else {"truncation": True, "max_length": longest}
    made = model.tokenizer(one.text, return_offsets_mapping=True, **cut)
    places = [
        n
        for n, (first, past) in enumerate(made["offset_mapping"])
        if first < one.past and past > one.first and past > first
    ]
    whole = places and made["offset_mapping"][places[-1]][1] >= one.past
    return list(made["input_ids"]), places[-1] if whole and len(made["input_ids"]) > 1 else None
