"""`dims features`, `dims feature`: measure every category, or read one feature."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from catalog.commands import printing
from catalog.commands.options import CatalogName, Json, Quiet, Ray, SiteName, Threshold, opened
from catalog.errors import NotInCatalog, SettingRefused, listed


def features(
    catalog: CatalogName,
    categories: Annotated[
        Path | None, typer.Option(help="Folder of category files; by default the shipped ones.")
    ] = None,
    nulls: Annotated[
        str, typer.Option(help="Sites at which matched nulls are drawn: all, or primary.")
    ] = "all",
    stored: Annotated[
        bool, typer.Option("--stored", help="List what the catalog holds; compute nothing.")
    ] = False,
    ray: Ray = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Measure every category at every site anew, and replace the catalog's findings."""
    from catalog import cluster
    from catalog.browse import describe
    from catalog.features import findings, fitting

    measured = opened(catalog)
    if not stored:
        with printing.progress(quiet) as report, cluster.taking(ray):
            findings.measure(measured, categories, report, nulls)
    elif not measured.measured:
        raise NotInCatalog(
            f"{measured.slug} has no features yet. Measure them with: dims features {measured.slug}"
        )
    rows = describe.features(measured)
    if as_json:
        printing.as_json(rows)
        return
    show_all(rows)
    told = fitting.advice(measured)
    if told is not None:
        print(told, file=sys.stderr)


def feature(
    catalog: CatalogName,
    site: SiteName,
    words: Annotated[str | None, typer.Option(help="Words, separated by commas.")] = None,
    category: Annotated[str | None, typer.Option(help="Name of a category.")] = None,
    threshold: Threshold = None,
    background: Annotated[
        str | None, typer.Option(help="What it is told apart from; by default the primary one.")
    ] = None,
    texts: Annotated[
        str | None,
        typer.Option(metavar="CATALOG", help="Try it in this catalog of tokens in context, too."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Read one feature: of a category, or of words made up on the spot."""
    from catalog.features import from_words
    from catalog.modalities.backgrounds import BACKGROUNDS

    if (words is None) == (category is None):
        raise typer.BadParameter("give either --words or --category", param_hint="--words")
    asked = opened(catalog)
    against = next((b for b in BACKGROUNDS if b == background), None)
    if background is not None and against is None:
        raise SettingRefused(f"--background is one of {', '.join(BACKGROUNDS)}.")
    against = against or asked.primary.background
    if category is not None:
        known = from_words.category_report(asked, site, category, threshold, against)
    else:
        listed = [word.strip() for word in str(words).split(",") if word.strip()]
        known = from_words.words_report(asked, site, listed, threshold, against)
    if texts is not None:
        from catalog.browse import in_context

        if category is None:
            raise typer.BadParameter("a feature made of words is not tried", param_hint="--texts")
        chosen = asked.checked(site, threshold)
        found = in_context.of(opened(texts), asked, category, site, chosen, against)
        known["in_context"] = in_context.as_json(found)
    if as_json:
        printing.as_json(known)
        return
    show(known)
    if "in_context" in known:
        show_in_context(known["in_context"])


def show_in_context(known: dict[str, Any]) -> None:
    """Print what a feature does in real text: how often it is right, and its false positives."""
    from rich.text import Text

    console = printing.console()
    console.print(
        f"in {known['positions']:,} positions of texts ({known['members']:,} of members): AUC "
        f"{known['auc']:.3f}, fires at {known['fires']:.1%}, precision "
        f"{_percent(known['precision'])}, recall {_percent(known['recall'])}",
        highlight=False,
    )
    bands = printing.table("agreement", "positions", "precision")
    for one in known["bands"]:
        ends = f"{one['low']:.2f} to {one['high']:.2f}"
        bands.add_row(ends, f"{one['positions']:,}", _percent(one["precision"]))
    console.print(bands)
    others = printing.table("no member", "agreement", "window")
    for one in known["false_positives"][:8]:
        others.add_row(Text(one["text"]), f"{one['agreement']:.2f}", Text(one["window"]))
    console.print(others)


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def show_all(rows: list[dict[str, Any]]) -> None:
    """Print every category at the site where it reads best, best first."""
    from rich.text import Text  # literal: no markup, no :emoji:

    from catalog.figures.text import between

    best: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["category"] not in best or row["auc"] > best[row["category"]]["auc"]:
            best[row["category"]] = row
    shown = printing.table("category", "site", "AUC [95 %]", "null", "q", "halves", "dims")
    for column in shown.columns[1:6]:
        column.no_wrap = True
    for row in sorted(best.values(), key=lambda r: -r["auc"]):
        marks = ("*" if row["fallback"] else "") + (" small" if row["small"] else "")
        shown.add_row(
            Text(row["category"]),
            row["site"],
            between(row["auc"], row["auc_low"], row["auc_high"], 2),
            printing.figure(row["null_p95"]),
            printing.share(row["q"]),
            "" if row["reliability"] is None else f"{row['reliability']:.2f}",
            f"{row['dimensions']}{marks}",
        )
    printing.console().print(shown)
    printing.console().print(
        "AUC with its 95 % interval over families; null: 95 % of random sets lie below; halves: "
        "split-half reliability; *: fallback, the strongest dimensions.",
        style="dim",
    )


def show(known: dict[str, Any]) -> None:
    """Print what `dims feature` knows."""
    from rich.text import Text

    from catalog.figures.text import between

    console = printing.console()
    console.print(f"{known['name']} at {known['site']}", style="bold", markup=False)
    size = f"{len(known['dimensions'])} dimensions{' (fallback)' if known['fallback'] else ''}"
    small = "   small: no verdict" if known["small"] else ""
    console.print(
        f"held-out AUC {between(known['prototype_auc'], known['low'], known['high'])}   "
        f"null p95 {printing.figure(known['null_p95'])}   "
        f"p {printing.share(known['p'])}   {size}{small}",
        highlight=False,
    )
    if known.get("missing"):
        console.print(f"not single tokens here: {listed(known['missing'])}", markup=False)
    dims = printing.table("dimension", "sign", "AUC", "q")
    strongest = sorted(known["dimensions"], key=lambda one: -abs(one["auc"] - 0.5))
    for one in strongest[:12]:
        sign = "+" if one["sign"] > 0 else "-"
        dims.add_row(str(one["dimension"]), sign, f"{one['auc']:.3f}", printing.share(one["q"]))
    console.print(dims)
    items = printing.table("agrees most", "agreement", "member")
    for one in known["top"][:24]:
        items.add_row(Text(one["text"]), f"{one['agreement']:.2f}", "yes" if one["member"] else "")
    console.print(items)
