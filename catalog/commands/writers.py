"""`dims writers`: which FFN neurons write the features of a site, kept in the catalog."""

from typing import Annotated, Any

import typer

from catalog.commands import options, printing
from catalog.commands.options import CatalogName, Json, ModelPlace, Quiet, Threshold


def writers(
    catalog: CatalogName,
    site: Annotated[
        str | None, typer.Argument(help="resid.L or final; by default the middle site.")
    ] = None,
    threshold: Threshold = None,
    draws: Annotated[
        int, typer.Option(help="Random item sets for each feature's null.", min=20)
    ] = 200,
    model: ModelPlace = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Look for the FFN neurons that write each feature of a site, beside three nulls."""
    from catalog.browse import describe
    from catalog.circuits import measure

    opened = options.opened(catalog)
    with printing.progress(quiet) as report:
        chosen = measure.measured(opened, site, threshold, model, report, draws)
    rows = describe.coalitions(opened, *chosen)
    if as_json:
        printing.as_json({"site": chosen[0], "threshold": chosen[1], "features": rows})
        return
    show(rows)


def show(rows: list[dict[str, Any]]) -> None:
    """A table of coalitions, those with a verdict first, and what the paper's procedure gives."""
    from rich.text import Text

    table = printing.table("feature", "dims", "held out", "null p95", "q", "writers", "verdict")
    for row in rows:
        table.add_row(
            Text(row["name"]),
            str(row["dimensions"]),
            f"{row['held_out']:.3f}",
            f"{row['null_p95']:.3f}",
            "" if row["q"] is None else f"{row['q']:.3f}",
            str(row["writers"]),
            row["verdict"],
        )
    console = printing.console()
    console.print(table)
    if not rows:
        return
    paper, normal = (
        sum(row[name] for row in rows) / len(rows) for name in ("in_sample", "gaussian_in_sample")
    )
    console.print(
        "held out: agreement of the vote of 200 neurons on dimensions that did not choose them. "
        f"On those that did (the paper's procedure): {paper:.2f}, and {normal:.2f} with Gaussian "
        "weights.",
        highlight=False,
    )
