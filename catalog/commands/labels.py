"""`dims labels`: carry labels out and in, and to another build; consent; a copy of all of it."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog import places
from catalog.errors import CatalogError, ImportRefused, SettingRefused

if TYPE_CHECKING:
    from catalog.store.catalog import Catalog
    from catalog.workspace.file import Workspace
    from catalog.workspace.transfer import Known

app = typer.Typer(help="Labels that people and machines gave.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
CatalogName = Annotated[
    str | None, typer.Option("--catalog", help="Only labels of this catalog's model.")
]
FORMATS = ("jsonl", "csv", "parquet", "label-studio", "neuronpedia")
_ENDINGS = {
    ".jsonl": "jsonl",
    ".gz": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
    ".json": "label-studio",
}
Format = Annotated[
    str | None,
    typer.Option("--format", help=f"{', '.join(FORMATS)}; by default from the file's ending."),
]


@app.command("export")
def export_(
    path: Annotated[Path, typer.Argument(help="File to write (a folder for neuronpedia).")],
    format: Format = None,
    catalog: CatalogName = None,
    as_json: Json = False,
) -> None:
    """Write labels to a file; jsonl is lossless: the whole workspace, and importable as it was."""
    from catalog.workspace import transfer

    chosen = _format(path, format)
    names = where(catalog)
    with _open() as workspace:
        if chosen == "jsonl":
            if catalog is not None:
                raise SettingRefused(
                    "jsonl carries the whole workspace: leave --catalog out, or choose csv."
                )
            rows: Any = transfer.export_jsonl(workspace, path)
        else:
            writers: dict[str, Any] = {
                "csv": transfer.export_csv,
                "parquet": transfer.export_parquet,
                "label-studio": transfer.export_label_studio,
                "neuronpedia": transfer.export_neuronpedia,
            }
            rows = writers[chosen](workspace, path, **names)
    left_out = 0
    if isinstance(rows, tuple):
        rows, left_out = rows
    if as_json:
        _print_json({"path": path, "format": chosen, "rows": rows, "left_out": left_out})
        return
    print(f"{rows:,} rows written to {path}")
    if left_out:
        print(f"{left_out:,} rows have no place in this format and were left out.")


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="File to read (a folder for neuronpedia).")],
    format: Format = None,
    any_model: Annotated[
        bool, typer.Option("--any-model", help="Take labels of models without a catalog here.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Add labels from a file; what is there already is not added twice, conflicts are listed."""
    from catalog.workspace import transfer

    if not path.exists():
        raise ImportRefused(f"There is no {path}: name the file to import.")
    readers: dict[str, Any] = {
        "jsonl": transfer.import_jsonl,
        "csv": transfer.import_csv,
        "parquet": transfer.import_parquet,
        "label-studio": transfer.import_label_studio,
        "neuronpedia": transfer.import_neuronpedia,
    }
    reader = readers["neuronpedia" if path.is_dir() else _format(path, format)]
    with _open() as workspace:
        report = reader(workspace, path, None if any_model else _known())
    if as_json:
        _print_json(asdict(report))
        return
    print(
        f"{report.read:,} rows read: {report.added:,} added, {report.same:,} were there already, "
        f"{report.conflicts:,} conflicts."
    )
    for sentence in report.examples:
        print(f"  {sentence}")


@app.command()
def carry(
    old: Annotated[str, typer.Argument(help="Catalog whose labels are carried.")],
    new: Annotated[str, typer.Argument(help="Catalog of another revision or reading.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it only say what.")] = False,
    as_json: Json = False,
) -> None:
    """Carry labels over to a rebuilt model: says what would move, stay or be lost."""
    from catalog.store.catalog import find
    from catalog.workspace import carrying

    before, after = (carrying.Version(**where(name)) for name in (old, new))
    with _open() as workspace:
        planned = carrying.plan(workspace, before, after, _dims(find(new)))
        moved = carrying.carry(workspace, planned) if yes else 0
    frames = {"moves": planned.moves, "kept": planned.kept, "lost": planned.lost}
    if as_json:
        rows = {k: f[["site", "kind", "name", "pole", "author"]] for k, f in frames.items()}
        _print_json({"moved": moved, **{k: f.to_dict("records") for k, f in rows.items()}})
        return
    print(
        f"{len(planned.moves)} labels {'moved' if yes else 'would move'}, {len(planned.kept)} stay "
        f"(their author has labelled the new one), {len(planned.lost)} have no place in {new}."
    )
    for row in planned.lost.itertuples():
        print(f"  no place: {row.site}/{row.name} by {row.author}")
    if not yes and len(planned.moves):
        print(f"Do it with: dims labels carry {old} {new} --yes")


@app.command()
def consent(
    person: Annotated[str | None, typer.Argument(help="By default only say who has.")] = None,
    public: Annotated[
        bool | None, typer.Option("--public/--private", help="Whether their labels may leave.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say whose labels may leave in exports, reports and sites: at first nobody's."""
    import uuid

    from catalog.workspace import consent as consents

    if (person is None) != (public is None):
        raise SettingRefused("Name the person and say --public or --private, or neither.")
    with _open() as workspace:
        if person is not None and public is not None:
            consents.give(workspace, uuid.uuid4().hex, person, public)
        people = sorted(consents.people(workspace))
    if as_json:
        _print_json({"public": people})
        return
    print(f"Labels of these people may leave: {', '.join(people) or 'nobody yet'}")


@app.command()
def backup(
    folder: Annotated[Path | None, typer.Argument(help="By default beside the workspace.")] = None,
    as_json: Json = False,
) -> None:
    """Copy the whole workspace into a new file."""
    with _open() as workspace:
        path = workspace.backup(folder)
    if as_json:
        _print_json({"path": path, "bytes": path.stat().st_size})
        return
    print(f"The workspace is copied to {path}")


def _open() -> "Workspace":
    from catalog.workspace.file import open_workspace

    return open_workspace()


def _format(path: Path, named: str | None) -> str:
    chosen = named or _ENDINGS.get(path.suffix.lower())
    if chosen not in FORMATS:
        raise SettingRefused(
            f"{named or path.name!r} says no format: give --format {', '.join(FORMATS)}."
        )
    return chosen


def where(name: str | None) -> dict[str, str]:
    """The names by which the log knows a catalog's model; none for None."""
    if name is None:
        return {}
    from catalog.store.catalog import find
    from catalog.workspace import subjects

    return subjects.of_build(find(name).build)


def _dims(catalog: "Catalog") -> dict[str, int]:
    sites = catalog.sites.dropna(subset="dims")
    return {str(site): int(count) for site, count in zip(sites.site, sites.dims, strict=True)}


def _known() -> "list[Known]":
    """What the catalogs at hand hold; unreadable ones are passed over."""
    from catalog.store.catalog import Catalog
    from catalog.workspace import subjects
    from catalog.workspace.transfer import Known

    known = []
    for catalog in map(Catalog, places.catalog_files()):
        try:
            known.append(Known(**subjects.of_build(catalog.build), sites=_dims(catalog)))
        except CatalogError:
            continue
    return known


def _print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    print()
