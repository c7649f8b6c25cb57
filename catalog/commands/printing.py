"""How commands print: progress bars, tables and the sentences between them."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text  # literal: no markup, no :emoji:

from catalog.progress import Report
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    from catalog.building.build import Plan
    from catalog.building.verify import Verification

LEFT_OUT = 20
"""Skipped files that are named one by one."""
_LINE_SECONDS = 5.0
"""Least time between two progress lines where there is no terminal."""
DEGENERATE_WARNING = 0.25
"""Share of degenerate dimensions at a site above which a build warns."""


@contextmanager
def progress(quiet: bool) -> Iterator[Report]:
    """A callable that shows stage, items/s and time left: a bar on a terminal, else lines."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield _Lines().report
        return
    bar = Progress(
        TextColumn("{task.description:>8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("items  {task.fields[rate]:>7} items/s "),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    with bar:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if total == 0:
                console.print(stage, markup=False)
                return
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total, completed=done, rate="")
            speed = bar.tasks[tasks[stage]].speed
            rate = f"{speed:,.0f}" if speed else ""
            bar.update(tasks[stage], completed=done, total=total, rate=rate)

        yield report


class _Lines:
    """Progress for logs: a line at each new stage, then one every few seconds."""

    def __init__(self) -> None:
        self.stage, self.first, self.since, self.last = "", 0, 0.0, 0.0

    def report(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage != self.stage:
            self.stage, self.first, self.since, self.last = stage, done, now, 0.0
        if now - self.last < _LINE_SECONDS and done != total:
            return
        self.last = now
        rate = (done - self.first) / (now - self.since) if now > self.since else 0.0
        left = f", {(total - done) / rate:,.0f} s left" if rate else ""
        speed = f", {rate:,.0f} items/s" if rate else ""
        count = f" {done:,}/{total:,}" if total else ""
        print(f"{stage}{count}{speed}{left}", file=sys.stderr, flush=True)


def announce(plan: "Plan") -> None:
    """Say what will be built, and what it will take, before it starts."""
    work = plan.work
    model = work.model
    print(
        f"{model.name} ({model.architecture}, {model.parameters / 1e6:,.1f} M parameters, "
        f"{model.dtype}, {model.device}) -> {plan.path}\n"
        f"{work.items:,} items, reading {work.modality.reading!r}, {len(work.sites)} sites, "
        f"threshold {' and '.join(work.thresholds)}; about {plan.bytes / 1e6:,.0f} MB",
        file=sys.stderr,
    )
    if plan.patch_bytes:
        print(
            f"signs of every patch at {work.per_patch}: {plan.patch_bytes / 1e6:,.1f} MB of these",
            file=sys.stderr,
        )
    for site, reason in plan.absent.items():
        print(f"no {site}: {reason}", file=sys.stderr)


def built(catalog: Catalog) -> None:
    """Say what was built, and warn of degenerate dimensions."""
    from catalog.browse import describe

    known = describe.info(catalog)
    print(
        f"Built {known['slug']} in {known['seconds']:,.1f} s: {known['items']:,} items, "
        f"{known['bytes'] / 1e6:,.1f} MB.\n"
        f"Look at it with: dims serve, or: dims info {known['slug']}"
    )
    for line in left_out(known):
        print(line, file=sys.stderr)
    for warning in degenerate_warnings(known):
        print(f"Warning: {warning}", file=sys.stderr)


def left_out(known: dict[str, Any]) -> list[str]:
    """What became of the files of images or sounds: those skipped are named, with the reason."""
    media = known.get("media")
    if media is None:
        return []
    lines = []
    if media["skipped"]:
        lines.append(f"Skipped {media['skipped']:,} of {media['files']:,} files:")
        for one in media["left_out"][:LEFT_OUT]:
            lines.append(f"  {one['path']}: {one['reason']}")
        if len(media["left_out"]) > LEFT_OUT:
            lines.append("  The others are in the table media_skipped.")
    if media["duplicates"]:
        lines.append(f"{media['duplicates']:,} files are copies of others: one family with them.")
    if media["ignored"]:
        lines.append(f"{media['ignored']:,} files of other kinds were not looked at.")
    return lines


def degenerate_warnings(known: dict[str, Any]) -> list[str]:
    """A sentence where more than 25 % of a site's dimensions almost never change sign."""
    bad = [
        f"{one['site']} ({one['degenerate'] / one['dims']:.0%})"
        for one in known["sites"]
        if (one["degenerate"] or 0) > DEGENERATE_WARNING * one["dims"]
    ]
    if not bad:
        return []
    readings = {"bare": "--template special", "mean": "--pooling cls", "cls": "--pooling mean"}
    other = readings.get(known["reading"], "--template bare")
    return [
        f"many dimensions almost never change sign at {', '.join(bad)}. Threshold median does not "
        f"suffer from this; or build with {other}."
    ]


def table(*columns: str) -> Table:
    """A plain table with these column heads."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        made.add_column(name)
    return made


def show_info(known: dict[str, Any]) -> None:
    """Print what `dims info` knows."""
    console = Console()
    facts = table("catalog", str(known["slug"]))
    hidden = ("sites", "absent", "slug", "versions")
    for key in known:
        if key not in hidden and known[key] is not None:
            facts.add_row(key, Text(str(known[key])))
    console.print(facts)
    sites = table("site", "dims", "degenerate")
    for one in known["sites"]:
        sites.add_row(one["site"], str(one["dims"]), str(one["degenerate"]))
    console.print(sites)
    for one in known["absent"]:
        console.print(f"no {one['site']}: {one['reason']}", markup=False)
    for line in left_out(known):
        print(line, file=sys.stderr)
    for warning in degenerate_warnings(known):
        console.print(f"Warning: {warning}", markup=False)


def show_dimension(known: dict[str, Any]) -> None:
    """Print what `dims dimension` knows."""
    console = Console()
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
    if known["stability"] is not None:
        console.print(
            f"stability to the next layer {known['stability']:.3f} (chance {known['chance']:.3f})",
            highlight=False,
        )
    heads = ("+ pole", "value", "- pole", "value", "near", "value")
    poles = table(*heads)
    columns = [known["poles"][pole] for pole in ("positive", "negative", "near")]
    for rank in range(max(len(column) for column in columns)):
        cells: list[str | Text] = []
        for column in columns:
            one = column[rank] if rank < len(column) else None
            cells += [Text(one["text"]), f"{one['value']:.3g}"] if one else ["", ""]
        poles.add_row(*cells)
    console.print(poles)


def verification(found: "Verification") -> dict[str, Any]:
    """JSON form of a verification."""
    return {
        "catalog": str(found.catalog.path),
        "sample": found.sample,
        "passed": found.passed,
        "intact": found.intact,
        "content_hash": found.content_hash,
        "same_setting": found.same_setting,
        "sites": found.sites,
        "examples": found.examples,
    }


def show_verification(found: "Verification") -> None:
    """Print what `dims verify` found."""
    console = Console()
    rows = table("site", "threshold", "signs compared", "mismatches", "share")
    for one in found.sites:
        rows.add_row(
            one["site"],
            one["threshold"],
            f"{one['signs']:,}",
            f"{one['mismatches']:,}",
            f"{one['share']:.4%}",
        )
    console.print(rows)
    for one in found.examples:
        console.print(
            f"{one['site']}/{one['dimension']} item {one['item']} ({one['threshold']}): "
            f"|state - threshold| = {one['distance']:.2e}"
        )
    where = (
        "as built (0 mismatches required)"
        if found.same_setting
        else "on another device or thread count than the build's (0.1 % allowed)"
    )
    file = "matches" if found.intact else "DOES NOT match"
    console.print(
        f"{found.sample:,} items recomputed {where}; the file {file} its content hash: "
        f"{'passed' if found.passed else 'FAILED'}.",
        highlight=False,
    )


def show_features(rows: list[dict[str, Any]]) -> None:
    """Print every category at the site where it reads best, best first."""
    best: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["category"] not in best or row["auc"] > best[row["category"]]["auc"]:
            best[row["category"]] = row
    shown = table("category", "site", "AUC", "sd", "null p95", "q", "coherence", "dims", "")
    for row in sorted(best.values(), key=lambda r: -r["auc"]):
        notes = [word for word in ("small", "fallback") if row[word]]
        shown.add_row(
            Text(row["category"]),
            row["site"],
            f"{row['auc']:.3f}",
            f"{row['sd']:.3f}",
            _figure(row["null_p95"]),
            _share(row["q"]),
            _figure(row["coherence"]),
            str(row["dimensions"]),
            ", ".join(notes),
        )
    Console().print(shown)


def show_feature(known: dict[str, Any]) -> None:
    """Print what `dims feature` knows."""
    console = Console()
    console.print(f"{known['name']} at {known['site']}", style="bold", markup=False)
    size = f"{len(known['dimensions'])} dimensions{' (fallback)' if known['fallback'] else ''}"
    small = "   small: no verdict" if known["small"] else ""
    console.print(
        f"held-out AUC {_figure(known['prototype_auc'])}   null p95 {_figure(known['null_p95'])}   "
        f"p {_share(known['p'])}   {size}{small}",
        highlight=False,
    )
    if known.get("missing"):
        console.print(f"not single tokens here: {', '.join(known['missing'])[:300]}", markup=False)
    dims = table("dimension", "sign", "AUC", "q")
    strongest = sorted(known["dimensions"], key=lambda one: -abs(one["auc"] - 0.5))
    for one in strongest[:12]:
        sign = "+" if one["sign"] > 0 else "-"
        dims.add_row(str(one["dimension"]), sign, f"{one['auc']:.3f}", _share(one["q"]))
    console.print(dims)
    items = table("agrees most", "agreement", "member")
    for one in known["top"][:24]:
        items.add_row(Text(one["text"]), f"{one['agreement']:.2f}", "yes" if one["member"] else "")
    console.print(items)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"


def show_discovery(found: dict[str, Any]) -> None:
    """Print a search's yield beside its nulls, and the strongest features."""
    console = Console()
    console.print(
        f"{found['site']}, threshold {found['threshold']}: of {found['seeds']:,} seeds "
        f"{found['yield']:.1%} have q < 0.05 (Gaussian signs: {found['gaussian_yield']:.1%}); "
        f"AUC {found['auc']:.3f} (Gaussian {found['gaussian_auc']:.3f}, permuted "
        f"{found['null_auc']:.3f}); {found['kept']:,} after merging.",
        highlight=False,
    )
    console.print(
        f"Paper's procedure (tested on the dimensions that chose the neighbours): "
        f"{found['paper_yield']:.1%}; the same on coin flips: {found['paper_coin_yield']:.1%}.",
        highlight=False,
    )
    rows = table("feature", "AUC", "q", "fires", "dims", "seeds merged", "nearest category", "AUC")
    for one in found["features"][:20]:
        rows.add_row(
            one["name"],
            f"{one['auc']:.3f}",
            _share(one["q"]),
            f"{one['sparsity']:.2%}",
            str(one["dimensions"]),
            str(one["merged"]),
            one["category"] or "",
            _figure(one["category_auc"]),
        )
    console.print(rows)


def show_evidence(rows: list[dict[str, Any]]) -> None:
    """Print the evidence table: a claim, its figure and controls, the verdict and why."""
    console = Console()
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
