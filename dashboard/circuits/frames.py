"""What pages may ask of the tables of writers: coalitions, single neurons, keys and values."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from catalog.store import writer_queries
from catalog.store.catalog import Catalog
from dashboard.common import answers, catalogs
from dashboard.common.answers import Answer, Here, Row
from dashboard.jobs import asks
from dashboard.jobs.table import Asked
from dashboard.media import frames as media_frames


def searched(catalog: Catalog) -> pd.DataFrame:
    """Where writers were looked for: site, threshold, features, neurons; empty before."""
    if not _made(catalog):
        return pd.DataFrame(columns=["site", "threshold", "features", "neurons"])
    return answers.read(catalog, writer_queries.searched())


def looked(here: Here) -> bool:
    """Whether writers were looked for at this site and threshold."""
    found = searched(here.catalog)
    return bool(((found["site"] == here.site) & (found["threshold"] == here.threshold)).any())


def coalition(here: Here, kind: str, name: str) -> "Row | None":
    """The coalition of one feature; None where it was not looked for."""
    if not _made(here.catalog):
        return None
    query = writer_queries.coalition(kind, name, here.site, here.threshold)
    frame = answers.read(here.catalog, query)
    return None if frame.empty else frame.iloc[0]


def coalition_copy(here: Here, kind: str, name: str) -> Answer:
    """`coalition` as an answer that can be copied."""
    return answers.answer(
        here.catalog, writer_queries.coalition(kind, name, here.site, here.threshold)
    )


def coalitions(here: Here) -> Answer:
    """Every feature of the site but its null draws, the highest held-out agreement first."""
    return answers.answer(here.catalog, writer_queries.coalitions(here.site, here.threshold))


def writers(here: Here, kind: str, name: str) -> Answer:
    """The neurons that agree most, or least, with a feature."""
    return answers.answer(
        here.catalog, writer_queries.writers(kind, name, here.site, here.threshold)
    )


def of_dimension(here: Here, number: int) -> Answer | None:
    """Neurons before a residual site that write most to a dimension; None where none is kept."""
    layer = here.catalog.sites.set_index("site").layer.get(here.site)
    stream = here.site.startswith("resid.") and layer is not None and layer > 0
    if not stream or "dimension_writer" not in _tables(here.catalog):
        return None
    found = answers.answer(here.catalog, writer_queries.of_dimension(number, int(layer)))
    return None if found.frame.empty else found


def keys_values(here: Here, category: str) -> Answer:
    """A category in the stream, keys and values, layer by layer: kind, layer, site, auc, ..."""
    background = here.catalog.primary.background
    return answers.answer(
        here.catalog, writer_queries.keys_values(category, here.threshold, background)
    )


def with_keys_values(here: Here) -> Asked:
    """The build of a catalog of the same model and items with keys and values."""
    build = here.catalog.build
    model, source = str(build["model"]), str(build["source"])
    shipped = model != source and "/" not in model
    items = ""
    if media_frames.is_media(here.catalog):
        items = str(Path(media_frames.source(here.catalog)["folder"]).resolve())
    name, link = f"{here.slug}-kv", {"site": here.site, "threshold": here.threshold}
    asked = asks.build(model if shipped else source, name, items, ("--sites", "k,v"))
    return replace(asked, view="circuits", link=asked.link | link)


def discovered_names(here: Here) -> list[str]:
    """Discovered features of this site and threshold whose writers were looked for."""
    if not looked(here):
        return []
    frame = coalitions(here).frame
    return [str(name) for name in frame[frame["kind"] == "discovered"]["name"]]


def _made(catalog: Catalog) -> bool:
    """Whether the file has the tables: one of an earlier day has not."""
    return "coalition" in _tables(catalog)


def _tables(catalog: Catalog) -> set[str]:
    return set(catalogs.tables(catalog).frame["table"])
