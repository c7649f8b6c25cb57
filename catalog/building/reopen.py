"""Show a finished catalog's items to its model once more: to verify, to test, to flip."""

from pathlib import Path

from catalog.features.lexicon import items_of
from catalog.modalities import Modality, Stored
from catalog.modalities.kinds import KINDS
from catalog.model.loading import LoadedModel
from catalog.store import media_queries, queries, reading


def reopen(path: Path, model: LoadedModel) -> Modality:
    """The items as they were shown, in the catalog's reading.

    MediaUnreadable where the folder of images or sounds is gone; a file that has changed since is
    refused when it is asked for.
    """
    build = reading.fetch(path, queries.build()).iloc[0]
    return KINDS[str(build["modality"])].reopen(model, stored(path))


def stored(path: Path) -> Stored:
    """What the catalog keeps of its items."""
    told = str(reading.fetch(path, queries.build()).iloc[0]["reading"])
    items = items_of(path)
    known = set(reading.fetch(path, queries.tables())["table"])
    source = reading.fetch(path, media_queries.source()) if "media_source" in known else None
    if source is None or source.empty:
        return Stored(told, items)
    media = reading.fetch(path, media_queries.every())
    return Stored(
        told,
        items,
        source.iloc[0].to_dict(),
        tuple(media["path"]),
        tuple(media["sha256"]),
    )
