"""`dims report`: one page about a catalog that can be sent, printed and repeated."""

from pathlib import Path
from typing import Annotated

import typer

from catalog.commands import printing
from catalog.commands.export import kept
from catalog.commands.options import CatalogName, Json, opened


def report(
    catalog: CatalogName,
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("report.html"),
    as_json: Json = False,
) -> None:
    """Write what was found as one self-contained, printable page for a reviewer."""
    from catalog.sharing import report as reports

    done = reports.write(opened(catalog), out)
    if as_json:
        printing.as_json(done._asdict())
        return
    print(f"Wrote {done.path}: {done.claims} claims, {done.bytes / 1e6:,.2f} MB")
    for sentence in kept(done.labels, done.private, done.waiting):
        print(sentence)
