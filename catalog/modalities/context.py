"""Positions of real documents as items: each token is read where it stands, in its context."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.modalities import (
    frequency,
    spelling,
)
from catalog.modalities.drawing import Drawn, Found
from catalog.modalities.passes import Ints, Pass, padded

READING = "context"


@dataclass(frozen=True)
class Context:
    """Positions of documents; a document goes through the model once, in a row of its own.

    Rows of a pass are filled up on the right to one length: under a causal mask nothing before the
    filling feels it, so that no mask is given, and an encoder is given one that is never all ones.
    """

    items: pd.DataFrame
    document: Ints
    """The document of each item, ascending: int64[items]."""
    place: Ints
    """The item's position in what was read of it: int64[items]."""
    texts: tuple[NDArray[np.int64], ...]
    """Ids of each document."""
    width: int
    """Positions of a row."""
    filling: int
    """The id that rows are filled up with."""
    masked: bool
    """Whether the model is told which positions are filling."""
    source: Mapping[str, Any]
    """The row of the table `corpus`."""
    found: Found | None = None
    """While building: what was drawn."""
    shown: Mapping[int, str] | None = None
    """While building: text of every id that was read."""
    name: str = "text"
    reading: str = READING
    windowed: bool = True

    @property
    def usual_batch(self) -> int:
        """Documents per forward pass."""
        return 16

    @property
    def identity(self) -> Mapping[str, Any]:
        """The texts, and which of their positions are read."""
        names = ("texts_hash", "window", "of_document", "positions", "first_items")
        return {name: self.source[name] for name in names}

    @property
    def grid(self) -> None:
        """A token has no patches."""
        return None

    def order(self, items: int, _seed: int, _pilot: int) -> Ints:
        """By number: documents are numbered in a random order already."""
        return np.arange(items)

    def starts(self, items: int, about: int) -> list[int]:
        """Chunks of whole documents, so that a document's strongest positions are known in one."""
        begins = _runs(self.document)
        found = [0]
        for place in begins.tolist():
            if place - found[-1] >= about:
                found.append(place)
        return found

    def apart(self, count: int) -> Ints:
        """The first items of some documents."""
        return _runs(self.document)[:count]

    def rows(self, asked: int) -> int:
        """As many documents as usual: each is a whole text."""
        return min(asked, self.usual_batch)

    def passes(self, items: NDArray[np.integer], rows: int) -> list[Pass]:
        """`rows` texts a pass; items of one text that follow each other share a row."""
        begins = [*_runs(self.document[items]).tolist(), len(items)]
        made = []
        for start in range(0, len(begins) - 1, rows):
            some = begins[start : start + rows + 1]
            made.append(Pass(items[some[0] : some[-1]], padded(items[some[:-1]], rows)))
        return made

    def inputs(self, items: NDArray[np.integer]) -> dict[str, NDArray[Any]]:
        """input_ids int64[rows, width] of the items' documents, and for encoders the mask."""
        ids = np.full((len(items), self.width), self.filling, np.int64)
        mask = np.zeros((len(items), self.width), np.int64)
        for row, number in enumerate(self.document[items].tolist()):
            own = self.texts[number]
            ids[row, : len(own)], mask[row, : len(own)] = own, 1
        return {"input_ids": ids, "attention_mask": mask} if self.masked else {"input_ids": ids}

    def read(self, hidden: Any, items: NDArray[np.integer]) -> Any:
        """States at each row's item: float[rows, dims]."""
        return hidden[np.arange(len(items)), self.place[items]]

    def where(self, items: NDArray[np.integer]) -> tuple[Ints, Ints]:
        """Row and position of each item of a pass."""
        of = self.document[items]
        rows = np.cumsum(np.diff(of, prepend=of[:1]) != 0)
        return rows.astype(np.int64), self.place[items]

    def lengths(self, items: NDArray[np.integer], rows: int) -> Ints:
        """Tokens in each row of a pass, but for the filling: int64[rows]."""
        of = self.document[items]
        own = [len(self.texts[number]) for number in of[_runs(of)]]
        return np.array(own + own[:1] * (rows - len(own)), np.int64)

    def gather(self, hidden: Any, one: Pass) -> Any:
        """float[rows, positions, dims] -> float[items, dims]."""
        return hidden[self.where(one.items)]

    def patches(self, hidden: Any) -> Any:
        """Never asked for: there is no grid."""
        raise SettingRefused("Tokens have no patches. Leave --per-patch out.")

    def baseline(self, items: NDArray[np.integer]) -> None:
        """None: its control is trained embeddings under random blocks."""
        return None

    def tables(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """corpus, corpus_skipped, document, token and position."""
        assert self.found is not None and self.shown is not None
        yield "corpus", {name: pa.array([value]) for name, value in self.source.items()}
        left_out = [(one.name, one.reason) for one in self.found.counts.unfit]
        if left_out:
            names, reasons = zip(*left_out, strict=True)
            told = [spelling.escape(name, keep_space=True) for name in names]
            yield "corpus_skipped", {"name": pa.array(told), "reason": pa.array(reasons)}
        yield "document", _documents(self.found.drawn)
        numbers = np.array(sorted(self.shown), np.int32)
        texts = pa.array([self.shown[int(n)] for n in numbers])
        yield "token", {"token": numbers, "text": texts}
        of = self.document.astype(np.int32)
        ids = np.concatenate([one.ids[one.places] for one in self.found.drawn])
        yield (
            "position",
            {
                "item": np.arange(len(self.items), dtype=np.int32),
                "document": of,
                "place": self.place.astype(np.int32),
                "token": ids.astype(np.int32),
            },
        )

    @property
    def halves(self) -> Mapping[str, frequency.Halves]:
        """Frequent and rare, long and short items."""
        tokens = np.array(
            [self.texts[d][p] for d, p in zip(self.document, self.place, strict=True)]
        )
        return frequency.of_positions(self.items, tokens)

    def done(self) -> None:
        """Nothing was kept beside the catalog."""


def _runs(of: Ints) -> Ints:
    """Where runs of equal numbers begin."""
    return np.flatnonzero(np.diff(of, prepend=-1))


def _documents(drawn: list[Drawn]) -> dict[str, Any]:
    return {
        "document": np.arange(len(drawn), dtype=np.int32),
        "name": pa.array([spelling.escape(one.name, keep_space=True) for one in drawn]),
        "first_character": np.array([one.first for one in drawn], np.int64),
        "cut": pa.array([one.cut for one in drawn]),
        "ids": pa.array([one.ids.astype(np.int32) for one in drawn], pa.list_(pa.int32())),
    }
