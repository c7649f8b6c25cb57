"""From texts that a person named, or a finished catalog, to positions in context as items."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.modalities import Asked, Loaded, Stored, corpus, drawing, windows
from catalog.modalities.context import Context
from catalog.modalities.drawing import AFTER, BEFORE, FIRST, Found, Settings
from catalog.modalities.passes import Ints
from catalog.modalities.text import Text, make
from catalog.progress import Report


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
