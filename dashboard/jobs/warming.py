"""A model loaded before anybody presses Run, on the pages that run it."""

from catalog.store.catalog import Catalog
from dashboard.common import catalogs, running
from dashboard.jobs import parts

MOST = 2e8
"""Parameters of the largest model that is loaded without being asked for."""
_asked: set[str] = set()


def begin(catalog: Catalog) -> None:
    """Load a catalog's model in the background; call it at the end of a page.

    Only a small one, only once for a server, only where no other model is in memory, and only for
    those who may run it.
    """
    build = catalog.build
    name = str(build["content_hash"])
    if name in _asked or running.loaded() or catalogs.missing(build) or not parts.allowed():
        return
    if float(build["parameters"]) > MOST:
        return
    from catalog.model.opening import ModelKey

    _asked.add(name)
    running.worker().submit(ModelKey.of(build), lambda _model, _job: None)
