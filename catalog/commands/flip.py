"""`dims flip`: change a feature's signs in the live model, beside its controls."""

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from catalog.commands import printing
from catalog.progress import Report, silent
from catalog.store import catalog as store
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    from catalog.flips.prompts import Prompt
    from catalog.flips.source import Source


def flip(
    catalog: Annotated[str, typer.Argument(help="Path of a catalog, or its slug.")],
    feature: Annotated[
        str, typer.Option(help="Category, discovered feature, saved concept, or 12+,40- by hand.")
    ],
    site: Annotated[str, typer.Option(help="Residual site, such as resid.4.")],
    prompts: Annotated[
        Path | None,
        typer.Option(
            help="A prompt (or item, such as #12) a line; by default 16 neutral, 16 eliciting."
        ),
    ] = None,
    positions: Annotated[
        str, typer.Option(help="all (but a beginning-of-text sink), last, or 0,2,3.")
    ] = "all",
    scale: Annotated[float, typer.Option(help="Times the change; 1 is the flip.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.", min=0)] = 0,
    dimensions: Annotated[
        int | None, typer.Option(help="Only so many dimensions, the strongest first.", min=1)
    ] = None,
    threshold: Annotated[str | None, typer.Option(help="zero or median.")] = None,
    words: Annotated[
        str | None, typer.Option(help="Words of an own concept, separated by commas.")
    ] = None,
    read: Annotated[
        str, typer.Option(help="Category whose tokens are read instead of the feature's own.")
    ] = "",
    edit: Annotated[
        list[str] | None,
        typer.Option(help="Further edit, such as 'resid.4 zero birds'; may be repeated."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="Where the model lies now.")] = None,
    quiet: Annotated[bool, typer.Option(help="Lines instead of a progress bar.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Flip a feature's signs while the model runs: does its concept fade, and only its concept?"""
    from catalog.flips import prompts as given

    opened = store.find(catalog)
    source = named(opened, feature, site, words, read, threshold)
    listed = given.from_file(prompts) if prompts else None
    with printing.progress(quiet) as report:
        known = measured(
            opened,
            source,
            site,
            listed,
            model,
            report,
            edits="\n".join(edit or ()),
            threshold=threshold,
            dimensions=dimensions,
            positions=positions,
            scale=scale,
            seed=seed,
        )
    if as_json:
        json.dump(known, sys.stdout, ensure_ascii=False, indent=2)
        print()
        return
    show(known)


def named(
    catalog: Catalog,
    feature: str,
    site: str,
    words: str | None,
    read: str,
    threshold: str | None = None,
) -> "Source":
    """What a name on the command line means: words, dimensions, discovered, category."""
    from catalog.flips.source import Source
    from catalog.store import feature_queries

    if words is not None:
        listed = tuple(word.strip() for word in words.split(",") if word.strip())
        return Source("concept", feature, listed, read)
    if re.fullmatch(r"[\d+\-,; ]+", feature):
        return Source("dimensions", feature, read=read)
    chosen = catalog.checked(site, threshold, catalog.primary.background)
    kept = catalog.fetch(feature_queries.discovered(site, chosen))
    return Source("discovered" if feature in set(kept["name"]) else "category", feature, read=read)


def measured(
    catalog: Catalog,
    feature: "str | Source",
    site: str,
    listed: "list[Prompt] | None" = None,
    model: str | None = None,
    report: Report = silent,
    edits: str = "",
    **settings: Any,
) -> dict[str, Any]:
    """Set up, run and judge a flip; the JSON form of `dims flip`. `edits`: further ones, a line
    each (see `catalog.flips.extra_edits`).

    Without `listed` 16 neutral and 16 eliciting prompts or items.
    """
    from catalog.flips import extra_edits, run
    from catalog.flips import flip as flip_ways
    from catalog.flips import report as flip_report

    extra = extra_edits.parse(catalog, edits, settings.get("threshold"))
    made = machine(catalog, model)
    setup = flip_ways.setup(made, catalog, feature, site, listed, extra=extra, **settings)
    found = run.run(made, setup, report)
    return flip_report.as_json(found, flip_report.summarize(found))


def machine(catalog: Catalog, source: str | None = None) -> Any:
    """The catalog's model as flips use it; CatalogError where its weights are other ones."""
    from dataclasses import replace

    from catalog.flips import flip as flip_ways
    from catalog.model.live import Live
    from catalog.model.opening import ModelKey

    build = catalog.build
    key = ModelKey.of({str(name): value for name, value in build.items()})
    key = key if source is None else replace(key, source=source, revision=None)
    return Live().submit(key, lambda loaded, _job: flip_ways.machine(loaded, catalog)).wait()


def show(known: dict[str, Any]) -> None:
    """Print what a flip did."""
    console = Console()
    console.print(known["sentence"], style="bold", markup=False, highlight=False)
    console.print(known["reason"], markup=False, highlight=False)
    rows = printing.table(
        "condition",
        known["readout"]["unit"],
        "95 %",
        "signs changed",
        "||delta||",
        "||x'||/||x||",
        "KL" if known["kl"] else "neighbours changed",
    )
    for name, one in known["conditions"].items():
        rows.add_row(
            name,
            f"{one['mean']:+.3f}",
            f"{one['low']:+.3f} to {one['high']:+.3f}",
            f"{one['changed']:.1%}",
            f"{one['delta_norm']:.3g}",
            f"{one['norm_ratio']:.3f}",
            f"{one['kl']:.3f}" if known["kl"] else f"{one['neighbours']:.0%}",
        )
    console.print(rows)
    other = known["specificity"]
    console.print(
        f"{other['as_low']} of {other['categories']} others fall as far; n = {known['prompts']} "
        f"{known['readout']['sample']} from {known['sources']} sources, "
        f"{known['readout']['read_on']}; worst random match {known['matching']['worst']:.1%}.",
        markup=False,
        highlight=False,
    )
    for warning in known["warnings"]:
        console.print(f"Warning: {warning}", markup=False)
