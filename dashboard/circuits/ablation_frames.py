"""What the Circuits page asks of the live model: ablate a feature's writers, and the outcome."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from catalog.circuits.ablate import Asked
from catalog.notebook import circuits
from catalog.notebook.circuits import Ablation
from catalog.store.catalog import Catalog
from dashboard.common import answers
from dashboard.common.answers import Answer, Here

if TYPE_CHECKING:
    from catalog.model.live import Job
    from catalog.model.loading import LoadedModel

COUNTS = (10, 20, 50, 100)
"""Neurons that can be ablated together."""


class Wanted(NamedTuple):
    """Everything that an ablation's outcome depends on."""

    catalog: Catalog
    content_hash: str
    findings_hash: str
    asked: Asked


def wanted(here: Here, kind: str, name: str, neurons: int, seed: int) -> Wanted:
    """What an ablation at `here` depends on."""
    build = here.catalog.build
    stored = str(build["content_hash"]), str(build["findings_hash"])
    asked = Asked(kind, name, here.site, here.threshold, neurons, seed)
    return Wanted(here.catalog, *stored, asked)


def work(given: Wanted) -> "Callable[[LoadedModel, Job[Ablation]], Ablation]":
    """Work for `running.start`."""

    def run(model: "LoadedModel", job: "Job[Ablation]") -> Ablation:
        return circuits.ablated(model, given.catalog, given.asked, job.report)

    return run


def effects(made: Ablation) -> Answer:
    """Change of agreement with its interval: items, ablated, change, low, high."""
    return Answer(made.frame(), python(made, "frame()"), "python")


def neurons(made: Ablation) -> Answer:
    """The ablated neurons: layer, neuron, times (of the splits), size."""
    return Answer(made.neurons(), python(made, "neurons()"), "python")


def python(made: Ablation, then: str) -> str:
    """The same ablation in Python, and what is asked of it."""
    return answers.python(made.catalog, f"{circuits.call(made.asked)}.{then}")
