"""How a catalog's model is flipped: its machine, and the readout that suits what it gives out.

A next token is read where the model predicts one, else the classes of its head, else its own
later layers. This is the only place that chooses.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from catalog.flips import items, prompts
from catalog.flips import setup as flip_setup
from catalog.flips.prompts import EACH, Prompt
from catalog.flips.run import Machine, Setup
from catalog.flips.source import Source
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


def setup(
    made: Machine,
    catalog: Catalog,
    feature: str | Source,
    site: str,
    listed: Sequence[Prompt] | None = None,
    each: int = EACH,
    **settings: Any,
) -> Setup:
    """A run that suits a machine; `listed` None takes `each` prompts or items of both kinds.

    `settings` as of `flip_setup.setup`. Raises NotInCatalog or SettingRefused.
    """
    source = Source("category", feature) if isinstance(feature, str) else feature
    return _WAYS[made.reads](made, catalog, source, site, listed, each, **settings)


def _vocabulary(
    _made: Machine,
    catalog: Catalog,
    source: Source,
    site: str,
    listed: Sequence[Prompt] | None,
    each: int,
    **settings: Any,
) -> Setup:
    given = prompts.shipped(source.prompted, each) if listed is None else listed
    return flip_setup.setup(catalog, source, site, given, **settings)


_WAYS: dict[str, Callable[..., Setup]] = {
    "vocabulary": _vocabulary,
    "classes": items.classes,
    "layers": items.layers,
}
