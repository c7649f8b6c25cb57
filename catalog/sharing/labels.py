"""Labels that may leave with a catalog: see `catalog.workspace.consent`."""

import contextlib
from typing import TYPE_CHECKING

from catalog import places
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    from catalog.workspace.consent import Public


def public(catalog: Catalog) -> "Public | None":
    """The public labels of the catalog's model and reading; None where nobody made any."""
    if not places.workspace_exists():
        return None
    from catalog.workspace import consent, file, subjects  # SQLAlchemy takes half a second

    with contextlib.closing(file.open_workspace()) as workspace:
        return consent.labels(workspace, **subjects.of_build(catalog.build))
