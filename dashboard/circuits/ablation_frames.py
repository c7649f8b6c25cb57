"""What the Circuits page asks of the live model: ablate a feature's writers, and the outcome."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from catalog.circuits import ablation_items
from catalog.sites import Site
from catalog.store.catalog import Catalog
from dashboard.common.answers import Answer, Here

if TYPE_CHECKING:
    from catalog.model.ablation import Ablated
    from catalog.model.live import Job
    from catalog.model.loading import LoadedModel

COUNTS = (10, 20, 50, 100)
"""Neurons that can be ablated together."""


class Asked(NamedTuple):
    """Everything an ablation depends on, as the page asks for it."""

    catalog: Catalog
    content_hash: str
    findings_hash: str
    site: str
    threshold: str
    kind: str
    name: str
    neurons: int
    seed: int


def asked(here: Here, kind: str, name: str, neurons: int, seed: int) -> Asked:
    """What an ablation at `here` depends on."""
    build = here.catalog.build
    stored = str(build["content_hash"]), str(build["findings_hash"])
    return Asked(here.catalog, *stored, here.site, here.threshold, kind, name, neurons, seed)


def work(given: Asked) -> "Callable[[LoadedModel, Job[Ablated]], Ablated]":
    """Work for `running.start`."""
    reading = str(given.path.build["reading"])

    def run(model: "LoadedModel", job: "Job[Ablated]") -> "Ablated":
        from catalog.modalities import text
        from catalog.model import ablation

        job.report("setting up", 0, 0)
        where = given.path, given.kind, given.name, given.site, given.threshold
        dimensions, signs = ablation_items.feature(*where)
        shown, background = ablation_items.items(*where, given.seed)
        cut = ablation_items.cuts(given.path, given.site, given.threshold)[dimensions]
        modality = text.make(model.tokenizer, model.vocabulary, reading)
        site = Site.parse(given.site)
        wanted = ablation.Asked(
            site, dimensions, signs, cut, shown, background, given.neurons, seed=given.seed
        )
        return ablation.run(model, modality, wanted, job.report)

    return run


def effects(made: "Ablated", given: Asked) -> Answer:
    """Change of agreement with its interval: items, ablated, change, low, high."""
    rows = []
    for items, judged in (("members", made.members), ("background", made.background)):
        for what, one in (
            ("the writers", judged.writers),
            ("random neurons", judged.random),
            ("writers − random", judged.difference),
        ):
            rows.append((items, what, one.value, one.low, one.high))
    frame = pd.DataFrame(rows, columns=["items", "ablated", "change", "low", "high"])
    return Answer(frame, python(given), "python")


def draws(made: "Ablated", given: Asked) -> Answer:
    """Change of the members' agreement in every random draw: draw, change."""
    frame = pd.DataFrame({"draw": np.arange(1, len(made.draws) + 1), "change": made.draws})
    return Answer(frame, python(given), "python")


def neurons(made: "Ablated", given: Asked) -> Answer:
    """The ablated neurons: layer, neuron, times (of the splits), size."""
    frame = pd.DataFrame(
        {
            "layer": made.layer,
            "neuron": made.neuron,
            "times": made.times,
            "size": made.size,
        }
    )
    return Answer(frame, python(given), "python")


def python(given: Asked) -> str:
    """The same ablation in Python."""
    return "\n".join(
        [
            "from pathlib import Path",
            "from catalog import ablation_setup as setup",
            "from catalog.modalities import text",
            "from catalog.model import ablation, loading",
            "from catalog.sites import Site",
            "",
            f"path, site, threshold = Path(CATALOG), {given.site!r}, {given.threshold!r}",
            f"where = path, {given.kind!r}, {given.name!r}, site, threshold",
            "dimensions, signs = setup.feature(*where)",
            f"members, background = setup.items(*where, seed={given.seed})",
            "cut = setup.cuts(path, site, threshold)[dimensions]",
            "model = loading.load(MODEL)",
            "modality = text.make(model.tokenizer, model.vocabulary, READING)",
            "asked = ablation.Asked(Site.parse(site), dimensions, signs, cut, members, background,",
            f"                       neurons={given.neurons}, seed={given.seed})",
            "ablation.run(model, modality, asked).members",
        ]
    )
