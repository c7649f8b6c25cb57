"""States of a side's items from its own model, items shown as the catalog showed them."""

import numpy as np
from numpy.typing import NDArray

from catalog.building import reopen
from catalog.comparing.cached_pairs import States
from catalog.comparing.sides import Side
from catalog.model import opening, states
from catalog.model.loading import LoadedModel
from catalog.progress import Report
from catalog.sites import Site


def of(model: LoadedModel, whose: Side) -> States:
    """How to read states of `whose` catalog: float32[items, dims], in the order of the items.

    SettingRefused where the weights are others; MediaUnreadable where images or sounds are gone.
    """
    opening.check(model, str(whose.build["weights_hash"]))
    modality = reopen.reopen(whose.catalog, model)

    def read(side: Side, items: NDArray[np.integer], report: Report) -> NDArray[np.float32]:
        place, kept, done = Site.parse(side.site), [], 0
        size = min(int(side.build["batch_size"]), len(items))
        report("states", 0, len(items))
        for numbers, seen in states.batches(model, modality, [place], items, size):
            kept.append(seen[place].cpu().numpy())
            done += len(numbers)
            report("states", done, len(items))
        return np.concatenate(kept)

    return read
