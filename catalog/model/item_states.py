"""States of chosen items at one site, as a catalog's own model gives them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.modalities import text
from catalog.model import states
from catalog.model.loading import LoadedModel
from catalog.sites import Site


def of_items(
    model: LoadedModel,
    build: Mapping[str, Any],
    site: str,
    items: NDArray[np.integer],
    report: Callable[[str, int, int], None],
) -> NDArray[np.float32]:
    """float32[items, dims] in the order of `items`; SettingRefused where the weights are others."""
    if model.weights_hash != build["weights_hash"]:
        raise SettingRefused(
            f"{model.source} holds other weights than the catalog was built from. Give the model "
            "that the catalog names."
        )
    modality = text.make(model.tokenizer, model.vocabulary, str(build["reading"]))
    place = Site.parse(site)
    size = min(int(build["batch_size"]), len(items))
    kept, done = [], 0
    report("states", 0, len(items))
    for numbers, seen in states.batches(model, modality, [place], items, size):
        kept.append(seen[place].cpu().numpy())
        done += len(numbers)
        report("states", done, len(items))
    return np.concatenate(kept)
