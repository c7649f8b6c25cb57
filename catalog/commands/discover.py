"""`dims discover`: features of a site that no category gave, beside three nulls."""

from typing import Annotated, Any

import typer

from catalog.commands import printing
from catalog.commands.options import CatalogName, Json, Quiet, SiteName, Threshold, opened


def discover(
    catalog: CatalogName,
    site: SiteName,
    threshold: Threshold = None,
    seeds: Annotated[int, typer.Option(help="Random items to start from.", min=50)] = 1500,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = 0,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Search a site for features without any categories, beside three nulls."""
    from catalog.features import discovery

    searched = opened(catalog)
    with printing.progress(quiet) as report:
        found = discovery.discover(searched, site, threshold, seeds, seed, report)
    if as_json:
        printing.as_json(found)
        return
    show(found)


def show(found: dict[str, Any]) -> None:
    """Print a search's yield beside its nulls, and the strongest features."""
    console = printing.console()
    console.print(
        f"{found['site']}, threshold {found['threshold']}: of {found['seeds']:,} seeds "
        f"{found['yield']:.1%} have q < 0.05 (Gaussian signs: {found['gaussian_yield']:.1%}); "
        f"AUC {found['auc']:.3f} (Gaussian {found['gaussian_auc']:.3f}, permuted "
        f"{found['null_auc']:.3f}); {found['kept']:,} after merging.",
        highlight=False,
    )
    console.print(
        f"Paper's procedure (tested on the dimensions that chose the neighbours): "
        f"{found['paper_yield']:.1%}; the same on coin flips: {found['paper_coin_yield']:.1%}.",
        highlight=False,
    )
    rows = printing.table(
        "feature", "AUC", "q", "fires", "dims", "seeds merged", "nearest category", "AUC"
    )
    for one in found["features"][:20]:
        rows.add_row(
            one["name"],
            f"{one['auc']:.3f}",
            printing.share(one["q"]),
            f"{one['sparsity']:.2%}",
            str(one["dimensions"]),
            str(one["merged"]),
            one["category"] or "",
            printing.figure(one["category_auc"]),
        )
    console.print(rows)
