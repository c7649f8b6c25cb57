"""Build a catalog from a notebook: the settings of `dims build`, and the catalog that comes out."""

from pathlib import Path
from typing import Any

from catalog.building import build as building
from catalog.building.settings import Settings
from catalog.features import findings
from catalog.notebook.catalog import Catalog
from catalog.progress import Report, silent

__all__ = ["Settings", "build"]


def build(
    model: str | Settings,
    report: Report = silent,
    with_findings: bool = True,
    **settings: Any,
) -> Catalog:
    """Run a model over its items and open the catalog; one that is there is opened as it is.

    `settings` are fields of Settings. Raises what `dims build` raises, all CatalogErrors.
    """
    from catalog.errors import AlreadyBuilt

    asked = model if isinstance(model, Settings) else Settings(model, **settings)
    try:
        path = Path(building.build(asked, report))
    except AlreadyBuilt as error:
        path = Path(error.args[1])
    made = Catalog(path)
    if with_findings and not made.complete:
        findings.measure(made, report=report)
    return made
