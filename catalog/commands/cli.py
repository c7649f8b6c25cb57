"""`dims`: build, read and serve catalogs. A module a command; here they come together.

A command parses, delegates and prints, and imports what it delegates to when it runs: a help text
needs neither NumPy nor DuckDB.
"""

import sys

import typer

from catalog.commands import (
    build,
    catalogs,
    compare,
    demo,
    dimension,
    discover,
    doctor,
    evidence,
    features,
    flip,
    labels,
    printing,
    serve,
    verify,
    writers,
)
from catalog.errors import CatalogError

app = typer.Typer(
    help="Find out what each dimension of a transformer encodes in its sign.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(build.build)
app.command("list")(catalogs.list_)
app.command()(catalogs.info)
app.command()(dimension.dimension)
app.command()(features.features)
app.command()(features.feature)
app.command()(discover.discover)
app.command()(evidence.evidence)
app.command()(flip.flip)
app.command()(writers.writers)
app.command()(compare.compare)
app.command()(verify.verify)
app.add_typer(labels.app, name="labels")
app.command()(doctor.doctor)
app.command()(serve.serve)
app.command()(demo.demo)


def main() -> None:
    """Entry point: a CatalogError becomes one sentence and exit 1; typer makes Ctrl-C exit 130."""
    try:
        app()
    except CatalogError as error:
        console = printing.console(stderr=True)
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
