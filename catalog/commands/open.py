"""`dims open`: fetch a published catalog, check it, and look at it."""

from typing import Annotated

import typer

from catalog.commands import printing, serve
from catalog.commands.options import Browser, Json, Port, Quiet, opened


def open_(
    catalog: Annotated[
        str, typer.Argument(help="hf://user/name, hf://user/name@revision, a slug or a path.")
    ],
    content_hash: Annotated[
        str | None, typer.Option("--hash", help="Refuse a catalog of another content hash.")
    ] = None,
    fetch_only: Annotated[
        bool, typer.Option("--fetch-only", help="Do not start the dashboard.")
    ] = False,
    port: Port = 8501,
    browser: Browser = True,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fetch a catalog of the hub, check its hashes, and open the dashboard on it."""
    from catalog.browse import describe
    from catalog.sharing import hub
    from catalog.store import integrity

    with printing.resumable(), printing.progress(quiet or as_json) as report:
        if hub.is_link(catalog):
            catalog = str(hub.fetch(catalog, report, content_hash))
        elif content_hash is not None:
            integrity.check(opened(catalog).path, catalog, content_hash)
    found = opened(catalog)
    known = describe.info(found)
    if as_json:
        printing.as_json({**known, "slug": found.slug})
        return
    print(f"{found.slug}: {known['model']}, {known['items']:,} items, {found.path}")
    print(f"Content hash {known['content_hash']}")
    if not fetch_only:
        raise typer.Exit(serve.run(port, browser, opens=found.slug))
