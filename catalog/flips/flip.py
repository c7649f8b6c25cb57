"""How a catalog's model is flipped: its machine, and the readout that suits what it gives out.

A next token is read where the model predicts one, else the classes of its head, else its own
later layers. This is the only place that chooses.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catalog.flips import items, report, run
from catalog.flips import setup as flip_setup
from catalog.flips.asked import Asked
from catalog.flips.run import Flips, Machine, Setup
from catalog.progress import Report, silent
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    from catalog.model.loading import LoadedModel


_CAUSAL = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")


def reads(architecture: str) -> str:
    """What is read of a model of this class of transformers: vocabulary, classes or layers."""
    if architecture.endswith(_CAUSAL):
        return "vocabulary"
    return "classes" if architecture.endswith("Classification") else "layers"


def machine(model: "LoadedModel", catalog: Catalog) -> Any:
    """The catalog's model behind arrays; MediaUnreadable where the originals are gone."""
    from catalog.building.reopen import reopen
    from catalog.model import item_machine, token_machine

    way = reads(model.architecture)
    if way == "vocabulary":
        return token_machine.Machine(model)
    made = {"classes": item_machine.ClassMachine, "layers": item_machine.ItemMachine}[way]
    return made(model, reopen(catalog, model))


def opened(catalog: Catalog, source: str | None = None) -> Any:
    """Load the catalog's model as a machine of the caller's own: it lives as long as it is held.

    For work that runs once. Whoever shares a model between threads queues with
    `catalog.model.live`. `source` says where the model lies now. Raises ModelUnavailable or
    ModelUnsupported, and SettingRefused where its weights are others than the catalog's.
    """
    from catalog.model import opening  # torch and transformers take seconds

    return machine(opening.of(catalog, source), catalog)


def setup(made: Machine, catalog: Catalog, asked: Asked) -> Setup:
    """A run that suits a machine. Raises NotInCatalog or SettingRefused."""
    catalog.check_alone("a flip")
    return _WAYS[made.reads](made, catalog, asked)


def judged(
    made: Machine,
    catalog: Catalog,
    asked: Asked,
    progress: Report = silent,
    emit: "Callable[[Flips, NDArray[np.bool_]], None] | None" = None,
) -> tuple[Flips, report.Summary]:
    """Set up, run and judge a flip; `emit` as of `run.run`."""
    progress("setting up", 0, 0)
    found = run.run(made, setup(made, catalog, asked), progress, emit=emit)
    return found, report.summarize(found)


def measured(
    catalog: Catalog, asked: Asked, model: str | None = None, progress: Report = silent
) -> dict[str, Any]:
    """Load the model, flip, judge and let the model go; the JSON form of `dims flip`.

    `model` says where it lies now. Raises as `opened` and `setup`.
    """
    from catalog.model import foreign

    progress("loading the model", 0, 0)
    with foreign.border(f"in a flip of {catalog.slug}"):
        return report.as_json(*judged(opened(catalog, model), catalog, asked, progress))


def _vocabulary(_made: Machine, catalog: Catalog, asked: Asked) -> Setup:
    """Once for a run and what is written and counted beside it: it hangs on the file alone."""
    return catalog.remembered(("flips", "setup", asked), lambda: flip_setup.setup(catalog, asked))


_WAYS: dict[str, Callable[..., Setup]] = {
    "vocabulary": _vocabulary,
    "classes": items.classes,
    "layers": items.layers,
}
