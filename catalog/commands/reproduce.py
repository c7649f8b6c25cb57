"""`dims reproduce`: every claim of the paper on several models, as one report."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.commands import demo, printing
from catalog.commands.build import announce
from catalog.commands.options import Json, Quiet
from catalog.errors import SettingRefused
from catalog.progress import Report

if TYPE_CHECKING:
    from catalog.browse.reproduction import Reproduction
    from catalog.store.catalog import Catalog

MODELS = ("smollm2", "minilm", "storyteller", "digits", "sounds")
"""What is reported on where nothing is named: a real LM, a real encoder, and what ships."""


def reproduce(
    catalogs: Annotated[
        list[str] | None,
        typer.Argument(help=f"Catalogs or models; by default {', '.join(MODELS)}."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("docs"),
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Report on every claim of the paper; catalogs and evidence that are missing are made first."""
    from catalog.browse import reproduction

    names = catalogs or _installed()
    with printing.resumable(), printing.progress(quiet) as report:
        made = reproduction.Reproduction.of([_ready(name, report) for name in names])
    page = reproduction.write(made, out)
    _draw(made, out / reproduction.PICTURE)
    if as_json:
        verdicts = made.verdicts().to_dict("records")
        printing.as_json({"page": page, "catalogs": list(made.rows), "verdicts": verdicts})
        return
    print(f"Wrote {page}, with its figure and its data beside it.")


def _installed() -> list[str]:
    """The default models, but for packages that are not installed: they are named."""
    from catalog import places

    found = []
    for name in MODELS:
        packaged = places.PACKAGED.get(name)
        if packaged is None or packaged.installed:
            found.append(name)
        else:
            left = f"Left out {name}: {packaged.told}. Install it with: {packaged.install}"
            print(left, file=sys.stderr)
    return found


def _ready(name: str, report: Report) -> "Catalog":
    """The catalog of a name with its evidence, built and gathered where they are missing."""
    from catalog import places
    from catalog.building import build
    from catalog.building.settings import Settings
    from catalog.errors import CatalogMissing
    from catalog.evidence import gather
    from catalog.store import feature_queries
    from catalog.store.catalog import Catalog, find

    try:
        one = find(name)
    except CatalogMissing:
        if name not in places.by_name():
            raise
        items = demo.samples(name)
        settings = Settings(name, items=items, per_patch=demo.SAMPLES.get(name))
        one = Catalog(build.build(settings, report, announce))
    if one.fetch(feature_queries.evidence()).empty:
        gather.gather(one, report=report)
    return one


def _draw(made: "Reproduction", path: Path) -> None:
    """Write the figure as SVG."""
    from importlib.util import find_spec

    from catalog.figures import reproduction as figures

    if find_spec("vl_convert") is None:
        raise SettingRefused(
            f"The report is written, but not its figure {path}: that needs vl-convert-python. "
            "Install it with: pip install 'dimension-catalog[report]'"
        )
    figures.figure(made.readings(), made.verdicts()).save(str(path))
