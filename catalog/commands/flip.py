"""`dims flip`: change a feature's signs in the live model, beside its controls."""

from pathlib import Path
from typing import Annotated, Any

import typer

from catalog.commands import options, printing
from catalog.commands.options import CatalogName, Json, ModelPlace, Quiet, Threshold


def flip(
    catalog: CatalogName,
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
    threshold: Threshold = None,
    words: Annotated[
        str | None, typer.Option(help="Words of an own concept, separated by commas.")
    ] = None,
    read: Annotated[
        str, typer.Option(help="Another category to read, or classes of the head, such as a;b.")
    ] = "",
    edit: Annotated[
        list[str] | None,
        typer.Option(help="Further edit, such as 'resid.4 zero birds'; may be repeated."),
    ] = None,
    model: ModelPlace = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Flip a feature's signs while the model runs: does its concept fade, and only its concept?"""
    from catalog.flips import flip as flipping
    from catalog.flips import prompts as given
    from catalog.flips.asked import Asked
    from catalog.flips.source import named

    opened = options.opened(catalog)
    listed = None if words is None else [one.strip() for one in words.split(",") if one.strip()]
    asked = Asked(
        named(opened, feature, site, listed, read, threshold),
        site,
        tuple(given.from_file(prompts)) if prompts else None,
        threshold=threshold,
        dimensions=dimensions,
        positions=positions,
        scale=scale,
        seed=seed,
        edits="\n".join(edit or ()),
    )
    with printing.progress(quiet) as report:
        known = flipping.measured(opened, asked, model, report)
    if as_json:
        printing.as_json(known)
        return
    show(known)


def show(known: dict[str, Any]) -> None:
    """Print what a flip did."""
    console = printing.console()
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
        f"{known['readout']['read_on']}; {known['random_features']['drawn']} fixed random "
        f"features, the worst {known['matching']['worst']:.1%} from away over all "
        f"{known['readout']['sample']} together, {known['matching']['worst_prompt']:.0%} at one.",
        markup=False,
        highlight=False,
    )
    for warning in known["warnings"]:
        console.print(f"Warning: {warning}", markup=False)
