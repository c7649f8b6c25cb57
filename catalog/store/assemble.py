"""Write the catalog file of a finished states stage, and move it into place in one step."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from catalog import parallel
from catalog.modalities import frequency
from catalog.modalities.frequency import Halves
from catalog.signs import between, bits
from catalog.signs.moments import Frozen
from catalog.sites import Site
from catalog.store import file, hashing
from catalog.store.checkpoint import Checkpoint, Progress, SiteSums

POLES = ("positive", "negative", "near zero", "near median")
QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}


@dataclass(frozen=True)
class Known:
    """What the file holds besides what the states stage computed."""

    build: Mapping[str, Any]
    """Columns of the table build, but the hashes."""
    items: pd.DataFrame
    """The table item."""
    order: NDArray[np.int64]
    """The item number at each place in build order."""
    absent: Mapping[Site, str]
    """Sites that were asked for, and why they are not there."""
    extra: Iterable[tuple[str, dict[str, Any]]] = ()
    """Tables that belong to the items of a modality, as (table, columns) in pieces."""
    halves: Mapping[str, Halves] | None = None
    """Frequent and rare, long and short items; None: as their texts have it."""


def assemble(path: Path, checkpoint: Checkpoint, progress: Progress, known: Known) -> str:
    """Write the catalog at `path` and return its content hash."""
    frozen_and_batch = checkpoint.frozen()
    assert frozen_and_batch is not None
    partial = checkpoint.folder / "catalog.partial"
    with file.writing(partial, len(known.items)) as connection:
        chunks = pd.DataFrame([vars(chunk) for chunk in progress.chunks])
        file.insert(connection, "chunk", _columns(chunks))
        file.insert(connection, "item", _columns(known.items))
        for table, columns in known.extra:
            file.insert(connection, table, columns)
        halves = known.halves
        if halves is None:
            textual = known.build["modality"] == "text"
            halves = frequency.of_items(known.items) if textual else {}
        frozen = frozen_and_batch[0]
        writer = _Sites(connection, checkpoint, progress, known.order, frozen, halves)
        writer.write(list(known.build["thresholds"]), known.absent)
        digest = hashing.content_hash(connection)
        row = {**known.build, "content_hash": digest, "findings_hash": None}
        file.insert(connection, "build", {k: pa.array([v]) for k, v in row.items()})
    os.replace(partial, path)
    return digest


def _columns(frame: pd.DataFrame) -> dict[str, Any]:
    return {str(name): pa.array(frame[name], from_pandas=True) for name in frame.columns}


class _Sites:
    """Writes everything that belongs to a site, one site in memory at a time."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        checkpoint: Checkpoint,
        progress: Progress,
        order: NDArray[np.int64],
        frozen: dict[str, Frozen],
        halves: Mapping[str, Halves],
    ) -> None:
        self.connection, self.checkpoint, self.progress = connection, checkpoint, progress
        self.order, self.frozen, self.halves = order, frozen, halves

    def write(self, thresholds: Sequence[str], absent: Mapping[Site, str]) -> None:
        """Write all sites in order, absent ones with their reason."""
        present = {Site.parse(name): sums for name, sums in self.progress.sums.items()}
        degenerate = {}
        before: dict[str, tuple[Site, pd.DataFrame, bits.Packed]] = {}
        inside = sorted(present, key=lambda s: s.order)
        made = parallel.ahead(self._made, [(site, t) for site in inside for t in thresholds])
        for site in inside:
            self._values(site, present[site])
            for threshold in thresholds:
                by_item, by_dimension, frame = next(made)
                columns = threshold == "zero" or len(thresholds) == 1
                self._signs(site, threshold, by_item, by_dimension if columns else None)
                del by_item
                if threshold == "zero":
                    share = frame["share_positive"].to_numpy()
                    degenerate[site] = int(bits.degenerate(share).sum())
                if threshold in before:
                    self._stability(before.pop(threshold), site, frame, by_dimension)
                if site.kind == "resid":
                    before[threshold] = site, frame, by_dimension
                else:
                    self._insert_signs(frame)
            last = site.kind == "resid" and Site("resid", (site.layer or 0) + 1) not in present
            for threshold in thresholds if last else ():
                self._insert_signs(before.pop(threshold)[1])
        self._sites(present, degenerate, absent)

    def _values(self, site: Site, sums: SiteSums) -> None:
        moments, frozen = sums.moments, self.frozen[str(site)]
        dims = len(frozen.median)
        flat = pa.array(moments.histogram.astype(np.int32).ravel())
        quantiles = {name: moments.quantile(share, frozen) for name, share in QUANTILES.items()}
        columns = {
            "site": file.constant(str(site), dims),
            "dimension": np.arange(dims, dtype=np.int32),
            "mean": moments.mean,
            "std": moments.std,
            "mean_abs": moments.mean_abs,
            "minimum": moments.minimum,
            "maximum": moments.maximum,
            **quantiles,
            "low": frozen.low,
            "high": frozen.high,
            "histogram": pa.FixedSizeListArray.from_arrays(flat, moments.histogram.shape[1]),
        }
        file.insert(self.connection, "dimension", columns)
        for name, pole in sums.poles.items():
            if name not in POLES:
                continue  # collected for other tables
            real = np.isfinite(pole.scores)
            dimension, rank = np.nonzero(real)
            columns = {
                "site": file.constant(str(site), len(rank)),
                "dimension": dimension.astype(np.int32),
                "pole": file.constant(name, len(rank)),
                "rank": (rank + 1).astype(np.int16),
                "item": pole.items[real],
                "value": pole.values[real],
            }
            file.insert(self.connection, "pole", columns)

    def _made(self, place: tuple[Site, str]) -> tuple[bits.Packed, bits.Packed, pd.DataFrame]:
        """Signs of a site at a threshold by item and by dimension, its rows of dimension_sign."""
        site, threshold = place
        frozen = self.frozen[str(site)]
        dims, items = len(frozen.median), len(self.order)
        by_item = np.empty((items, -(-dims // 8)), np.uint8)
        for chunk in self.progress.chunks:
            places = self.order[chunk.first_item : chunk.first_item + chunk.items]
            by_item[places] = self.checkpoint.signs(chunk.chunk, f"{site}/{threshold}")
        by_dimension = bits.transpose(by_item, dims)
        positives = bits.count_positive(by_dimension)
        frame = pd.DataFrame(
            {
                "site": str(site),
                "threshold": threshold,
                "dimension": np.arange(dims, dtype=np.int32),
                "value": frozen.median if threshold == "median" else np.float32(0),
                "positives": positives.astype(np.int32),
                "share_positive": positives / items,
                "entropy_bits": bits.entropy(positives / items),
                "stability": np.nan,
                "chance": np.nan,
                "kappa": np.nan,
                **{f"{name}_auc": self._apart(by_dimension, name) for name in frequency.NAMES},
            }
        )
        return by_item, by_dimension, frame

    def _signs(
        self, site: Site, threshold: str, by_item: bits.Packed, by_dimension: bits.Packed | None
    ) -> None:
        """Insert the packed signs of a site; None: not those by dimension."""
        tables = {"item": by_item, "dimension": by_dimension}
        for name, packed in tables.items():
            if packed is not None:
                rows = len(packed)
                columns = {
                    "site": file.constant(str(site), rows),
                    "threshold": file.constant(threshold, rows),
                    name: np.arange(rows, dtype=np.int32),
                    "bits": file.blobs(packed),
                }
                file.insert(self.connection, f"signs_by_{name}", columns)

    def _apart(self, by_dimension: bits.Packed, name: str) -> NDArray[np.float64] | float:
        """How well each sign tells frequent words from rare, or long from short; NaN of media."""
        found = self.halves.get(name)
        return np.nan if found is None else between.sign_auc(by_dimension, *found)

    def _stability(
        self,
        before: tuple[Site, pd.DataFrame, bits.Packed],
        site: Site,
        frame: pd.DataFrame,
        by_dimension: bits.Packed,
    ) -> None:
        """Complete the earlier site's rows with its stability to this one, and insert them."""
        earlier, rows, packed = before
        following = site.kind == "resid" and (site.layer or 0) == (earlier.layer or 0) + 1
        if following and len(packed) == len(by_dimension):
            same = bits.count_same(packed, by_dimension, len(self.order)) / len(self.order)
            p, q = rows["share_positive"], frame["share_positive"]
            chance = (p * q + (1 - p) * (1 - q)).clip(0, 1)
            rows["stability"], rows["chance"] = same, chance
            rows["kappa"] = ((same - chance) / (1 - chance)).where(chance < 1)
        self._insert_signs(rows)

    def _insert_signs(self, rows: pd.DataFrame) -> None:
        file.insert(self.connection, "dimension_sign", _columns(rows))

    def _sites(
        self,
        present: Mapping[Site, SiteSums],
        degenerate: Mapping[Site, int],
        absent: Mapping[Site, str],
    ) -> None:
        rows = [
            {
                "site": str(site),
                "position": position,
                "kind": site.kind,
                "layer": site.layer,
                "dims": present[site].moments.histogram.shape[0] if site in present else None,
                "degenerate": degenerate.get(site),
                "absent": absent.get(site),
            }
            for position, site in enumerate(sorted([*present, *absent], key=lambda s: s.order))
        ]
        table = pa.Table.from_pylist(rows)
        columns = dict(zip(table.column_names, table.columns, strict=True))
        file.insert(self.connection, "site", columns)
