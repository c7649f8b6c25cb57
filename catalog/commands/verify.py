"""`dims verify`: recompute random items from the live model, and compare signs bit by bit."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog.commands import printing
from catalog.commands.options import CatalogName, Json, ModelPlace, opened

if TYPE_CHECKING:
    from catalog.building.verify import Verification


def verify(
    catalog: CatalogName,
    sample: Annotated[int, typer.Option(help="Random items to recompute.", min=1)] = 512,
    model: ModelPlace = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the sample.", min=0)] = None,
    as_json: Json = False,
) -> None:
    """Recompute random items from the live model; exit 1 where signs differ too often."""
    from catalog.browse import verifications
    from catalog.building import verify as verifying

    checked = opened(catalog)
    found = verifying.verify(checked, sample, model, seed)
    verifications.record(found, str(checked.build["model"]))
    if as_json:
        printing.as_json(plain(found))
    else:
        show(found)
    if not found.passed:
        raise typer.Exit(1)


def plain(found: "Verification") -> dict[str, Any]:
    """JSON form of a verification."""
    return {
        "catalog": str(found.catalog.path),
        "sample": found.sample,
        "passed": found.passed,
        "intact": found.intact,
        "content_hash": found.content_hash,
        "same_setting": found.same_setting,
        "sites": found.sites,
        "examples": found.examples,
    }


def show(found: "Verification") -> None:
    """Print what `dims verify` found."""
    console = printing.console()
    rows = printing.table("site", "threshold", "signs compared", "mismatches", "share")
    for one in found.sites:
        rows.add_row(
            one["site"],
            one["threshold"],
            f"{one['signs']:,}",
            f"{one['mismatches']:,}",
            f"{one['share']:.4%}",
        )
    console.print(rows)
    for one in found.examples:
        console.print(
            f"{one['site']}/{one['dimension']} item {one['item']} ({one['threshold']}): "
            f"|state - threshold| = {one['distance']:.2e}"
        )
    where = (
        "as built (0 mismatches required)"
        if found.same_setting
        else "on another device or thread count than the build's (0.1 % allowed)"
    )
    file = "matches" if found.intact else "DOES NOT match"
    console.print(
        f"{found.sample:,} items recomputed {where}; the file {file} its content hash: "
        f"{'passed' if found.passed else 'FAILED'}.",
        highlight=False,
    )
