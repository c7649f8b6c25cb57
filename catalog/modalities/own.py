"""Which columns of a sound's grid are its own: the rest of the model's window is padding."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_REPEATS = ("repeat", "repeatpad")
"""Ways to pad that fill the window with the sound itself (CLAP)."""


@dataclass(frozen=True)
class OwnColumns:
    """How the length of a sound becomes columns of the grid that it fills.

    Choice: where the steps from samples to columns are known, a column is the sound's own when all
    that it is made of is; else the columns are shared out evenly over the window, and the one in
    which the sound ends is its own. A sound has one at least.
    """

    columns: int
    window: int
    """Samples that the model hears."""
    steps: tuple[tuple[int, int], ...] = ()
    """(width, step) of every convolution or framing between samples and columns; () for unknown."""

    @classmethod
    def of(
        cls, settings: Mapping[str, Any], columns: int, window: int, frame: tuple[int, int]
    ) -> "OwnColumns":
        """By a model's config; `frame` is the width and step of a spectrogram's frames in samples.

        Steps that do not give `columns` for the whole window are not believed.
        """
        steps: list[tuple[int, int]] = []
        if "conv_kernel" in settings and "conv_stride" in settings:
            steps = list(zip(settings["conv_kernel"], settings["conv_stride"], strict=False))
        elif "time_stride" in settings:
            patch = settings["patch_size"]
            wide = patch if isinstance(patch, int) else patch[1]
            steps = [frame, (int(wide), int(settings["time_stride"]))]
        found = cls(columns, window, tuple(steps))
        return found if _stepped(window, found.steps) == columns else cls(columns, window)

    def filled(self, samples: int, mask: NDArray[np.integer] | None = None) -> int:
        """Columns of a sound of so many samples; the processor's mask of it counts where given."""
        if mask is not None and mask.size != self.window:  # a mask of frames
            return self._even(int(mask.sum()), mask.size)
        own = min(samples, self.window) if mask is None else int(mask.sum())
        if not self.steps:
            return self._even(own, self.window)
        return min(max(_stepped(own, self.steps), 1), self.columns)

    def _even(self, own: int, whole: int) -> int:
        return min(max(math.ceil(own * self.columns / whole), 1), self.columns)


def repeats(processor: Any) -> bool:
    """Whether a processor fills the window with the sound over again: nothing is padding."""
    return getattr(processor, "padding", None) in _REPEATS


def _stepped(length: int, steps: Sequence[tuple[int, int]]) -> int:
    for width, step in steps:
        length = (length - width) // step + 1
    return length
