"""What the demo builds of real texts: the shipped passages in context, the contest with latents."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalog import places
from catalog.progress import Report

if TYPE_CHECKING:
    from catalog.store.catalog import Catalog


MOST = 248
"""Positions of a passage that are items: all that can be, for there are few passages."""


def build_texts(report: Report, model: str = "storyteller") -> "Iterator[Catalog]":
    """Build MODEL-context from the shipped texts, and hold both contests with the dictionary.

    Each where it is not there yet; yields the catalogs that grew. MODEL itself is measured already.
    """
    from catalog.building import build
    from catalog.building.settings import Settings
    from catalog.commands.build import announce
    from catalog.evidence import from_dictionaries
    from catalog.features import findings
    from catalog.store.catalog import Catalog

    shipped = places.shipped()
    text, read = (
        Catalog(places.catalogs() / f"{name}{places.SUFFIX}")
        for name in (model, f"{model}-context")
    )
    if not read.path.is_file():
        asked = Settings(model, texts=shipped / "texts", items_per_document=MOST)
        build.build(asked, report, announce)
    if not read.complete:
        findings.measure(read, report=report, matched_nulls="primary")
        yield read
    folder = shipped / "models" / f"{model}-sae"
    for one in (text, read):
        if folder.is_dir() and not from_dictionaries.held(one):
            from_dictionaries.measure(one, folder, report=report)
            yield one
