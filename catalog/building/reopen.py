"""Show a finished catalog's items to its model once more: to verify, to test, to flip."""

from catalog.modalities import Modality, Stored
from catalog.modalities.kinds import KINDS
from catalog.model.loading import LoadedModel
from catalog.store import context_queries, media_queries, queries
from catalog.store.catalog import Catalog


def reopen(catalog: Catalog, model: LoadedModel) -> Modality:
    """The items as they were shown, in the catalog's reading.

    MediaUnreadable where the folder of images or sounds is gone; a file that has changed since is
    refused when it is asked for.
    """
    build = catalog.build
    return KINDS[str(build["modality"])].reopen(model, stored(catalog))


def stored(catalog: Catalog) -> Stored:
    """What the catalog keeps of its items."""
    told = str(catalog.build["reading"])
    items = catalog.items
    if catalog.contextual:
        return _in_context(catalog, told)
    known = set(catalog.fetch(queries.tables())["table"])
    source = catalog.fetch(media_queries.source()) if "media_source" in known else None
    if source is None or source.empty:
        return Stored(told, items)
    media = catalog.fetch(media_queries.every())
    return Stored(
        told,
        items,
        source.iloc[0].to_dict(),
        tuple(media["path"]),
        tuple(media["sha256"]),
    )


def _in_context(catalog: Catalog, reading: str) -> Stored:
    """Of tokens in context the ids of every document are in the catalog."""
    documents = catalog.fetch(context_queries.documents())
    return Stored(
        reading,
        catalog.items,
        catalog.fetch(context_queries.source()).iloc[0].to_dict(),
        positions=catalog.fetch(context_queries.positions()),
        documents=tuple(documents["ids"]),
    )
