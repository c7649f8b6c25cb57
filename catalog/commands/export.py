"""`dims export`: a catalog as files of another format."""

from dataclasses import asdict
from typing import Annotated

import typer

from catalog.commands import printing
from catalog.commands.options import CatalogName, Force, Json, Out, Quiet, opened


def export(
    catalog: CatalogName,
    out: Out,
    format: Annotated[
        str, typer.Option(help="parquet, csv, neuronpedia, saedashboard or safetensors.")
    ] = "parquet",
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Write a catalog as Parquet, CSV, Neuronpedia, SAEDashboard or safetensors files."""
    from catalog.sharing import exporting

    with printing.progress(quiet) as report:
        done = exporting.export(opened(catalog), format, out, force, report)
    if as_json:
        printing.as_json(asdict(done))
        return
    print(f"{done.files} files, {done.bytes / 1e6:,.1f} MB, in {done.out}")
    for name, count in done.counts.items():
        print(f"  {name}: {count:,}")
    for sentence in done.left_out:
        print(f"Left out: {sentence}")
    for sentence in kept(done.labels, done.private, done.waiting):
        print(sentence)


def kept(labels: int, private: int, waiting: int) -> list[str]:
    """What is said of labels that left, and of those that did not."""
    said = [f"{labels:,} public labels are in it."] if labels else []
    if private:
        said.append(
            f"{private:,} labels stayed: their authors have not made them public (dims labels "
            "consent NAME --public)."
        )
    if waiting:
        said.append(f"{waiting:,} stayed since their subject waits in somebody's open queue.")
    return said
