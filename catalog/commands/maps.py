"""`dims map`: lay out the items of a site, or its dimensions, for the maps of the dashboard."""

from typing import Annotated

import typer

from catalog.commands import printing
from catalog.commands.options import CatalogName, Json, Quiet, Threshold, opened


def map_(
    catalog: CatalogName,
    site: Annotated[str | None, typer.Argument(help="By default the middle one.")] = None,
    threshold: Threshold = None,
    dimensions: Annotated[
        bool, typer.Option("--dimensions", help="Its dimensions, by phi, in place of its items.")
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Lay out the items of a site by their signs, and keep the map in the cache."""
    from catalog.browse import layout

    mapped = opened(catalog)
    at = site or mapped.primary.site
    make = layout.lay_out_dimensions if dimensions else layout.lay_out
    with printing.progress(quiet) as report:
        points = make(mapped, at, threshold, report)
    if as_json:
        printing.as_json(points.to_dict("records"))
        return
    what, page = ("dimensions", "Dimensions") if dimensions else ("items", "Words")
    print(f"{len(points):,} {what} are laid out at {at}: dims serve, page {page}, tab Map.")
