"""What the demo builds so that Compare is alive without a network: other versions of one model."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalog import places
from catalog.progress import Report

if TYPE_CHECKING:
    from catalog.store.catalog import Catalog


def build_versions(report: Report, base: str = "storyteller") -> "Iterator[Catalog]":
    """Build the catalogs BASE-int8 and BASE-bfloat16 where there are none; yields them.

    int8: the shipped model's matrices rounded, from a folder under the data folder's models.
    bfloat16: the same weights in another number format, the null of every comparison of versions.
    Both without findings: a few seconds each.
    """
    from catalog.building import build
    from catalog.building.settings import Settings
    from catalog.commands.build import announce
    from catalog.store.catalog import Catalog

    rounded = places.catalogs() / f"{base}-int8{places.SUFFIX}"
    if not rounded.is_file():
        from catalog.model.quantising import to_int8

        folder = to_int8(places.shipped_models()[base], places.data() / "models" / f"{base}-int8")
        yield Catalog(build.build(Settings(str(folder)), report, announce))
    again = places.catalogs() / f"{base}-bfloat16{places.SUFFIX}"
    if not again.is_file():
        asked = Settings(base, name=f"{base}-bfloat16", dtype="bfloat16")
        yield Catalog(build.build(asked, report, announce))
