"""`dims publish`: push a catalog and its card to the hub, as a dataset repository."""

from dataclasses import asdict
from typing import Annotated

import typer

from catalog.commands import printing
from catalog.commands.options import CatalogName, Json, Quiet, opened


def publish(
    catalog: CatalogName,
    repository: Annotated[str, typer.Argument(help="user/name on the hub.")],
    private: Annotated[
        bool, typer.Option("--private", help="A repository made now is for its owner alone.")
    ] = False,
    licence: Annotated[
        str | None,
        typer.Option(help="Licence of the model, such as apache-2.0, where its card is not here."),
    ] = None,
    labels: Annotated[
        bool, typer.Option("--labels", help="With the labels that their authors made public.")
    ] = False,
    message: Annotated[str, typer.Option(help="Of the commit.")] = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Push a catalog to the hub: its file, a card and a manifest, under this machine's token."""
    from catalog.sharing import publishing

    asked = publishing.Asked(repository, private, licence, labels, message)
    with printing.progress(quiet or as_json) as report:
        made = publishing.publish(opened(catalog), asked, report)
    if as_json:
        printing.as_json(asdict(made))
        return
    print(f"Published {made.file} ({made.bytes / 1e6:,.1f} MB): {made.page}")
    if made.labels is not None:
        print(f"{made.labels:,} labels went with it: those whose authors made theirs public.")
    print(f"Open it anywhere with: dims open {made.link}")
