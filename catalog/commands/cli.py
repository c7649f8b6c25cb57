"""`dims`: build, read and serve catalogs. A module a command; here they come together.

A command parses, delegates and prints, and imports what it delegates to when it runs: a help text
needs neither NumPy nor DuckDB.
"""

import os
import sys
import traceback
from pathlib import Path

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
    export,
    features,
    flip,
    label_figures,
    label_machines,
    labels,
    maps,
    meanings,
    open,
    plan,
    printing,
    publish,
    report,
    reproduce,
    roles,
    serve,
    show,
    site,
    verify,
    writers,
)
from catalog.errors import CatalogError, ModelFailed

DEBUG = "DIMS_DEBUG"
"""Environment variable that lets Python tracebacks through."""

app = typer.Typer(
    help="Find out what each dimension of a transformer encodes in its sign.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(build.build)
app.command()(plan.plan)
app.command("list")(catalogs.list_)
app.command()(catalogs.info)
app.command()(dimension.dimension)
app.command()(features.features)
app.command()(features.feature)
app.command()(discover.discover)
app.command("map")(maps.map_)
app.command()(meanings.meanings)
app.command()(evidence.evidence)
app.command()(reproduce.reproduce)
app.command()(flip.flip)
app.command()(writers.writers)
app.command()(compare.compare)
app.command()(verify.verify)
labels.app.command()(label_figures.agreement)
labels.app.command()(label_figures.reliability)
labels.app.command()(label_machines.baseline)
labels.app.command()(label_machines.machine)
labels.app.command()(label_machines.test)
labels.app.command()(label_machines.league)
app.add_typer(labels.app, name="labels")
app.command()(export.export)
app.command()(report.report)
app.command()(site.site)
app.command()(show.show)
app.command()(publish.publish)
app.command("open")(open.open_)
app.command()(doctor.doctor)
app.command()(serve.serve)
app.add_typer(roles.app, name="roles")
app.command()(demo.demo)


def main() -> None:
    """Entry point: any error becomes one sentence and exit 1; typer makes Ctrl-C exit 130.

    An error that is no CatalogError is a fault of ours: DIMS_DEBUG=1 lets its traceback through.
    """
    try:
        app()
    except CatalogError as error:
        if os.environ.get(DEBUG) and isinstance(error, ModelFailed):
            traceback.print_exception(error.__cause__)
        _say(str(error))
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        _say(_fault(error))
    else:
        return
    sys.exit(1)


def _say(sentence: str) -> None:
    console = printing.console(stderr=True)
    console.print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)


def _fault(error: Exception) -> str:
    """What a person is told of an error that nobody foresaw."""
    frame, line = list(traceback.walk_tb(error.__traceback__))[-1]
    place = f"{Path(frame.f_code.co_filename).name}, line {line}"
    message = (str(error).strip().splitlines() or ["no message"])[0].rstrip(". ")[:200]
    return (
        f"dims failed, which is its own fault: {type(error).__name__} in {place}: {message}. Run "
        f"it again with {DEBUG}=1 for the traceback, and report that with what dims doctor prints."
    )


if __name__ == "__main__":
    main()
