"""What a build will take, told before it starts: items, sites, bytes, memory, seconds by stage.

From the config alone (`dims plan`), and measured where the model is loaded. The constants were
measured on catalogs of six models; docs/scale.md has estimates beside what builds took.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from catalog import parallel, sites
from catalog.building.plan import Plan, file_bytes
from catalog.building.settings import THRESHOLDS, Settings, check, load_arguments
from catalog.errors import SettingRefused
from catalog.modalities import facts, folders, text
from catalog.modalities.kinds import KINDS
from catalog.model import foreign, outline
from catalog.model.outline import Outline
from catalog.progress import Report, silent
from catalog.sites import Site

EFFICIENCY = 0.55
"""Speed of whole forward passes as a share of that of products of matrices."""
REDUCE = 22e-9
"""Seconds of one core that one state takes to become signs, sums and candidates."""
WRITE_BYTES = 60e6
"""Bytes of a catalog file written in a second."""
CELL = 6.0
"""Seconds of one core that a site and threshold of the findings take, however few its items."""
CELL_OF_CLASSES = 0.4
"""The same for images and sounds, whose categories are their classes: fewer, and one background."""
COUNT = 7.5e-8
"""Seconds of one core for each item and dimension of them besides."""
WARM = 4.0
"""Seconds to load libraries and a small model."""
OWN_BYTES = 0.6e9
"""Memory of the libraries and of a stage, besides what grows with the model."""
_REFERENCE = 0.0136
"""Seconds of `_piece` on the machine of the constants."""


@dataclass(frozen=True)
class Estimate:
    """What a build will take."""

    model: str
    architecture: str
    parameters: int
    items: int
    reading: str
    sites: int
    dims: int
    """Of the states between the blocks."""
    device: str
    dtype: str
    file_bytes: int
    memory_bytes: int
    """At the height of the build, the model among them."""
    model_bytes: int
    loading_seconds: float
    states_seconds: float
    writing_seconds: float
    findings_seconds: float

    @property
    def seconds(self) -> float:
        """All of it."""
        states = self.loading_seconds + self.states_seconds + self.writing_seconds
        return states + self.findings_seconds


@foreign.guarded("while the build was estimated")
def of(settings: Settings, report: Report = silent) -> Estimate:
    """An estimate from the config alone: no weights are read. Raises as a build does."""
    check(settings)
    if settings.texts is not None:
        raise SettingRefused(
            "dims plan tells of tokens, images and sounds, not of --texts: how many positions a "
            "text has is known when it is read. dims build says it before it starts."
        )
    asked = load_arguments(settings, report)
    asked["place"] = asked.pop("device")
    seen = outline.of(**asked)
    positions, items, reading = _items(seen, settings)
    cost = seen.cost(positions)
    dims = cost.dims[0]
    chosen, _ = sites.wanted(settings.sites, settings.layers, len(cost.dims) - 1)
    widths = [_width(site, cost.dims, seen.settings) for site in chosen]
    thresholds = [one for one in THRESHOLDS if one in settings.thresholds]
    batch = settings.batch_size or facts.OF[seen.modality].batch
    written = file_bytes(items, widths, len(thresholds))
    pace = _pace()
    workers = max(1, settings.workers)
    operations = outline.speed(seen.device, seen.dtype, dims) * EFFICIENCY
    forward = items * cost.operations / operations
    reduced = items * sum(widths) * REDUCE * pace
    return Estimate(
        model=seen.name,
        architecture=seen.architecture,
        parameters=seen.parameters,
        items=items,
        reading=reading,
        sites=len(chosen),
        dims=dims,
        device=str(seen.device),
        dtype=str(seen.dtype).removeprefix("torch."),
        file_bytes=written,
        memory_bytes=round(
            seen.weight_bytes * workers + OWN_BYTES + 3 * batch * sum(widths) * 4 + items * dims / 2
        ),
        model_bytes=seen.weight_bytes,
        loading_seconds=WARM + seen.weight_bytes / 1e9,
        states_seconds=(forward + reduced / 2) / workers,
        writing_seconds=written / WRITE_BYTES * pace,
        findings_seconds=findings_seconds(seen.modality, items, widths, len(thresholds), pace),
    )


def of_plan(plan: Plan) -> float:
    """Seconds of the findings of a build that could start."""
    work = plan.work
    return findings_seconds(
        work.modality.name, work.items, plan.widths, len(work.thresholds), _pace()
    )


def findings_seconds(
    modality: str, items: int, widths: Sequence[int], thresholds: int, pace: float
) -> float:
    """Seconds of the findings on all cores they may use, with the categories that ship."""
    cell = CELL if modality == "text" else CELL_OF_CLASSES
    counted = cell * len(widths) * thresholds + COUNT * items * sum(widths) * thresholds
    return counted * pace / parallel.cores()


def _width(site: Site, dims: Sequence[int], config: Any) -> int:
    """Dimensions of a site, as the config has them."""
    if site.kind in ("resid", "final"):
        return dims[min(site.layer or len(dims) - 1, len(dims) - 1)]
    own = config.get("text_config") or config
    if site.kind == "ffn":
        return int(own.get("intermediate_size") or 4 * dims[0])
    heads = own.get("num_attention_heads") or 1
    held = own.get("num_key_value_heads") or heads
    return dims[0] * int(held) // int(heads)


def _items(seen: Outline, settings: Settings) -> tuple[int | None, int, str]:
    """Positions of one item (None: the processor's own), number of items, and the reading."""
    if seen.modality == "text":
        asked = settings.template or (text.AUTO if seen.causal else "special")
        first = "bare" if asked == text.AUTO else asked
        made = text.make(seen.tokenizer, seen.vocabulary, first)
        read = text.in_question(seen.tokenizer, made) if asked == text.AUTO else [made]
        lengths = [len(one.before) + 1 + len(one.after) for one in read]
        return round(float(np.mean(lengths))), len(made.items), asked
    if settings.items is None:
        raise SettingRefused(f"{seen.name} reads no text. Give --items: a folder of classes.")
    reading = settings.pooling or "mean"
    make = KINDS[seen.modality].medium
    assert make is not None  # the items are files
    medium = make(seen.processor)
    listed = folders.listing(settings.items, medium.endings, medium.name)
    if not listed.entries:
        raise SettingRefused(
            f"There is no {medium.kind} in {settings.items}. Give a folder of "
            f"{', '.join(medium.endings)} files."
        )
    return None, len(listed.entries), reading


def _pace() -> float:
    """How many times slower this machine counts than the one of the constants."""
    least = min(_piece() for _ in range(3))
    return least / _REFERENCE


def _piece() -> float:
    """Seconds of a fixed piece of work: counts of bits and a sort."""
    drawn = np.random.default_rng(0).integers(0, 2**63, 1 << 18, dtype=np.uint64)
    started = time.perf_counter()
    np.bitwise_count(drawn).sum()
    np.sort(drawn)
    return time.perf_counter() - started
