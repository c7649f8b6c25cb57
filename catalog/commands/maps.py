"""`dims map`: lay out the items of a site by their signs, for the dashboard's map."""

from typing import Annotated

import typer

from catalog.commands import printing
from catalog.commands.options import CatalogName, Json, Quiet, Threshold, opened


def map_(
    catalog: CatalogName,
    site: Annotated[str | None, typer.Argument(help="By default the middle one.")] = None,
    threshold: Threshold = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Lay out the items of a site by their signs, and keep the map in the cache."""
    from catalog.browse import layout

    mapped = opened(catalog)
    at = site or mapped.primary.site
    with printing.progress(quiet) as report:
        points = layout.lay_out(mapped, at, threshold, report)
    if as_json:
        printing.as_json(points.to_dict("records"))
        return
    print(f"{len(points):,} items are laid out at {at}: dims serve, page Words, tab Map.")
