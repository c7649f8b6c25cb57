"""Verify a catalog: recompute random items from the live model and compare signs bit by bit."""

import json
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from catalog.building import reopen
from catalog.building.plan import versions
from catalog.modalities import Modality
from catalog.model import device as devices
from catalog.model import foreign, loading, opening, states
from catalog.signs import bits
from catalog.sites import Site
from catalog.store import file, hashing, packed_queries, queries
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
        raise file.damaged(catalog.path) from error


def _verify(catalog: Catalog, sample: int, model: str | None, seed: int | None) -> Verification:
    build = catalog.build
    loaded = opening.of(catalog, model)
    modality = reopen.reopen(catalog, loaded)
    items = _sample(catalog, modality, sample, seed)
    with foreign.border(f"while {catalog.slug} was verified"):
        rows, examples = _compare(catalog, loaded, modality, items)
    with file.open_readonly(catalog.path) as connection:
        digest = hashing.content_hash(connection)
    same = _setting(loaded) == (
        int(build["threads"]),
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
    catalog: Catalog, modality: Modality, sample: int, seed: int | None
) -> dict[int, NDArray[np.int64]]:
    """Random item numbers by the batch size that their chunk was computed with."""
    items = len(modality.items)
    chosen = np.sort(np.random.default_rng(seed).choice(items, min(sample, items), replace=False))
    build = catalog.build
    order = modality.order(items, int(build["seed"]), int(build["pilot_items"]))
    place = np.empty(items, np.int64)
    place[order] = np.arange(items)
    batch = np.zeros(len(chosen), np.int64)
    for chunk in catalog.fetch(packed_queries.chunks()).itertuples():
        first, past = chunk.first_item, chunk.first_item + chunk.items
        batch[(place[chosen] >= first) & (place[chosen] < past)] = chunk.batch_size
    return {int(size): chosen[batch == size] for size in np.unique(batch)}


def _compare(
    catalog: Catalog,
    model: loading.LoadedModel,
    modality: Modality,
    sample: dict[int, NDArray[np.int64]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Counts per site and threshold, and the worst mismatches."""
    sites = [Site.parse(name) for name in catalog.site_names]
    cuts = {(s, t): catalog.cuts(str(s), t) for s in sites for t in catalog.thresholds}
    counts = {key: [0, 0] for key in cuts}
    found: list[dict[str, Any]] = []
    for batch_size, items in sample.items():
        for numbers, seen in states.batches(model, modality, sites, items, batch_size):
            for site, threshold in cuts:
                values, cut = seen[site].cpu().numpy(), cuts[site, threshold]
                stored = _stored(catalog, site, threshold, numbers, values.shape[1])
                wrong = np.argwhere((values > cut) != stored)
                counts[site, threshold][0] += values.size
                counts[site, threshold][1] += len(wrong)
                found += [
                    {
                        "site": str(site),
                        "threshold": threshold,
                        "item": int(numbers[row]),
                        "dimension": int(dim),
                        "distance": float(abs(values[row, dim] - cut[dim])),
                    }
                    for row, dim in wrong[:LISTED]
                ]
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


def _stored(
    catalog: Catalog, site: Site, threshold: str, items: NDArray[np.integer], dims: int
) -> NDArray[np.bool_]:
    """Signs in the file: bool[items, dims], in the order of `items` (ascending)."""
    table = catalog.fetch_arrow(queries.bits_of_items(str(site), threshold, items.tolist()))
    return bits.unpack(file.rows_of(table.column("bits"), -(-dims // 8)), dims)
