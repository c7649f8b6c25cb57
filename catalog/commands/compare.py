"""`dims compare`: two catalogs side by side, dimension by dimension, version by version."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from catalog.commands import printing
from catalog.commands.options import opened

if TYPE_CHECKING:
    from catalog.progress import Report
    from catalog.store.catalog import Catalog

_SHOWN = 12


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="Path of a catalog, or its slug.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another one; the same for two sites.")],
    site_a: Annotated[str | None, typer.Option(help="Of A; by default the middle one.")] = None,
    site_b: Annotated[
        str | None, typer.Option(help="Of B; by default the one at equal relative depth.")
    ] = None,
    threshold: Annotated[str | None, typer.Option(help="zero or median, on both sides.")] = None,
    draws: Annotated[
        int, typer.Option(help="Draws of each null; more where they decide.", min=10)
    ] = 20,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.", min=0)] = 0,
    rebuilt: Annotated[
        str | None, typer.Option(help="A second build of A's weights: the null of versions.")
    ] = None,
    model_a: Annotated[str | None, typer.Option(help="Where A's model lies now.")] = None,
    model_b: Annotated[str | None, typer.Option(help="Where B's model lies now.")] = None,
    without_model: Annotated[
        bool, typer.Option("--without-model", help="Leave out what needs a model.")
    ] = False,
    export: Annotated[
        Path | None, typer.Option(help="Folder to write every table to, as CSV and Parquet.")
    ] = None,
    quiet: Annotated[bool, typer.Option(help="Lines instead of a progress bar.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Compare two models: categories, matching dimensions with their nulls, changed signs."""
    from catalog.comparing import compare as whole
    from catalog.comparing import states

    asked = whole.Asked(
        opened(a),
        opened(b),
        site_a,
        site_b,
        threshold,
        draws,
        seed,
        opened(rebuilt) if rebuilt else None,
    )
    lie = {asked.a: model_a, asked.b: model_b}
    opener = whole.no_states if without_model else states.opener(lie)
    with printing.progress(quiet) as report:
        known, tables = whole.compare(asked, opener, report)
    if export is not None:
        whole.export(tables, export)
    if as_json:
        json.dump(known, sys.stdout, ensure_ascii=False, indent=2)
        print()
        return
    show(known)


def kept(a: "Catalog", b: "Catalog", report: "Report") -> None:
    """Compare two catalogs whose models are at hand; the cache keeps what the page reads."""
    from catalog.comparing import compare as whole
    from catalog.comparing import states

    whole.compare(whole.Asked(a, b), states.opener(), report)


def show(known: dict[str, Any]) -> None:
    """Print a comparison."""
    console = Console()

    def say(text: str, style: str = "") -> None:
        console.print(text, style=style, markup=False, highlight=False)

    if known.get("matches") is None:
        say(known["refused"][0], "bold")
        return
    one, other = known["a"], known["b"]
    say(f"A {one['catalog']} {one['site']} ({one['dims']}), B {other['catalog']} {other['site']} "
        f"({other['dims']}), threshold {one['threshold']}: {known['shared_items']:,} shared items. "
        f"{known['shared_how']}")  # fmt: skip
    for difference in known["differences"]:
        say(f"{difference['what']}: {difference['a']} | {difference['b']}. {difference['means']}")
    _matches(known["matches"], console, say)
    _categories(known["categories"], console, say)
    _versions(known, console, say)


def _matches(found: dict[str, Any], console: Console, say: Any) -> None:
    say(found["sentence"], "bold")
    rotation = found["rotation_null_p95"]
    turned = (
        "not drawn"
        if rotation is None
        else f"p95 {rotation:.3f} ({found['rotation_null_draws']} draws)"
    )
    say(f"Mean held-out |phi| {found['mean_phi']:.3f}; permuted items p95 "
        f"{found['null_p95']:.3f} ({found['null_draws']} draws), rotations {turned}; degenerate "
        f"{found['degenerate_a']} of A, {found['degenerate_b']} of B.")  # fmt: skip
    table = printing.table("A", "B", "polarity", "|phi|", "of phi_max", "q", "rotation q")
    for pair in found["pairs_found"][:_SHOWN]:
        turned = pair["rotation_q"]
        share = pair["phi"] / pair["phi_max"] if pair["phi_max"] else 0.0
        table.add_row(
            str(pair["a"]),
            str(pair["b"]),
            "same" if pair["polarity"] > 0 else "reversed",
            f"{pair['phi']:.3f}",
            f"{share:.0%}",
            printing.share(pair["q"]),
            "–" if turned is None else printing.share(turned),
        )
    console.print(table)


def _categories(rows: list[dict[str, Any]], console: Console, say: Any) -> None:
    judged = [row for row in rows if row["q"] is not None]
    clear = sorted((r for r in judged if r["q"] < 0.05), key=lambda r: -abs(r["difference"]))
    say(f"{len(judged)} shared categories of 40 families or more, {len(clear)} differ (q < 0.05).")
    if not clear:
        return
    table = printing.table("category", "A", "B", "A - B", "95 %", "q")
    for row in clear[:_SHOWN]:
        table.add_row(
            row["name"], f"{row['a']:.3f}", f"{row['b']:.3f}", f"{row['difference']:+.3f}",
            f"{row['low']:+.3f} to {row['high']:+.3f}", printing.share(row["q"]),
        )  # fmt: skip
    console.print(table)


def _versions(known: dict[str, Any], console: Console, say: Any) -> None:
    found = known["versions"]
    if found is None:
        say(f"Versions: {known['refused'][0]}")
        return
    say(f"Versions at {found['site']}: {found['rate']:.2%} of signs changed, "
        f"{found['null_rate']:.2%} between two builds of the base ({found['rebuilt']}); "
        f"{found['dimensions_beyond']} dimensions and {found['items_beyond']} items beyond it, "
        f"{found['dimensions_directed']} dimensions in one direction (q < 0.05).")  # fmt: skip
    table = printing.table("site", "signs changed", "rebuild null", "dimensions beyond")
    for row in found["sites"]:
        table.add_row(
            row["site"], f"{row['rate']:.2%}", f"{row['null_rate']:.2%}",
            f"{row['beyond']} of {row['dims']}",
        )  # fmt: skip
    console.print(table)
