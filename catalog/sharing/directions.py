"""Prototypes as directions: safetensors files, and vectors as Neuronpedia takes them.

A prototype is +1 and -1 at its registered dimensions and 0 elsewhere; divided by the root of their
number it is a unit vector, so that a dot product with it is a projection.
"""

import gzip
import json
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog.errors import NotInCatalog
from catalog.features import export
from catalog.features.export import Source
from catalog.sharing import identity
from catalog.sites import Site
from catalog.store import feature_queries, share_queries
from catalog.store.catalog import Catalog

FILE = "prototypes-{site}.safetensors"


class Directions(NamedTuple):
    """The prototypes of one site."""

    site: str
    dims: int
    names: tuple[str, ...]
    """Categories, in the order of the rows."""
    signs: NDArray[np.int8]
    """int8[categories, dims]: +1, -1, and 0 where a dimension is not registered."""
    strengths: NDArray[np.float64]
    """Mean |x| of the registered dimensions of each: a step of about their usual size."""

    @property
    def units(self) -> NDArray[np.float32]:
        """The same as vectors of length 1: float32[categories, dims]."""
        count = np.maximum(1, np.abs(self.signs).sum(axis=1, keepdims=True))
        units: NDArray[np.float32] = (self.signs / np.sqrt(count)).astype(np.float32)
        return units


def of(catalog: Catalog) -> Iterator[Directions]:
    """Prototypes of every measured site, at the threshold and background of verdicts.

    NotInCatalog where the categories have not been measured.
    """
    cell = catalog.primary
    sites = catalog.fetch(share_queries.measured_sites(cell.threshold, cell.background))
    if sites.empty:
        raise NotInCatalog(
            f"{catalog.slug} has no features, so there are no prototypes to take along. Measure "
            f"them with: dims features {catalog.slug}"
        )
    for place in sites.itertuples():
        rows = catalog.fetch(
            share_queries.prototypes(cell.threshold, cell.background, str(place.site))
        )
        names = tuple(sorted(set(rows["category"])))
        number = {name: n for n, name in enumerate(names)}
        signs = np.zeros((len(names), int(place.dims)), np.int8)
        signs[rows["category"].map(number).to_numpy(), rows["dimension"].to_numpy()] = rows["sign"]
        strengths = rows.groupby("category")["mean_abs"].mean().reindex(names).to_numpy(np.float64)
        yield Directions(str(place.site), int(place.dims), names, signs, strengths)


def safetensors(catalog: Catalog, folder: Path) -> int:
    """Write a file a site: `signs` (int8), `directions` (float32), strengths; their number.

    The metadata of each holds the names of the rows (JSON) and the identity of the catalog.
    """
    build, cell = catalog.build, catalog.primary
    known = {name: str(build[name]) for name in ("revision", "reading", "dtype", "content_hash")}
    about = {**known, "model": identity.shown_model(catalog), "threshold": cell.threshold,
             "background": cell.background, "findings_hash": str(build["findings_hash"]),
             "format": "dimension-catalog prototypes 1"}  # fmt: skip
    written = 0
    for one in of(catalog):
        tensors: dict[str, NDArray[Any]] = {
            "directions": one.units,
            "mean_abs": one.strengths,
            "signs": one.signs,
        }
        metadata = {**about, "site": one.site, "categories": json.dumps(one.names)}
        save(folder / FILE.format(site=one.site), tensors, metadata)
        written += 1
    return written


_KINDS = {"int8": "I8", "float32": "F32", "float64": "F64"}


def save(path: Path, tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> None:
    """Write arrays as a safetensors file: 8 bytes of length, a JSON header, then the numbers.

    Written here, since the library would load torch's side of this program with it.
    """
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    at = 0
    ordered = sorted(tensors.items(), key=lambda pair: (-pair[1].itemsize, pair[0]))
    for name, array in ordered:  # the widest numbers first, so that each stands aligned
        header[name] = {
            "dtype": _KINDS[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [at, at + array.nbytes],
        }
        at += array.nbytes
    text = json.dumps(header, ensure_ascii=True).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, array in ordered:
            little = array.astype(array.dtype.newbyteorder("<"), copy=False)
            file.write(np.ascontiguousarray(little).tobytes())


def neuronpedia_vectors(catalog: Catalog, folder: Path) -> int:
    """Write the prototypes of residual sites as Neuronpedia's vector uploads; their number.

    A file `vectors/<site>.jsonl.gz` a site, a body of an upload a line. None without features.
    """
    cell, build, count = catalog.primary, catalog.build, 0
    if catalog.fetch(feature_queries.cells())["cells"].iloc[0] == 0:
        return 0
    for one in of(catalog):
        if Site.parse(one.site).kind != "resid":
            continue
        place = folder / f"{one.site}.jsonl.gz"
        place.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(place, "wt", encoding="utf-8") as file:
            for name, signs, strength in zip(one.names, one.signs, one.strengths, strict=True):
                source = Source(
                    name, identity.shown_model(catalog), str(build["revision"]),
                    str(build["reading"]), one.site, cell.threshold, cell.background, one.dims,
                )  # fmt: skip
                at = np.flatnonzero(signs)
                file.write(export.neuronpedia_vector(source, at, signs[at], [strength]) + "\n")
                count += 1
    return count
