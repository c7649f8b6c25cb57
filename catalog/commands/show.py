"""`dims show`: the figures of a page of the dashboard, from its link."""

from typing import Annotated, Any

import typer

from catalog.commands import printing
from catalog.commands.options import Json, Quiet


def show(
    link: Annotated[str, typer.Argument(help="From the address bar: the whole address.")],
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Say what a link of the dashboard shows; --json gives its figures."""
    from catalog.notebook import links

    with printing.progress(quiet) as report:
        found = links.figures(link, report)
    if as_json:
        printing.as_json(found)
        return
    place = f"{found['catalog']} › {found['site']} › {found['threshold']}"
    print(f"{found['page']}: {place}")
    for name, value in found["asked"].items():
        print(f"  {name} = {value!r}")
    for name, value in found["figures"].items():
        print(f"{name}: {_told(value)}")


def _told(value: Any) -> str:
    """A figure in a line; --json has the whole of it."""
    if isinstance(value, list):
        return f"{len(value):,} rows"
    if isinstance(value, dict):
        return ", ".join(map(str, value))[:100]
    return f"{value:.4g}" if isinstance(value, float) else ascii(value)[:100]
