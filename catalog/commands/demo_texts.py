"""What the demo builds of real texts: the shipped passages in context, the contest with latents."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalog import places
from catalog.progress import Report

if TYPE_CHECKING:
    from catalog.store.catalog import Catalog


def build_texts(report: Report, model: str = "storyteller") -> "Iterator[Catalog]":
    """Build MODEL-context from the shipped texts, and hold MODEL's contest with its dictionary.

    Each where it is not there yet; yields the catalogs that grew. MODEL itself is measured already.
    """
    from catalog.building import build
    from catalog.building.settings import Settings
    from catalog.commands.build import announce
    from catalog.evidence import from_dictionaries
    from catalog.features import findings
    from catalog.store.catalog import Catalog

    shipped = places.shipped()
    text = Catalog(places.catalogs() / f"{model}{places.SUFFIX}")
    folder = shipped / "models" / f"{model}-sae"
    if folder.is_dir() and not from_dictionaries.held(text):
        from_dictionaries.measure(text, folder, report=report)
        yield text
    read = Catalog(places.catalogs() / f"{model}-context{places.SUFFIX}")
    if not read.path.is_file():
        build.build(Settings(model, texts=shipped / "texts"), report, announce)
    if not read.complete:
        findings.measure(read, report=report, matched_nulls="primary")
        yield read
