"""Synthetic catalogs of any size, exact in every statistic: for tests and for the benchmark.

    python -m tests.given.synthetic /tmp/large.duckdb --items 151936 --dims 5120

States are made dimension block by dimension block, so memory stays at items x BLOCK floats.
"""

import argparse
import datetime
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from catalog.modalities import frequency
from catalog.signs import between, bits
from catalog.sites import Site
from catalog.store import file

BLOCK = 64
"""Dimensions made at a time; a multiple of 8."""
PILOT = 4096
POLE = 32
HOSTILE = (
    "<script>alert(1)</script>",
    "![i](http://example.invalid/x.png)",
    "$x^2$",
    ":smile:",
    "<img src=http://example.invalid/y onerror=alert(2)>",
    "**bold** _it_ `code` # head",
    "\u202edlrow\u202c",
    "line\nbreak\ttab",
    "%s {0} \\n 'quote\" ; DROP TABLE item;--",
    "<b>b</b>&amp;<br>",
    ":red[red] [link](http://example.invalid)",
    "=1+1",
)
"""Strings that a page must show as they are."""


@dataclass(frozen=True)
class Recipe:
    """What a synthetic catalog holds."""

    items: int = 400
    dims: int = 48
    sites: Sequence[str] = ("resid.0", "resid.1", "resid.2", "final")
    thresholds: Sequence[str] = ("zero", "median")
    slug: str = "synthetic"
    hostile: bool = False
    """Begin the items with HOSTILE."""
    absent: dict[str, str] = field(default_factory=lambda: {"k.1": "linear attention has no keys"})
    degenerate: float = 0.05
    """Share of dimensions that hardly ever change sign."""
    seed: int = 0


def write(path: Path, recipe: Recipe | None = None) -> Path:
    """Write the catalog of `recipe` to `path` and return it; exact, and equal at equal recipes."""
    recipe = recipe or Recipe()
    with file.writing(path) as connection:
        file.insert(connection, "build", _build(recipe))
        file.insert(connection, "chunk", _chunks(recipe))
        file.insert(connection, "item", _items(recipe))
        previous: dict[tuple[str, str], bits.Packed] = {}
        degenerate = {}
        for site in recipe.sites:
            degenerate[site] = _site(connection, recipe, site, previous)
        _stability(connection, recipe, previous)
        file.insert(connection, "site", _sites(recipe, degenerate))
    return path


def states(recipe: Recipe, site: str) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """(first dimension, float32[items, <= BLOCK]) of a site, in order.

    Items fall in 20 groups that share a pattern; neighbouring sites share 70 % of the noise.
    """
    order = list(recipe.sites).index(site)
    groups = np.random.default_rng(recipe.seed).integers(20, size=recipe.items)
    for first in range(0, recipe.dims, BLOCK):
        width = min(BLOCK, recipe.dims - first)
        shared = np.random.default_rng([recipe.seed, first])
        own = np.random.default_rng([recipe.seed, first, order + 1])
        shift = shared.normal(scale=0.4, size=width)
        shift[shared.random(width) < recipe.degenerate] = 6.0
        scale = shared.lognormal(sigma=0.5, size=width) * (1 + order)
        noise = 0.7 * shared.standard_normal((recipe.items, width), np.float32)
        noise += 0.5 * own.standard_normal((recipe.items, width), np.float32)
        noise += shared.normal(scale=0.6, size=(20, width)).astype(np.float32)[groups]
        yield first, ((noise + shift.astype(np.float32)) * scale.astype(np.float32))


def _site(connection, recipe: Recipe, site: str, kept: dict) -> int:
    by_item = {name: [] for name in recipe.thresholds}
    by_dimension = {name: [] for name in recipe.thresholds}
    table = pa.table(_items(recipe)).select(["text", "kind", "family"]).to_pandas()
    halves = frequency.of_items(table)
    degenerate = 0
    for first, block in states(recipe, site):
        numbers = np.arange(first, first + block.shape[1], dtype=np.int32)
        values = {
            "zero": np.zeros(len(numbers), np.float32),
            "median": np.median(block[:PILOT], axis=0),
        }
        file.insert(connection, "dimension", _dimension(site, numbers, block))
        file.insert(connection, "pole", _poles(site, numbers, block, values, recipe))
        shares = (block > 0).mean(axis=0)
        degenerate += int(((shares < 0.01) | (shares > 0.99)).sum())
        for name in recipe.thresholds:
            packed = bits.pack(block, values[name])
            turned = bits.transpose(packed, len(numbers))
            by_item[name].append(packed)
            by_dimension[name].append(turned)
            columns = _dimension_sign(site, name, numbers, values[name], turned, recipe.items)
            for which, two in halves.items():
                columns[f"{which}_auc"] = between.sign_auc(turned, *two)
            file.insert(connection, "dimension_sign", columns)
    for name in recipe.thresholds:
        columns = {"site": _same(site, recipe.items), "threshold": _same(name, recipe.items)}
        columns["item"] = np.arange(recipe.items, dtype=np.int32)
        columns["bits"] = file.blobs(np.concatenate(by_item[name], axis=1))
        file.insert(connection, "signs_by_item", columns)
        kept[site, name] = np.concatenate(by_dimension[name])
    stored = "zero" if "zero" in recipe.thresholds else "median"
    columns = {"site": _same(site, recipe.dims), "threshold": _same(stored, recipe.dims)}
    columns["dimension"] = np.arange(recipe.dims, dtype=np.int32)
    columns["bits"] = file.blobs(kept[site, stored])
    file.insert(connection, "signs_by_dimension", columns)
    return degenerate


def _dimension(site: str, numbers: NDArray, block: NDArray) -> dict:
    low, high = np.quantile(block[:PILOT], [0.001, 0.999], axis=0).astype(np.float32)
    width = np.maximum((high - low) / 62, 1e-6)
    bins = np.clip(np.floor((block - low) / width) + 1, 0, 63).astype(np.int64)
    flat = (bins + 64 * np.arange(len(numbers))).ravel()
    histogram = np.bincount(flat, minlength=64 * len(numbers)).astype(np.int32)
    columns = {
        "site": _same(site, len(numbers)),
        "dimension": numbers,
        "mean": block.mean(axis=0, dtype=np.float64),
        "std": block.std(axis=0, dtype=np.float64),
        "mean_abs": np.abs(block).mean(axis=0, dtype=np.float64),
        "minimum": block.min(axis=0),
        "maximum": block.max(axis=0),
        "low": low,
        "high": high,
        "histogram": pa.FixedSizeListArray.from_arrays(pa.array(histogram), 64),
    }
    quantiles = np.quantile(block[:PILOT], [0.05, 0.25, 0.5, 0.75, 0.95], axis=0)
    for name, value in zip(("q05", "q25", "q50", "q75", "q95"), quantiles, strict=True):
        columns[name] = value.astype(np.float32)
    return columns


def _poles(site: str, numbers: NDArray, block: NDArray, values: dict, recipe: Recipe) -> dict:
    wanted = {"positive": (-block, POLE), "negative": (block, POLE)}
    for name in recipe.thresholds:
        wanted[f"near {name}"] = (np.abs(block - values[name]), 8)
    parts = []
    for pole, (key, count) in wanted.items():
        count = min(count, len(block))
        nearest = np.argpartition(key, count - 1, axis=0)[:count]
        order = np.argsort(np.take_along_axis(key, nearest, 0), axis=0, kind="stable")
        items = np.take_along_axis(nearest, order, 0).T  # [dims, count]
        found = np.take_along_axis(block, items.T, 0).T
        parts.append((pole, count, items, found))
    return {
        "site": _same(site, sum(p[2].size for p in parts)),
        "dimension": np.concatenate([np.repeat(numbers, p[1]) for p in parts]),
        "pole": pa.concat_arrays([_same(p[0], p[2].size) for p in parts]),
        "rank": np.concatenate(
            [np.tile(np.arange(1, p[1] + 1), len(numbers)) for p in parts]
        ).astype(np.int16),
        "item": np.concatenate([p[2].ravel() for p in parts]).astype(np.int32),
        "value": np.concatenate([p[3].ravel() for p in parts]),
    }


def _dimension_sign(
    site: str, threshold: str, numbers: NDArray, values: NDArray, packed: NDArray, items: int
) -> dict:
    positives = bits.count_positive(packed)
    return {
        "site": _same(site, len(numbers)),
        "threshold": _same(threshold, len(numbers)),
        "dimension": numbers,
        "value": values,
        "positives": positives.astype(np.int32),
        "share_positive": positives / items,
        "entropy_bits": bits.entropy(positives / items),
        "stability": pa.nulls(len(numbers), pa.float64()),
        "chance": pa.nulls(len(numbers), pa.float64()),
        "kappa": pa.nulls(len(numbers), pa.float64()),
    }


def _stability(connection, recipe: Recipe, kept: dict) -> None:
    residual = [site for site in recipe.sites if site.startswith("resid")]
    for here, there in itertools.pairwise(residual):
        for name in recipe.thresholds:
            one, other = kept[here, name], kept[there, name]
            same = bits.count_same(one, other, recipe.items) / recipe.items
            p = bits.count_positive(one) / recipe.items
            q = bits.count_positive(other) / recipe.items
            chance = p * q + (1 - p) * (1 - q)
            with np.errstate(divide="ignore", invalid="ignore"):
                kappa = np.where(chance < 1, (same - chance) / (1 - chance), np.nan)
            frame = pa.table(
                {
                    "dimension": np.arange(recipe.dims),
                    "stability": same,
                    "chance": np.clip(chance, 0, 1),
                    "kappa": pa.array(kappa, from_pandas=True),
                }
            )
            connection.register("incoming", frame)
            connection.execute(
                "UPDATE catalog.dimension_sign AS d SET stability = i.stability, "
                "chance = i.chance, kappa = i.kappa FROM incoming AS i "
                "WHERE d.site = ? AND d.threshold = ? AND d.dimension = i.dimension",
                [here, name],
            )
            connection.unregister("incoming")


def _build(recipe: Recipe) -> dict:
    row = {
        "schema_version": file.SCHEMA_VERSION,
        "slug": recipe.slug,
        "model": f"synthetic/{recipe.slug}",
        "revision": "weights-0123456789ab",
        "architecture": "SyntheticModel",
        "modality": "text",
        "reading": "bare",
        "dtype": "float32",
        "attention": "eager",
        "device": "cpu",
        "machine": "x86_64 synthetic",
        "threads": 2,
        "batch_size": 1024,
        "seed": recipe.seed,
        "pilot_items": min(PILOT, recipe.items),
        "thresholds": list(recipe.thresholds),
        "weights_hash": "0" * 64,
        "identity": "1" * 64,
        "source": recipe.slug,
        "tokenizer": "SyntheticTokenizer",
        "parameters": 1_234_567,
        "versions": json.dumps({"numpy": np.__version__}),
        "built_at": datetime.datetime(2026, 1, 2, 3, 4, 5),
        "seconds": 12.3,
        "content_hash": "2" * 64,
        "findings_hash": None,
    }
    return {name: pa.array([value]) for name, value in row.items()}


def _chunks(recipe: Recipe) -> dict:
    pilot = min(PILOT, recipe.items)
    rows = [(0, 0, pilot)] + ([(1, pilot, recipe.items - pilot)] if recipe.items > pilot else [])
    chunk, first, items = (np.array(column, np.int32) for column in zip(*rows, strict=True))
    same = np.full(len(rows), 1024, np.int32)
    return {
        "chunk": chunk,
        "first_item": first,
        "items": items,
        "batch_size": same,
        "threads": same,
    }


def _items(recipe: Recipe) -> dict:
    numbers = np.arange(recipe.items)
    syllables = np.array([c + v for c in "bdfgklmnprstvz" for v in "aeiou"])
    words = [
        "".join(syllables[(n // 70**place) % 70] for place in range(2 + (n >= 4900)))
        for n in range(recipe.items)
    ]
    spaced = numbers % 3 == 0
    text = [f"␣{word}" if space else word for word, space in zip(words, spaced, strict=True)]
    token = [f"Ġ{word}" if space else word for word, space in zip(words, spaced, strict=True)]
    kind = ["word" if space else "piece" for space in spaced]
    if recipe.hostile:
        count = len(HOSTILE)
        text[:count], token[:count], kind[:count] = HOSTILE, HOSTILE, ["word"] * count
        words[:count] = [string.lower() for string in HOSTILE]
    return {
        "item": numbers.astype(np.int32),
        "token": pa.array(token),
        "text": pa.array(text),
        "kind": pa.array(kind),
        "word": pa.array(words),
        "family": (numbers - numbers % 2).astype(np.int32),
    }


def _sites(recipe: Recipe, degenerate: dict[str, int]) -> dict:
    names = [*recipe.sites, *recipe.absent]
    parsed = [Site.parse(name) for name in names]
    return {
        "site": pa.array(names),
        "position": np.arange(len(names), dtype=np.int32),
        "kind": pa.array([site.kind for site in parsed]),
        "layer": pa.array([site.layer for site in parsed], pa.int32()),
        "dims": pa.array([recipe.dims if n in degenerate else None for n in names], pa.int32()),
        "degenerate": pa.array([degenerate.get(name) for name in names], pa.int32()),
        "absent": pa.array([recipe.absent.get(name) for name in names], pa.string()),
    }


def _same(value: str, count: int) -> pa.Array:
    return pa.repeat(value, count)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--dims", type=int, default=768)
    parser.add_argument("--sites", default="resid.0,resid.1,resid.2,resid.3,resid.4,final")
    parser.add_argument("--thresholds", default="zero,median")
    parser.add_argument("--hostile", action="store_true")
    parser.add_argument("--degenerate", type=float, default=0.05)
    arguments = parser.parse_args()
    write(
        arguments.path,
        Recipe(
            items=arguments.items,
            dims=arguments.dims,
            sites=tuple(arguments.sites.split(",")),
            thresholds=tuple(arguments.thresholds.split(",")),
            slug=arguments.path.stem,
            hostile=arguments.hostile,
            degenerate=arguments.degenerate,
        ),
    )
