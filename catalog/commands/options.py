"""Options that several commands share, and what the name of a catalog means."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from catalog.store.catalog import Catalog

CatalogName = Annotated[str, typer.Argument(help="Path of a catalog, its slug, or hf://user/name.")]
SiteName = Annotated[str, typer.Argument(help="Such as resid.5 or final.")]
Threshold = Annotated[str | None, typer.Option(help="zero or median.")]
ModelPlace = Annotated[str | None, typer.Option(help="Where the model lies now.")]
Port = Annotated[int, typer.Option(help="Port on localhost.")]
Browser = Annotated[bool, typer.Option(help="Open a browser window.")]
Quiet = Annotated[bool, typer.Option(help="Lines instead of a progress bar.")]
Ray = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Run on a Ray cluster, such as head:6379.")
]
Out = Annotated[Path, typer.Option(help="Folder to make: not there yet, or empty.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an earlier export or site there.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def opened(name: str) -> "Catalog":
    """The catalog of a slug, a path, or a link to the hub; CatalogMissing names those there are."""
    from catalog.store.catalog import find

    if name.startswith("hf://"):
        from catalog.sharing import hub

        return find(hub.fetch(name))
    return find(name)
