"""What is kept of a batch: signs, sums and the few candidates for a pole.

On an accelerator in torch, so that nothing else leaves the device; on the processor in one compiled
pass (`catalog.signs.reducing`). Both give the same, sums of widths that are no multiple of 64 to
rounding.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from catalog.signs import reducing
from catalog.signs.examples import Candidates
from catalog.signs.moments import BINS, Bar, Frozen, Moments

_GATHER = 0x0102040810204080
"""Multiplied with eight 0/1 bytes read as an int64, it gathers them into the top byte."""


def pack(states: Tensor, threshold: Tensor | float = 0.0) -> Tensor:
    """Signs of float[items, dims] as uint8[items, ceil(dims / 8)], bits as in `signs.pack`."""
    positive = states > threshold
    if positive.shape[1] % 8:
        positive = torch.nn.functional.pad(positive, (0, -positive.shape[1] % 8))
    eights = positive.contiguous().view(torch.uint8).view(torch.int64)
    return ((eights * _GATHER) >> 56).to(torch.uint8)


class Reducer(Protocol):
    """Reduces the states of one site."""

    def bits(self, states: Tensor, threshold: str) -> NDArray[np.uint8]:
        """Packed signs of float32[items, dims] at the threshold `zero` or `median`."""
        ...

    def moments(self, states: Tensor) -> Moments:
        """Sums, extremes and histogram of float32[items, dims]; see `Moments.of`."""
        ...

    def candidates(
        self, states: Tensor, items: NDArray[np.integer], bars: Mapping[str, Bar]
    ) -> dict[str, Candidates]:
        """Per pole, the states that may enter it: see `Candidates`."""
        ...


def on(device: torch.device, frozen: Frozen) -> Reducer:
    """The reducer of states that lie on `device`."""
    return Processor(frozen) if device.type == "cpu" else SiteReducer.on(device, frozen)


@dataclass(frozen=True)
class Processor:
    """Reduces states that lie in memory; see `Reducer`."""

    frozen: Frozen

    def bits(self, states: Tensor, threshold: str) -> NDArray[np.uint8]:
        """Packed signs of float32[items, dims] at the threshold `zero` or `median`."""
        median = self.frozen.median
        cut = median if threshold == "median" else np.zeros_like(median)
        return reducing.signs(_array(states), cut)

    def moments(self, states: Tensor) -> Moments:
        """Sums, extremes and histogram of float32[items, dims]; see `Moments.of`."""
        return reducing.moments(_array(states), self.frozen)

    def candidates(
        self, states: Tensor, items: NDArray[np.integer], bars: Mapping[str, Bar]
    ) -> dict[str, Candidates]:
        """Per pole, the states that may enter it: see `Candidates`."""
        return reducing.candidates(_array(states), items.astype(np.int32), self.frozen, bars)


def _array(states: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(states.numpy())


@dataclass(frozen=True)
class SiteReducer:
    """Reduces states that lie on an accelerator, with what the pilot froze kept there."""

    frozen: Frozen
    low: Tensor
    scale: Tensor
    median: Tensor

    @classmethod
    def on(cls, device: torch.device, frozen: Frozen) -> "SiteReducer":
        """Copy the frozen arrays to `device`."""
        low, scale, median = (
            torch.from_numpy(array).to(device)
            for array in (frozen.low, frozen.scale, frozen.median)
        )
        return cls(frozen, low, scale, median)

    def bits(self, states: Tensor, threshold: str) -> NDArray[np.uint8]:
        """Packed signs of float32[items, dims] at the threshold `zero` or `median`."""
        cut: Tensor | float = self.median if threshold == "median" else 0.0
        return pack(states, cut).cpu().numpy()

    def moments(self, states: Tensor) -> Moments:
        """Sums, extremes and histogram of float32[items, dims]; see `Moments.of`."""
        wide = states.double()
        bins = ((states - self.low) * self.scale + 1.0).clamp_(0, BINS - 1).long()
        bins += torch.arange(states.shape[1], device=states.device) * BINS
        counts = torch.bincount(bins.flatten(), minlength=states.shape[1] * BINS)
        extremes = states.aminmax(dim=0)
        return Moments(
            count=len(states),
            total=wide.sum(0).cpu().numpy(),
            squares=wide.square().sum(0).cpu().numpy(),
            absolute=wide.abs_().sum(0).cpu().numpy(),
            minimum=extremes.min.cpu().numpy(),
            maximum=extremes.max.cpu().numpy(),
            histogram=counts.view(-1, BINS).cpu().numpy(),
        )

    def score(self, states: Tensor, pole: str) -> Tensor:
        """How far each state lies towards a pole; see `moments.Pole`."""
        if pole == "positive":
            return states
        if pole == "negative":
            return -states
        return -(states - self.median).abs() if pole == "near median" else -states.abs()

    def candidates(
        self, states: Tensor, items: NDArray[np.integer], bars: Mapping[str, Bar]
    ) -> dict[str, Candidates]:
        """Per pole, the states that may enter it: see `Candidates`."""
        found = {}
        numbers = torch.from_numpy(items.astype(np.int64)).to(states.device)
        for name, bar in bars.items():
            score = self.score(states, name)
            worst, last = (torch.from_numpy(a).to(states.device) for a in (bar.score, bar.item))
            if not torch.isfinite(worst).all() and len(states) > bar.size:
                # Nothing is known yet: the batch's own k-th best score is the bar.
                own = score.t().topk(bar.size, dim=1).values[:, -1]
                worst = torch.maximum(worst, own)
            row, dim = torch.nonzero(score >= worst, as_tuple=True)
            reached = score[row, dim]
            better = (reached > worst[dim]) | (numbers[row] < last[dim])  # of equals, the first
            row, dim, reached = row[better], dim[better], reached[better]
            found[name] = (
                dim.to(torch.int32).cpu().numpy(),
                reached.cpu().numpy(),
                items[row.cpu().numpy()].astype(np.int32),
                states[row, dim].cpu().numpy(),
            )
        return found
