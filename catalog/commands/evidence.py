"""`dims evidence`: the paper's claims on this model, each beside its strongest control."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from catalog.commands import printing
from catalog.commands.options import CatalogName, Json, ModelPlace, Quiet, Ray, opened


def evidence(
    catalog: CatalogName,
    model: ModelPlace = None,
    without_model: Annotated[
        bool, typer.Option("--without-model", help="Only rows that need no model.")
    ] = False,
    stored: Annotated[
        bool, typer.Option("--stored", help="Print the table as stored; compute nothing.")
    ] = False,
    sae: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Compare with a sparse autoencoder (SAELens, Gemma)."),
    ] = None,
    sae_site: Annotated[
        str | None, typer.Option(help="Site it reads, where its config does not say.")
    ] = None,
    ray: Ray = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Test the paper's claims on this model, each against its strongest control."""
    from catalog.browse import describe

    tested = opened(catalog)
    if sae is not None:
        from catalog.evidence import from_dictionaries

        with printing.progress(quiet) as report:
            row = from_dictionaries.measure(tested, sae, sae_site, model, report)
        told = {name: json.loads(row[name]) for name in ("controls", "curves")}
        if as_json:
            printing.as_json({"rows": [row | told]})
        else:
            show([row | told])
        return
    if not stored:
        from catalog import cluster
        from catalog.evidence import gather

        with printing.progress(quiet) as report, cluster.taking(ray):
            gather.gather(tested, model, not without_model, report)
    rows = describe.evidence(tested)
    if as_json:
        printing.as_json({"rows": rows})
        return
    show(rows)


def show(rows: list[dict[str, Any]]) -> None:
    """Print the evidence table: a claim, its figure and controls, the verdict and why."""
    console = printing.console()
    for row in rows:
        console.print(f"{row['verdict'].upper()}  {row['statement']}", style="bold", markup=False)
        if row["value"] is not None:
            console.print(
                f"  {row['measure']}: {row['value']:.3g} [{row['low']:.3g}, {row['high']:.3g}], "
                f"n = {row['n']} {row['unit']}; paper: {row['paper']}",
                markup=False,
                highlight=False,
            )
            beside = ", ".join(f"{name} {value:.3g}" for name, value in row["controls"].items())
            console.print(f"  beside: {beside}", markup=False, highlight=False)
        console.print(f"  {row['reason']} ({row['cell']})", markup=False, highlight=False)
