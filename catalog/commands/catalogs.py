"""`dims list`, `dims info`: which catalogs there are, and how one was made."""

import sys
from typing import Any

from catalog import places
from catalog.commands import left_out, printing
from catalog.commands.build import degenerate_warnings
from catalog.commands.options import CatalogName, Json, opened


def list_(as_json: Json = False) -> None:
    """List the catalogs in the data folder ($DIMS_DATA, else ./data)."""
    from catalog.store import listing

    rows = listing.catalogs()
    if as_json:
        printing.as_json(rows)
        return
    if not rows:
        print(f"No catalogs in {places.catalogs()} yet. Build one with: dims build MODEL")
        return
    table = printing.table("slug", "model", "modality", "reading", "items", "MB")
    for row in rows:
        known = [str(row.get(key, "")) for key in ("model", "modality", "reading", "items")]
        shown = known if "problem" not in row else [row["problem"], "", "", ""]
        table.add_row(row["slug"], *shown, f"{row['bytes'] / 1e6:.1f}")
    printing.console().print(table)


def info(catalog: CatalogName, as_json: Json = False) -> None:
    """Say how a catalog was made, and which sites it holds."""
    from catalog.browse import describe

    known = describe.info(opened(catalog))
    if as_json:
        printing.as_json(known)
        return
    show(known)


def show(known: dict[str, Any]) -> None:
    """Print what `dims info` knows."""
    from rich.text import Text  # literal: no markup, no :emoji:

    console = printing.console()
    facts = printing.table("catalog", str(known["slug"]))
    hidden = ("sites", "absent", "slug", "versions")
    for key in known:
        if key not in hidden and known[key] is not None:
            facts.add_row(key, Text(str(known[key])))
    console.print(facts)
    sites = printing.table("site", "dims", "degenerate")
    for one in known["sites"]:
        sites.add_row(one["site"], str(one["dims"]), str(one["degenerate"]))
    console.print(sites)
    for one in known["absent"]:
        console.print(f"no {one['site']}: {one['reason']}", markup=False)
    for line in left_out.lines(known):
        print(line, file=sys.stderr)
    for warning in degenerate_warnings(known):
        console.print(f"Warning: {warning}", markup=False)
