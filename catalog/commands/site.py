"""`dims site`: catalogs as static files for any web host."""

from dataclasses import asdict
from typing import Annotated

import typer

from catalog.commands import printing
from catalog.commands.export import kept
from catalog.commands.options import Force, Json, Out, Quiet, opened


def site(
    catalogs: Annotated[list[str], typer.Argument(help="Catalogs: paths or slugs.")],
    out: Out,
    with_files: Annotated[
        bool, typer.Option("--file/--no-file", help="The catalog files, too, for download.")
    ] = True,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Write catalogs as a folder of static files that any web host serves without Python."""
    from catalog.sharing import site as sites

    with printing.progress(quiet) as report:
        done = sites.write([opened(name) for name in catalogs], out, force, with_files, report)
    if as_json:
        printing.as_json(asdict(done))
        return
    print(
        f"{done.files:,} files, {done.bytes / 1e6:,.1f} MB, in {done.out}. Any web host serves "
        f"them; here: python -m http.server -d {done.out}"
    )
    for sentence in kept(done.labels, done.private, done.waiting):
        print(sentence)
