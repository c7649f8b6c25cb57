"""The report of a reproduction: every claim of the paper on several catalogs, as one page of text.

Figures come from the catalogs' evidence tables alone; what they mean is written by hand between
the marks of the page, and kept.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from catalog.browse import describe
from catalog.errors import NotInCatalog
from catalog.store.catalog import Catalog

BEGIN, END = "<!-- made by dims reproduce -->", "<!-- end of what dims reproduce made -->"
SIGNS = {
    "holds": "holds",
    "partly": "partly",
    "does not hold": "**no**",
    "undecided": "undecided",
    "cannot be tested": "–",
}
"""Verdicts as the table of all of them says them."""
PICTURE = "reproduction.svg"


@dataclass(frozen=True)
class Reproduction:
    """Several catalogs with evidence."""

    catalogs: Sequence[Catalog]
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    """By slug the rows of its evidence table."""

    @classmethod
    def of(cls, catalogs: Sequence[Catalog]) -> "Reproduction":
        """Read the evidence of each; NotInCatalog where one has none."""
        if not catalogs:
            raise NotInCatalog("There is no catalog to report on. Build one with: dims build MODEL")
        return cls(catalogs, {one.slug: describe.evidence(one) for one in catalogs})

    def readings(self) -> pd.DataFrame:
        """AUC by layer of each text catalog in each reading: catalog, reading, depth, auc, own.

        `depth` is the layer as a share of the model's.
        """
        found = []
        for one in self.catalogs:
            row = next((r for r in self.rows[one.slug] if r["claim"] == "reading"), None)
            curves = dict(row["curves"]) if row else {}
            layers = curves.pop("layer", [])
            for reading, aucs in curves.items():
                for layer, auc in zip(layers, aucs, strict=True):
                    found.append(
                        {
                            "catalog": one.slug,
                            "reading": reading,
                            "layer": layer,
                            "auc": auc,
                            "own": reading == one.build["reading"],
                        }
                    )
        return pd.DataFrame(found, columns=["catalog", "reading", "layer", "auc", "own"])

    def verdicts(self) -> pd.DataFrame:
        """Verdict of every claim on every catalog: claim, catalog, verdict; in order."""
        return pd.DataFrame(
            [
                {"claim": row["claim"], "catalog": slug, "verdict": row["verdict"]}
                for slug, rows in self.rows.items()
                for row in rows
            ]
        )

    def page(self, before: str | None) -> str:
        """The page in Markdown; what `before`, an earlier one, says around the marks is kept."""
        made = "\n".join(
            [
                BEGIN,
                "",
                *self._catalogs(),
                *self._readings(),
                *self._overview(),
                *self._claims(),
                END,
            ]
        )
        if before is None or BEGIN not in before or END not in before:
            return f"{_HEAD}\n{made}\n"
        first, rest = before.split(BEGIN, 1)
        return first + made + rest.split(END, 1)[1]

    def _catalogs(self) -> list[str]:
        lines = [
            "## What was measured", "",
            "| catalog | model | parameters | items | dimensions x sites | reading | cell of "
            "verdicts | states | evidence | content hash |",
            "|---|---|---:|---:|---:|---|---|---:|---:|---|",
        ]  # fmt: skip
        for one in self.catalogs:
            build, cell = one.build, one.primary
            sites = one.sites.dropna(subset="dims")
            seconds = sum({row["claim"]: row["seconds"] for row in self.rows[one.slug]}.values())
            took = _seconds(self.rows[one.slug]) or seconds
            lines.append(
                f"| {one.slug} | {build['architecture']} | {build['parameters'] / 1e6:,.1f} M | "
                f"{len(one.items):,} | {int(sites['dims'].iloc[0])} x {len(sites)} | "
                f"`{_cell(build['reading'])}` | {cell.threshold}, {cell.site}, {cell.background} | "
                f"{build['seconds']:,.0f} s | {took:,.0f} s | `{str(build['content_hash'])[:16]}` |"
            )
        machine = ", ".join(dict.fromkeys(str(one.build["machine"]) for one in self.catalogs))
        return [
            *lines,
            "",
            f"Machine: {machine}. Threads: {self.catalogs[0].build['threads']}.",
            "",
        ]

    def _readings(self) -> list[str]:
        lines = [f"![AUC by layer and reading; verdicts by claim]({PICTURE})", ""]
        tried = {one.slug: describe.readings(one) for one in self.catalogs}
        if any(tried.values()):
            lines += [
                "## The readings that were tried before a category was seen", "",
                "| catalog | reading | sign entropy, bits | norm outliers | degenerate | |",
                "|---|---|---:|---:|---:|---|",
            ]  # fmt: skip
        for slug, trials in tried.items():
            for one in trials:
                chosen = "chosen" if one["chosen"] else ""
                lines.append(
                    f"| {slug} | `{_cell(one['reading'])}` | {one['entropy_bits']:.3f} | "
                    f"{one['outliers']:.1%} | {one['degenerate']:.1%} | {chosen} |"
                )
        return [*lines, ""]

    def _overview(self) -> list[str]:
        """A line a claim, a column a catalog."""
        slugs = [one.slug for one in self.catalogs]
        lines = [
            "## Verdicts",
            "",
            f"| claim | {' | '.join(slugs)} |",
            f"|---|{'---|' * len(slugs)}",
        ]
        for key, statement in self._listed().items():
            cells = [_verdict(self._row(slug, key)) for slug in slugs]
            lines.append(f"| {statement} | {' | '.join(cells)} |")
        return [*lines, ""]

    def _claims(self) -> list[str]:
        """A table a claim: ours, the control, the paper's own procedure and figure."""
        lines = ["## Every claim", ""]
        for key, statement in self._listed().items():
            rows = [(one.slug, self._row(one.slug, key)) for one in self.catalogs]
            some = next(row for _, row in rows if row is not None)
            lines += [
                f"### {statement}", "",
                f"`{key}`: {some['measure']}. The paper: {some['paper']}. {some['method']}", "",
                "| catalog | figure [95 %] | n | strongest control | paper's procedure | verdict |",
                "|---|---:|---:|---|---|---|",
                *(_line(slug, row) for slug, row in rows if row is not None), "",
            ]  # fmt: skip
        return lines

    def _listed(self) -> dict[str, str]:
        """Statement of every claim that any catalog has, in order."""
        return {row["claim"]: row["statement"] for rows in self.rows.values() for row in rows}

    def _row(self, slug: str, key: str) -> Mapping[str, Any] | None:
        return next((row for row in self.rows[slug] if row["claim"] == key), None)


def write(made: Reproduction, folder: Path) -> Path:
    """Write the page and its data (JSON) into a folder; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "reproduction.md"
    page.write_text(made.page(page.read_text("utf-8") if page.is_file() else None), "utf-8")
    data = json.dumps({k: list(v) for k, v in made.rows.items()}, indent=1, default=str)
    (folder / "reproduction.json").write_text(f"{data}\n", "utf-8")
    return page


def _seconds(rows: Sequence[Mapping[str, Any]]) -> float:
    """Seconds of the whole table: rows that were made together share theirs."""
    return float(sum({round(float(row["seconds"]), 6) for row in rows}))


def _verdict(row: Mapping[str, Any] | None) -> str:
    return "–" if row is None else SIGNS[row["verdict"]]


def _line(slug: str, row: Mapping[str, Any]) -> str:
    if row["value"] is None:
        return f"| {slug} | | | | | {row['verdict']}: {row['reason']} |"
    strongest = row["strongest"]
    value = row["controls"].get(strongest)
    control = (
        "" if strongest is None else strongest if value is None else f"{strongest} {value:.3g}"
    )
    paper = "; ".join(
        f"{name.replace(_PROCEDURE, '').strip(' ,()') or 'figure'} {value:.3g}"
        for name, value in row["controls"].items()
        if "paper's" in name
    )
    figure = f"{row['value']:.3g} [{row['low']:.3g}, {row['high']:.3g}]"
    cells = (slug, figure, row["n"], control, paper, row["verdict"])
    return f"| {' | '.join(_cell(one) for one in cells)} |"


def _cell(value: object) -> str:
    """Text of a table's cell: a bar in it would end the cell."""
    return str(value).replace("|", r"\|")


_PROCEDURE = "paper's procedure"
_HEAD = """# Reproduction

The claims of the paper (arXiv 2606.12629) on the models at hand: our figure with its interval, its
strongest control, the paper's own procedure and figure beside it, and a verdict by a rule fixed
beforehand ([method.md](method.md)). Tables and the figure are made by `dims reproduce --out docs/`
from the catalogs' evidence tables; the data lie in [reproduction.json](reproduction.json).
"""
