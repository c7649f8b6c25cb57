"""What is shown to a model: one Modality per kind of item. NumPy and pandas only.

`kinds.KINDS` lists them; everything that differs between text, images and sounds lies behind this
protocol, so that no other module asks which one it has.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class Modality(Protocol):
    """Turns items into model inputs, and says where their vectors are read."""

    @property
    def name(self) -> str:
        """text, image or audio."""
        ...

    @property
    def reading(self) -> str:
        """Template or pooling, as stored in the catalog."""
        ...

    @property
    def items(self) -> pd.DataFrame:
        """One row per item in order of its number; columns as in the table `item`."""
        ...

    @property
    def usual_batch(self) -> int:
        """Items per forward pass where nobody asks for another number."""
        ...

    @property
    def identity(self) -> Mapping[str, Any]:
        """What, besides model and reading, decides about the bits of its items."""
        ...

    @property
    def grid(self) -> tuple[int, int] | None:
        """Rows and columns of the patches of one item; None where it has none."""
        ...

    def inputs(self, items: NDArray[np.integer]) -> dict[str, NDArray[Any]]:
        """Arguments of the model's trunk for these items, all of one length."""
        ...

    def read(self, hidden: Any, items: NDArray[np.integer]) -> Any:
        """float[items, positions, dims] -> float[items, dims]: the vector of each item.

        `items` are their numbers, or that of one item that all rows are.
        """
        ...

    def patches(self, hidden: Any) -> Any:
        """float[items, positions, dims] -> float[items, rows x columns, dims]; see `grid`."""
        ...

    def baseline(self, items: NDArray[np.integer]) -> NDArray[np.float32] | None:
        """float32[items, numbers] made without a model, as a control; None where there is none."""
        ...

    def tables(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Rows that belong to the items, as (table, Arrow columns), in pieces that fit memory."""
        ...

    def done(self) -> None:
        """Remove what was kept for the build only; the catalog is in place."""
        ...


class Loaded(Protocol):
    """What a modality uses of a loaded model; see `catalog.model.loading.LoadedModel`."""

    @property
    def name(self) -> str:
        """How the catalog calls the model."""
        ...

    @property
    def tokenizer(self) -> Any:
        """A tokenizer, or None."""
        ...

    @property
    def processor(self) -> Any:
        """The model's own image processor or feature extractor, or None."""
        ...

    @property
    def causal(self) -> bool:
        """Whether it predicts next tokens."""
        ...

    @property
    def vocabulary(self) -> int:
        """Number of token ids."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """The model's config as a dictionary."""
        ...

    @property
    def trial(self) -> Mapping[str, Any]:
        """Inputs of made-up items, of the shapes that all items have."""
        ...

    @property
    def positions(self) -> int:
        """Positions of one item between the blocks, as seen while its parts were found."""
        ...


@dataclass(frozen=True)
class Asked:
    """What a person asked of the items; the names of the build's options."""

    template: str | None = None
    items: Path | None = None
    pooling: str | None = None
    name: str = ""
    """Name of the catalog to be."""
    out: Path = Path()
    """Folder of the catalog to be; what a long scan finds is kept beside it."""


@dataclass(frozen=True)
class Stored:
    """The items of a finished catalog, to show them once more."""

    reading: str
    items: pd.DataFrame
    """The table `item`."""
    source: Mapping[str, Any] | None = None
    """The row of `media_source`; None for text."""
    paths: tuple[str, ...] = ()
    """Path of every item's file in its folder; empty for text."""
    hashes: tuple[str, ...] = ()
    """SHA-256 of every item's file."""
