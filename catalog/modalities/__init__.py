"""What is shown to a model: one Modality per kind of item. NumPy and pandas only.

`kinds.KINDS` lists them; everything that differs between text, images and sounds lies behind this
protocol, so that no other module asks which one it has.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.modalities.frequency import Halves
from catalog.modalities.passes import Pass


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
        """Rows per forward pass where nobody asks for another number."""
        ...

    @property
    def windowed(self) -> bool:
        """Whether every item stands in a text of which the states are kept too."""
        ...

    @property
    def identity(self) -> Mapping[str, Any]:
        """What, besides model and reading, decides about the bits of its items."""
        ...

    @property
    def grid(self) -> tuple[int, int] | None:
        """Rows and columns of the patches of one item; None where it has none."""
        ...

    def order(self, items: int, seed: int, pilot: int) -> NDArray[np.int64]:
        """Numbers of `items` items in build order, those of the pilot first."""
        ...

    def starts(self, items: int, about: int) -> list[int]:
        """Places in build order at which chunks of about so many items begin."""
        ...

    def apart(self, count: int) -> NDArray[np.int64]:
        """Some items that need `count` rows of a pass."""
        ...

    def rows(self, asked: int) -> int:
        """Rows of a pass in which about `asked` items may go at once, where no build says so."""
        ...

    def passes(self, items: NDArray[np.integer], rows: int) -> list[Pass]:
        """The forward passes of `rows` rows that show these items."""
        ...

    @property
    def halves(self) -> Mapping[str, Halves] | None:
        """Frequent and rare, long and short items; None: as their texts have it."""
        ...

    def inputs(self, items: NDArray[np.integer]) -> dict[str, NDArray[Any]]:
        """Arguments of the model's trunk, a row for each of these items, all of one length."""
        ...

    def gather(self, hidden: Any, one: Pass) -> Any:
        """float[rows, positions, dims] -> float[items, dims]: the states of a pass's items."""
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
    def longest(self) -> int | None:
        """Most tokens that its positions allow; None where nothing limits them."""
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
    texts: Path | None = None
    """Texts whose positions are the items."""
    positions: int | None = None
    items_per_document: int | None = None
    window: int | None = None
    seed: int = 0


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
    positions: pd.DataFrame | None = None
    """The table `position` in order; None but for tokens in context."""
    documents: Sequence[Sequence[int]] = field(default=(), repr=False)
    """Ids of every document that tokens in context were read in."""
