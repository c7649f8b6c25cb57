"""`dims dimension`: one dimension's statistics, and the items at its poles."""

from typing import Annotated, Any

import typer

from catalog.commands import printing
from catalog.commands.options import CatalogName, Json, SiteName, Threshold, opened

_TOLD = frozenset(
    {"share_positive", "entropy_bits", "mean", "std", "mean_abs"}
    | {"stability", "chance", "frequency_auc", "length_auc"}
)
"""Statistics that have a line of their own; the others follow in one."""


def dimension(
    catalog: CatalogName,
    site: SiteName,
    number: Annotated[int, typer.Argument(metavar="DIM", help="From 0.")],
    threshold: Threshold = None,
    as_json: Json = False,
) -> None:
    """Show one dimension: share positive, entropy, magnitude, and the items at its poles."""
    from catalog.browse import describe

    known = describe.dimension(opened(catalog), site, number, threshold)
    if as_json:
        printing.as_json(known)
        return
    show(known)


def show(known: dict[str, Any]) -> None:
    """Print what `dims dimension` knows."""
    from catalog.browse.describe import STATISTICS
    from catalog.signs import between

    console = printing.console()
    console.print(f"{known['site']} > dimension {known['dimension']}", style="bold")
    if known["threshold"] == "zero":
        console.print(
            f"share positive {known['share_positive']:.3f}   "
            f"entropy {known['entropy_bits']:.3f} bits",
            highlight=False,
        )
    else:
        console.print(
            f"threshold median = {known['threshold_value']:.3g} "
            "(share positive and entropy are constant by construction)"
        )
    console.print(
        f"mean {known['mean']:.3g}   sd {known['std']:.3g}   mean |x| {known['mean_abs']:.3g}",
        highlight=False,
    )
    rest = [f"{name} {known[name]:.3g}" for name in STATISTICS if _untold(name, known)]
    console.print("   ".join(rest), highlight=False)
    if known["stability"] is not None:
        console.print(
            f"stability to the next layer {known['stability']:.3f} (chance {known['chance']:.3f})",
            highlight=False,
        )
    if known["frequency_auc"] is not None:
        console.print(between.told(known["frequency_auc"], known["length_auc"]), highlight=False)
    _poles(known["poles"])


def _untold(name: str, known: dict[str, Any]) -> bool:
    """Whether a figure that the catalog holds has no line of its own."""
    return name not in _TOLD and known[name] is not None


def _poles(poles: dict[str, list[dict[str, Any]]]) -> None:
    """The items at each pole beside each other, a row a rank."""
    from rich.text import Text  # literal: no markup, no :emoji:

    shown = printing.table("+ pole", "value", "- pole", "value", "near", "value")
    columns = [poles[pole] for pole in ("positive", "negative", "near")]
    for rank in range(max(len(column) for column in columns)):
        cells: list[str | Text] = []
        for column in columns:
            one = column[rank] if rank < len(column) else None
            cells += [Text(one["text"]), f"{one['value']:.3g}"] if one else ["", ""]
        shown.add_row(*cells)
    printing.console().print(shown)
