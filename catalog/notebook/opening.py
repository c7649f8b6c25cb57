"""`catalog.open`: the catalog of a name, a path or a link."""

from pathlib import Path

from catalog.notebook.catalog import Catalog
from catalog.store import catalog as store


def open(name: str | Path) -> Catalog:
    """The catalog of a slug or path, or of a link such as hf://user/name, which is fetched once.

    CatalogMissing names those there are; for links see `catalog.sharing.hub.fetch`.
    """
    if str(name).startswith("hf://"):
        from catalog.sharing import hub

        name = hub.fetch(str(name))
    found = Catalog(store.find(name).path)
    found.build  # noqa: B018 - refuses what is no catalog here and now
    return found
