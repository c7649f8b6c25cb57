"""`dims report`: one self-contained, printable page about a catalog, for a reviewer.

It has no script and fetches nothing. Every section says how its figures are made again.
"""

from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from catalog.figures import evidence as evidence_figure
from catalog.figures import strips
from catalog.figures.text import number
from catalog.sharing import folders, identity, labels, page, summary
from catalog.sharing import report_sections as sections
from catalog.sharing.page import paragraph, section, table, text
from catalog.store.catalog import Catalog


class Written(NamedTuple):
    """What was written."""

    path: Path
    bytes: int
    claims: int
    labels: int
    private: int
    waiting: int


def write(catalog: Catalog, out: Path) -> Written:
    """Write the report of a catalog; DiskFull or CatalogError where it cannot be written."""
    claims = summary.evidence(catalog)
    public = labels.public(catalog)
    whole = document(catalog, claims, public)
    with folders.replaced(out) as partial:
        partial.write_text(whole, "utf-8")
    counts = (0, 0, 0) if public is None else (len(public.rows), public.private, public.waiting)
    return Written(out, out.stat().st_size, len(claims), *counts)


def document(catalog: Catalog, claims: list[dict[str, Any]], public: Any = None) -> str:
    """The whole page as HTML."""
    parts = [
        _identity(catalog),
        _evidence(catalog, claims),
        sections.features(catalog),
        sections.dimensions(catalog),
        sections.flips(catalog),
        sections.nulls(catalog),
        sections.untested(catalog),
        _labels(public),
        _repeat(catalog),
    ]
    shown = [one for one in parts if one]
    title = f"{catalog.slug}: what its dimensions encode in their signs"
    return page.document(title, _head(catalog, claims, title) + "".join(shown),
                         page.asset("report.css"))  # fmt: skip


def _head(catalog: Catalog, claims: list[dict[str, Any]], title: str) -> str:
    build, cell = catalog.build, catalog.primary
    sites = catalog.sites.dropna(subset="dims")
    known = summary.features(catalog)
    said = (
        f"{identity.shown_model(catalog)}, read {build['reading']}: {build['items']:,} items, "
        f"{int(sites['dims'].max()):,} dimensions, {len(sites)} sites. Verdicts are made at "
        f"{cell.site}, threshold {cell.threshold}, background {cell.background}, fixed beforehand."
    )
    parts = [page.element("h1", text(title)), paragraph(said, "lead")]
    counts = pd.Series([row["verdict"] for row in claims], dtype=object).value_counts().to_dict()
    if counts:
        parts.append(page.figure(strips.verdicts(counts), "The claims of the paper, arXiv "
                                 "2606.12629, on this model"))  # fmt: skip
    if len(known):
        judged = known[~known["small"].astype(bool)]
        above = int((judged["q"] < 0.05).sum())
        parts.append(paragraph(
            f"{len(judged)} categories could be judged at {cell.site}; the signs of {above} of "
            f"them beat random sets of as many words (q < 0.05)."
        ))  # fmt: skip
    links = [("identity", "Identity"), ("evidence", "Claims"), ("features", "Features"),
             ("dimensions", "Dimensions"), ("flips", "Flips"), ("nulls", "Nulls"),
             ("untested", "Not tested"), ("repeat", "Repeat it")]  # fmt: skip
    parts.append(page.element("nav", "".join(f'<a href="#{a}">{text(b)}</a>' for a, b in links)))
    return page.element("header", "".join(parts))


def _identity(catalog: Catalog) -> str:
    known = identity.of(catalog)
    names = {
        "model": "model", "revision": "revision", "architecture": "class", "parameters":
        "parameters", "modality": "items are", "reading": "reading", "items": "items", "dtype":
        "number format", "attention": "attention", "device": "device", "threads": "threads",
        "batch_size": "batch size", "seed": "seed of the pilot", "weights_hash": "weights, SHA-256",
        "identity": "identity, SHA-256", "content_hash": "content hash", "findings_hash":
        "findings hash", "built_at": "built, UTC", "versions": "versions",
    }  # fmt: skip
    known["parameters"], known["items"] = (f"{known[n]:,}" for n in ("parameters", "items"))
    known["versions"] = identity.versions(known)
    pairs = [(shown, known[name]) for name, shown in names.items() if known.get(name) is not None]
    pairs.append(("made by", identity.program()))
    return section("Identity", [page.facts(pairs)], "identity")


def _evidence(catalog: Catalog, claims: list[dict[str, Any]]) -> str:
    if not claims:
        said = f"The claims were not tested on this model yet: dims evidence {catalog.slug}"
        return section("The claims of the paper", [paragraph(said)], "evidence")
    build = catalog.build
    where = (
        f"{identity.shown_model(catalog)}, read {build['reading']}; {summary.usual_cell(claims)}"
    )
    drawn = evidence_figure.of_rows(claims, f"{catalog.slug}: claims and controls", where)
    intro = (
        "Each claim with its figure, 95 % interval and strongest control. The rule of each verdict "
        "was fixed before anything was measured; claims that something is absent are equivalence "
        "tests, so that little data never makes them hold."
    )
    rows = [_claim(row) for row in claims if row["value"] is not None]
    left = len(claims) - len(rows)
    open_ = f"{left} could not be tested; their reasons stand under What could not be tested."
    return section(
        "The claims of the paper",
        [paragraph(intro), page.figure(drawn), *rows, paragraph(open_, "soft") if left else "",
         page.repeat("evidence")],
        "evidence",
    )  # fmt: skip


def _claim(row: dict[str, Any]) -> str:
    beside = "; ".join(
        f"{name} {number(value)}" for name, value in row["controls"].items() if value is not None
    )
    figure = (
        f"{row['measure']}: {number(row['value'])} [{number(row['low'])}, {number(row['high'])}], "
        f"n = {row['n']:,} {row['unit']}. "
    )
    strongest = f"Strongest control: {row['strongest']}. " if row["strongest"] else ""
    head = page.element("h3", f"{page.chip(row['verdict'])} {text(row['statement'])}")
    body = [
        head,
        paragraph(f"{figure}{row['reason']}"),
        paragraph(f"{strongest}Beside it: {beside or 'nothing'}. The paper: {row['paper']}.",
                  "soft"),
        paragraph(f"{row['method']} ({row['cell']}; {row['seconds']:,.0f} s)", "soft"),
    ]  # fmt: skip
    return page.element("article", "".join(body))


def _labels(public: Any) -> str:
    """Labels that their authors made public; nothing where there are none."""
    if public is None or public.rows.empty:
        return ""
    names = ["site", "kind", "name", "pole", "text", "category", "clear_pole", "author"]
    rows = public.rows[names].fillna("").assign(
        test=public.rows["nothing"].fillna(""),
        final=public.rows["final"].map({True: "final", False: ""}),
    )  # fmt: skip
    shown = table(rows.drop(columns="test") if (rows["test"] == "").all() else rows)
    return section("Labels that their authors made public", [shown], "labels")


def _repeat(catalog: Catalog) -> str:
    parts = [
        paragraph(
            "Bits are equal on the same machine, device and thread count; elsewhere dims verify "
            "says how many differ. Every table and column explains itself in the file; any DuckDB "
            "client reads it."
        )
    ]
    for what, command in summary.commands(catalog):
        parts += [page.element("h3", text(what)), page.code(command)]
    parts.append(paragraph("The tables above, in any DuckDB session on the file:"))
    for name, query in summary.asked(catalog).items():
        parts.append(page.anchored(f"q-{name}", f"query: {name}", page.code(query.text)))
    return section("How to repeat it", parts, "repeat")
