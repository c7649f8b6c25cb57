"""`dims writers`: which FFN neurons write the features of a site, kept in the catalog."""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.text import Text

from catalog.browse import describe
from catalog.circuits import coalitions as writers_of
from catalog.circuits import measure
from catalog.commands import printing
from catalog.errors import NotInCatalog, SettingRefused
from catalog.progress import Report, silent
from catalog.sites import Site
from catalog.store import replacing as store
from catalog.store.catalog import Catalog, find

if TYPE_CHECKING:
    from catalog.model.down_projection import Strongest


def writers(
    catalog: Annotated[str, typer.Argument(help="Path of a catalog, or its slug.")],
    site: Annotated[
        str | None, typer.Argument(help="resid.L or final; by default the middle site.")
    ] = None,
    threshold: Annotated[str | None, typer.Option(help="zero or median.")] = None,
    draws: Annotated[
        int, typer.Option(help="Random item sets for each feature's null.", min=20)
    ] = measure.DRAWS,
    model: Annotated[str | None, typer.Option(help="Where the model lies now.")] = None,
    quiet: Annotated[bool, typer.Option(help="Lines instead of a progress bar.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Look for the FFN neurons that write each feature of a site, beside three nulls."""
    opened = find(catalog)
    with printing.progress(quiet) as report:
        chosen = measured(opened, site, threshold, model, report, draws)
    rows = describe.coalitions(opened, *chosen)
    if as_json:
        json.dump(
            {"site": chosen[0], "threshold": chosen[1], "features": rows},
            sys.stdout,
            ensure_ascii=False,
            indent=2,
        )
        print()
        return
    show(rows)


def measured(
    catalog: Catalog,
    site: str | None = None,
    threshold: str | None = None,
    model: str | None = None,
    report: Report = silent,
    draws: int = measure.DRAWS,
) -> tuple[str, str]:
    """Measure a site and write a copy that replaces the catalog; returns site and threshold.

    By default the cell that verdicts are made in. Raises a CatalogError.
    """
    first = catalog.primary
    where = site or first.site
    chosen = catalog.checked(where, threshold or first.threshold, first.background)
    if not catalog.measured:
        raise NotInCatalog(
            f"The categories of {catalog.slug} have not been measured yet. Measure them with: "
            f"dims features {catalog.slug}"
        )
    columns, strongest = columns_before(catalog, where, model, report)
    found = measure.measure(catalog, columns, where, chosen, report, draws)
    tables: dict[str, list[dict[str, Any]]] = {
        "coalition": found.coalitions,
        "writer": found.writers,
    }
    if where != "final":
        tables["dimension_writer"] = strongest
    store.replace_writers(catalog.path, where, chosen, tables)
    return where, chosen


def columns_before(
    catalog: Catalog, site: str, model: str | None, report: Report
) -> tuple[writers_of.Columns, list[dict[str, Any]]]:
    """Columns that can reach a site, and rows of `dimension_writer`, from the catalog's model.

    SettingRefused for keys, values and the embeddings, which no FFN writes to, and for a model
    with other weights; ModelUnavailable where it cannot be had.
    """
    where = Site.parse(site)
    if where.kind not in ("resid", "final") or where.layer == 0:
        raise SettingRefused(
            f"No FFN neuron writes to {site}: choose a residual site from resid.1 on, or final."
        )
    from catalog.model import down_projection as reader  # torch and transformers take seconds
    from catalog.model import opening

    report("loading the model", 0, 0)
    loaded = opening.of(catalog, model)
    written = reader.read(loaded, final=where.kind == "final")
    columns = written.columns if where.layer is None else written.columns.until(where.layer)
    return columns, list(strongest_rows(written.strongest))


def strongest_rows(found: "Iterable[Strongest]") -> Iterator[dict[str, Any]]:
    """Rows of `dimension_writer`."""
    for block in found:
        for dimension, (neurons, weights, rms) in enumerate(
            zip(block.neuron.tolist(), block.weight.tolist(), block.rms.tolist(), strict=True)
        ):
            for rank, (neuron, weight) in enumerate(zip(neurons, weights, strict=True), 1):
                yield {
                    "dimension": dimension,
                    "layer": block.layer,
                    "rank": rank,
                    "neuron": neuron,
                    "weight": weight,
                    "times_rms": abs(weight) / rms if rms else 0.0,
                }


def show(rows: list[dict[str, Any]]) -> None:
    """A table of coalitions, those with a verdict first, and what the paper's procedure gives."""
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
    console = Console()
    console.print(table)
    paper, normal = (np.mean([r[name] for r in rows]) for name in ("in_sample", _GAUSSIAN))
    console.print(
        "held out: agreement of the vote of 200 neurons on dimensions that did not choose them. "
        f"On those that did (the paper's procedure): {paper:.2f}, and {normal:.2f} with Gaussian "
        "weights.",
        highlight=False,
    )


_GAUSSIAN = "gaussian_in_sample"
