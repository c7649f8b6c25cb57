"""`dims labels agreement`, `reliability`: how far people agree, and how sure each answer is."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog.commands import printing
from catalog.commands.labels import CatalogName, Json, where

if TYPE_CHECKING:
    import pandas as pd

    from catalog.workspace.reliability import Reliability

Site = Annotated[str | None, typer.Option(help="Only this site.")]
Second = Annotated[
    str | None,
    typer.Option("--second", help="Who labelled again, such as kim,lee: a second panel."),
]
AsText = Annotated[bool, typer.Option("--summary", help="Print the summary of a panel's work.")]
Out = Annotated[
    Path | None, typer.Option("--out", help="CSV file to write: a row a subject and field.")
]


def agreement(
    catalog: CatalogName = None,
    site: Site = None,
    second: Second = None,
    summary: AsText = False,
    as_json: Json = False,
) -> None:
    """Krippendorff's alpha and Fleiss' kappa of first blind answers; two panels compared."""
    from catalog.workspace import agreement as measuring
    from catalog.workspace import printable, protocol, scales
    from catalog.workspace.file import open_workspace

    with open_workspace() as workspace:
        answers = measuring.entering(workspace, **where(catalog), site=site)
    other = [name.strip() for name in (second or "").split(",") if name.strip()]
    if summary and not as_json:
        for place, rows in _builds(answers):
            print(printable.text(printable.summarise(place, rows, other)))
        return
    found = {
        field: asdict(measuring.measure(answers, field))
        | {"consensus": measuring.consensus(answers, field)}
        | {"protocol": _protocol(protocol.measure(answers, field, other))}
        for field in measuring.FIELDS
    }
    if as_json:
        printing.as_json({**found, "scales": _rows(scales.table(answers))})
        return
    _print(found)
    if not len(answers):
        print("Nobody has answered blind from the queue yet: dims serve, page Label.")


def _protocol(found: Any) -> dict[str, Any]:
    """What `measure` does not say already."""
    return {key: value for key, value in asdict(found).items() if key not in ("agreement", "field")}


def _builds(answers: "pd.DataFrame") -> "Iterator[tuple[str, pd.DataFrame]]":
    """Each build's answers, with its name; nobody's where there are none."""
    from catalog.workspace.subjects import OF_BUILD

    if answers.empty:
        yield "nothing", answers
    for (model, revision, read), rows in answers.groupby(list(OF_BUILD), sort=True):
        yield f"{model} (read {read}, {revision})", rows


def _print(found: Mapping[Any, dict[str, Any]]) -> None:
    heads = ("field", "alpha", "Fleiss", "raw", "subjects", "people", "unanimous")
    table = printing.table(*heads)
    for field, row in found.items():
        asked = row["protocol"]
        table.add_row(
            field.replace("_", " "),
            _spanned(row["alpha"], row["low"], row["high"]),
            _spanned(*asked["fleiss"].values()),
            _number(row["raw"]),
            str(row["units"]),
            str(row["people"]),
            _number(row["consensus"]["unanimous"]),
        )
    printing.console().print(table)
    for field, row in found.items():
        other = row["protocol"]["second"]
        if other is not None:
            kappa = _spanned(*other["kappa"].values())
            print(
                f"{field.replace('_', ' ')}: majorities of {', '.join(other['people'])} and of the "
                f"others, {other['subjects']:,} subjects: Cohen's kappa {kappa}"
            )


def reliability(catalog: CatalogName = None, out: Out = None, as_json: Json = False) -> None:
    """Posterior of every subject's true answer, and how often each labeler is right."""
    from catalog.store import cells
    from catalog.workspace import agreement as measuring
    from catalog.workspace import reliability as measuring_each
    from catalog.workspace.file import open_workspace

    with open_workspace() as workspace:
        answers = measuring.entering(workspace, **where(catalog))
    found = [
        (build, one)
        for field in measuring.FIELDS
        for build, one in measuring_each.each_build(answers, field).items()
    ]
    subjects, labelers = (_joined(found, name) for name in ("subjects", "labelers"))
    notes = [note for _, one in found for note in one.notes] or [
        "Nobody has answered blind from the queue yet: dims serve, page Label."
    ]
    if out is not None:
        out.write_text(cells.csv(subjects), "utf-8", newline="")
    if as_json:
        tables = {"subjects": _rows(subjects), "labelers": _rows(labelers)}
        pairs = _rows(_joined(found, "pairs"))
        printing.as_json({**tables, "pairs": pairs, "notes": notes})
        return
    table = printing.table("model", "field", "labeler", "right answers", "answers")
    for row in labelers.itertuples():
        accuracy = _spanned(row.accuracy, row.low, row.high)
        table.add_row(row.model, row.field, row.author, accuracy, f"{row.answers:,}")
    printing.console().print(table)
    for note in notes:
        print(note)
    if out is not None:
        print(f"{len(subjects):,} posteriors written to {out}")


def _joined(found: "list[tuple[tuple[str, str, str], Reliability]]", name: str) -> "pd.DataFrame":
    """One table of all builds and fields, the build's three names first."""
    import pandas as pd

    from catalog.workspace.subjects import OF_BUILD

    parts = []
    for build, one in found:
        part = getattr(one, name).copy()
        for place, (column, value) in enumerate(zip(OF_BUILD, build, strict=True)):
            part.insert(place, column, value)
        parts.append(part)
    if not parts:
        from catalog.workspace import copying, reliability

        columns = {
            "subjects": reliability.SUBJECT_COLUMNS,
            "labelers": reliability.LABELER_COLUMNS,
            "pairs": copying.COLUMNS,
        }
        return pd.DataFrame(columns=[*OF_BUILD, *columns[name]])
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _rows(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """Rows with None where nothing is."""
    import pandas as pd

    rows = frame.astype(object).to_dict("records")
    return [{key: None if pd.isna(v) else v for key, v in row.items()} for row in rows]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _spanned(value: float | None, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return _number(value)
    return f"{value:.3f} ({low:.3f} to {high:.3f})"
