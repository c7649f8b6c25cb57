"""Verify a catalog: recompute random items from the live model and compare signs bit by bit."""

import json
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from catalog.building import reopen
from catalog.building.build import versions
from catalog.errors import CatalogUnreadable
from catalog.modalities import Modality
from catalog.model import device as devices
from catalog.model import loading, opening, stage, states
from catalog.signs import bits
from catalog.sites import Site
from catalog.store import file, hashing
from catalog.store.catalog import Catalog

ELSEWHERE = 0.001
"""Share of mismatches allowed where machine, device or thread count differ from the build's."""
LISTED = 20
"""Mismatches listed with their |state|."""


@dataclass(frozen=True)
class Verification:
    """What a verification found."""

    catalog: Catalog
    sample: int
    sites: list[dict[str, Any]]
    """site, threshold, items, signs compared, mismatches, share; a row per site and threshold."""
    examples: list[dict[str, Any]]
    """The worst mismatches: site, threshold, item, dimension, |state - threshold|."""
    same_setting: bool
    """Whether device, threads, processor and PyTorch are the build's: 0 mismatches are required."""
    content_hash: str
    """Recomputed from the file."""
    intact: bool
    """Whether the recomputed content hash is the stored one."""

    @property
    def passed(self) -> bool:
        """0 mismatches in the build's own setting, at most 0.1 % elsewhere, and an intact file."""
        allowed = 0.0 if self.same_setting else ELSEWHERE
        return self.intact and all(row["share"] <= allowed for row in self.sites)


def verify(
    catalog: Catalog, sample: int, model: str | None = None, seed: int | None = None
) -> Verification:
    """Recompute `sample` random items of a catalog with the model it names.

    `model` names the model's folder where it moved; weights of another hash are refused. The
    sample is padded to the recorded batch size. `seed` None draws another sample each time.
    """
    try:
        return _verify(catalog, sample, model, seed)
    except duckdb.Error as error:
        raise CatalogUnreadable(
            f"{catalog.path} is damaged. Build it again with: dims build MODEL --force"
        ) from error


def _verify(catalog: Catalog, sample: int, model: str | None, seed: int | None) -> Verification:
    with file.open_readonly(catalog.path) as connection:
        relation = connection.sql("FROM catalog.build")
        build = relation.to_arrow_table().to_pylist()[0]
        loaded = opening.of(catalog, model)
        modality = reopen.reopen(catalog, loaded)
        items = _sample(connection, len(modality.items), sample, seed)
        rows, examples = _compare(connection, build, loaded, modality, items)
        digest = hashing.content_hash(connection)
    same = _setting(loaded) == (
        build["threads"],
        build["device"],
        build["machine"],
        json.loads(build["versions"])["torch"],
    )
    return Verification(
        catalog=catalog,
        sample=sum(len(numbers) for numbers in items.values()),
        sites=rows,
        examples=examples,
        same_setting=same,
        content_hash=digest,
        intact=digest == build["content_hash"],
    )


def _setting(model: loading.LoadedModel) -> tuple[int, str, str, str]:
    """What decides about the last bit: threads, device, processor, version of PyTorch."""
    return (
        devices.threads(model.device),
        str(model.device),
        devices.machine(),
        versions()["torch"],
    )


def _sample(
    connection: duckdb.DuckDBPyConnection, items: int, sample: int, seed: int | None
) -> dict[int, NDArray[np.int64]]:
    """Random item numbers by the batch size that their chunk was computed with."""
    chosen = np.sort(np.random.default_rng(seed).choice(items, min(sample, items), replace=False))
    chunks = connection.execute(
        "SELECT first_item, items, batch_size FROM catalog.chunk ORDER BY chunk"
    ).fetchall()
    row = connection.execute("SELECT seed, pilot_items FROM catalog.build").fetchone()
    assert row is not None
    order = stage.build_order(items, *row)
    place = np.empty(items, np.int64)
    place[order] = np.arange(items)
    batch = np.zeros(len(chosen), np.int64)
    for first, count, size in chunks:
        inside = (place[chosen] >= first) & (place[chosen] < first + count)
        batch[inside] = size
    return {int(size): chosen[batch == size] for size in np.unique(batch)}


def _compare(
    connection: duckdb.DuckDBPyConnection,
    build: dict[str, Any],
    model: loading.LoadedModel,
    modality: Modality,
    sample: dict[int, NDArray[np.int64]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Counts per site and threshold, and the worst mismatches."""
    names = connection.execute(
        "SELECT site FROM catalog.site WHERE absent IS NULL ORDER BY position"
    ).fetchall()
    sites = [Site.parse(name) for (name,) in names]
    counts = {(s, t): [0, 0] for s in sites for t in build["thresholds"]}
    found: list[dict[str, Any]] = []
    cuts = {key: _thresholds(connection, *key) for key in counts}
    for batch_size, items in sample.items():
        for numbers, seen in states.batches(model, modality, sites, items, batch_size):
            for site, threshold in counts:
                values = seen[site].cpu().numpy()
                cut = cuts[site, threshold]
                stored = _stored(connection, site, threshold, numbers, values.shape[1])
                wrong = np.argwhere((values > cut) != stored)
                counts[site, threshold][0] += values.size
                counts[site, threshold][1] += len(wrong)
                for row, dim in wrong[:LISTED]:
                    found.append(
                        {
                            "site": str(site),
                            "threshold": threshold,
                            "item": int(numbers[row]),
                            "dimension": int(dim),
                            "distance": float(abs(values[row, dim] - cut[dim])),
                        }
                    )
    items_seen = sum(len(items) for items in sample.values())
    rows = [
        {
            "site": str(site),
            "threshold": threshold,
            "items": items_seen,
            "signs": total,
            "mismatches": wrong_count,
            "share": wrong_count / max(total, 1),
        }
        for (site, threshold), (total, wrong_count) in counts.items()
    ]
    return rows, sorted(found, key=lambda one: -one["distance"])[:LISTED]


def _thresholds(
    connection: duckdb.DuckDBPyConnection, site: Site, threshold: str
) -> NDArray[np.float32]:
    relation = connection.sql(
        "SELECT value FROM catalog.dimension_sign WHERE site = ? AND threshold = ? "
        "ORDER BY dimension",
        params=[str(site), threshold],
    )
    return np.asarray(relation.fetchnumpy()["value"], np.float32)


def _stored(
    connection: duckdb.DuckDBPyConnection,
    site: Site,
    threshold: str,
    items: NDArray[np.integer],
    dims: int,
) -> NDArray[np.bool_]:
    """Signs in the file: bool[items, dims], in the order of `items` (ascending)."""
    relation = connection.sql(
        "SELECT bits FROM catalog.signs_by_item WHERE site = ? AND threshold = ? "
        "AND item IN (SELECT unnest(?)) ORDER BY item",
        params=[str(site), threshold, items.tolist()],
    )
    packed = file.rows_of(relation.to_arrow_table().column("bits"), -(-dims // 8))
    return bits.unpack(packed, dims)
