"""Positions of real documents as items: each token is read where it stands, in its context."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.modalities import (
    Asked,
    Loaded,
    Stored,
    corpus,
    drawing,
    frequency,
    spelling,
    windows,
)
from catalog.modalities.drawing import AFTER, BEFORE, FIRST, Drawn, Found, Settings
from catalog.modalities.passes import Ints, Pass, padded
from catalog.modalities.text import Text, make
from catalog.progress import Report

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


def refuse_settings(asked: Asked) -> None:
    """SettingRefused for settings that only texts have."""
    given = {
        "--positions": asked.positions,
        "--items-per-document": asked.items_per_document,
        "--window": asked.window,
    }
    named = [name for name, value in given.items() if value is not None]
    if named:
        raise SettingRefused(f"{named[0]} belongs to texts. Give them with --texts FOLDER.")


def prepare(model: Loaded, asked: Asked, report: Report) -> Context:
    """Draw the positions asked for. Raises SettingRefused where nothing is left to read."""
    assert asked.texts is not None
    settings = _settings(model, asked)
    found = drawing.draw(
        corpus.documents(asked.texts),
        model.tokenizer,
        settings,
        lambda number: report("looking at texts", number, 0),
    )
    drawing.check(found, asked.texts)
    return _made(model, found, settings, asked.texts)


def _settings(model: Loaded, asked: Asked) -> Settings:
    given = {
        "positions": asked.positions,
        "of_document": asked.items_per_document,
        "window": asked.window,
    }
    made = Settings(seed=asked.seed, **{n: v for n, v in given.items() if v is not None})
    made.check()
    refused = {
        "--template": asked.template,
        "--items": asked.items,
        "--pooling": asked.pooling,
    }
    for option, value in refused.items():
        if value is not None:
            raise SettingRefused(f"--texts reads tokens in their context. Leave {option} out.")
    room = model.longest
    if room is None:
        return made
    return dataclasses.replace(made, window=min(made.window, room - int(not model.causal)))


def _made(model: Loaded, found: Found, settings: Settings, folder: Path) -> Context:
    vocabulary = make(model.tokenizer, model.vocabulary, "bare")
    plain = windows.Plain.of(model.tokenizer)
    texts = tuple(one.ids for one in found.drawn)
    short = any(len(one) < settings.window for one in texts)
    document = np.repeat(np.arange(len(texts)), [len(one.places) for one in found.drawn])
    place = np.concatenate([one.places for one in found.drawn])
    items = _items(vocabulary, texts, document, place, plain)
    masked = not model.causal and short
    source = _source(model, found, settings, folder, items)
    shown = {int(n): plain.text(int(n)) for n in np.unique(np.concatenate(texts))}
    width = settings.window + int(masked)
    return Context(
        items, document, place, texts, width, _filling(model), masked, source, found, shown
    )


def _filling(model: Loaded) -> int:
    given = getattr(model.tokenizer, "pad_token_id", None)
    return 0 if given is None or given >= model.vocabulary else int(given)


def _items(
    vocabulary: Text,
    texts: tuple[NDArray[np.int64], ...],
    document: Ints,
    place: Ints,
    plain: windows.Plain,
) -> pd.DataFrame:
    """The table `item`: the token's own row, its text inside its window, families of positions."""
    ids = np.array([texts[d][p] for d, p in zip(document, place, strict=True)], np.int64)
    known = vocabulary.items
    beyond = ids[ids >= len(known)]
    if len(beyond):
        raise SettingRefused(
            f"The tokenizer makes the id {beyond[0]}, but the model's embedding has "
            f"{vocabulary.items.shape[0]} rows. Use the tokenizer that belongs to the model."
        )
    own = known.iloc[ids]
    family = own["family"].to_numpy()
    _, first, inverse = np.unique(family, return_index=True, return_inverse=True)
    return pd.DataFrame(
        {
            "item": np.arange(len(ids), dtype=np.int32),
            "token": own["token"].to_numpy(),
            "text": [plain.window(texts[d], int(p)) for d, p in zip(document, place, strict=True)],
            "kind": own["kind"].to_numpy(),
            "word": pd.Series(own["word"].to_numpy(), dtype="object"),
            "family": first[inverse].astype(np.int32),
        }
    )


def _source(
    model: Loaded, found: Found, asked: Settings, folder: Path, items: pd.DataFrame
) -> dict[str, Any]:
    """The row of `corpus`."""
    counts, drawn = found.counts, found.drawn
    special = set(model.tokenizer.all_special_ids)
    return {
        "folder": str(folder.resolve()),
        "kept_as": corpus.kind(folder),
        "documents": counts.documents,
        "drawn": len(drawn),
        "short": counts.short,
        "skipped": len(counts.unfit),
        "duplicates": counts.duplicates,
        "tokens": sum(len(one.ids) for one in drawn),
        "special": sum(int(np.isin(one.ids, list(special)).sum()) for one in drawn),
        "sinks": sum(min(FIRST, len(one.ids)) for one in drawn),
        "filling": sum(asked.window - len(one.ids) for one in drawn),
        "first_items": FIRST,
        "window": asked.window,
        "before": BEFORE,
        "after": AFTER,
        "of_document": asked.of_document,
        "positions": asked.positions,
        "words": float((items["kind"] == "word").mean()),
        "texts_hash": drawing.corpus_hash(counts),
    }


def reopen(model: Loaded, stored: Stored) -> Context:
    """The positions of a finished catalog, from the ids that it holds: no text is needed."""
    assert stored.source is not None and stored.positions is not None
    texts = tuple(np.asarray(ids, np.int64) for ids in stored.documents)
    window = int(stored.source["window"])
    masked = not model.causal and any(len(one) < window for one in texts)
    return Context(
        stored.items,
        stored.positions["document"].to_numpy(np.int64),
        stored.positions["place"].to_numpy(np.int64),
        texts,
        window + int(masked),
        _filling(model),
        masked,
        stored.source,
    )
