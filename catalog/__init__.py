"""The dimension catalog: what each dimension of a transformer encodes in its sign.

>>> import catalog
>>> c = catalog.open("storyteller")
>>> c.feature("resid.3", category="animals").frame()
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catalog.errors import CatalogError
    from catalog.notebook.building import Settings, build
    from catalog.notebook.catalog import Catalog
    from catalog.notebook.opening import open

__all__ = ["Catalog", "CatalogError", "Settings", "build", "open"]

_WHERE = {
    "Catalog": "catalog.notebook.catalog",
    "open": "catalog.notebook.opening",
    "build": "catalog.notebook.building",
    "Settings": "catalog.notebook.building",
    "CatalogError": "catalog.errors",
}


def __getattr__(name: str) -> Any:
    """Public names, imported when they are first used: `import catalog` costs nothing."""
    if name not in _WHERE:
        raise AttributeError(f"module 'catalog' has no attribute {name!r}")
    return getattr(importlib.import_module(_WHERE[name]), name)
