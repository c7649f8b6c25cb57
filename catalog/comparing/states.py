"""States of a side's items from its own model, items shown as the catalog showed them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from catalog.comparing.cached_pairs import States
from catalog.comparing.compare import Opener
from catalog.comparing.sides import Side
from catalog.errors import MediaUnreadable, ModelUnavailable
from catalog.model import opening
from catalog.progress import Report
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    from catalog.model.loading import LoadedModel


def of(model: "LoadedModel", whose: Side) -> States:
    """How to read states of `whose` catalog: float32[items, dims], in the order of the items.

    SettingRefused where the weights are others; MediaUnreadable where images or sounds are gone.
    """
    from catalog.building import reopen  # torch takes seconds to import
    from catalog.model import states
    from catalog.sites import Site

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


def opener(named: Mapping[Catalog, str | None] | None = None) -> Opener:
    """Loads a side's model when its states are asked for; no states where it is not to be had.

    `named` says where the models of some catalogs lie now: one that is named and cannot be had
    raises ModelUnavailable or MediaUnreadable.
    """

    def opened(side: Side) -> States | None:
        source = None if named is None else named.get(side.catalog)
        try:
            return of(opening.of(side.catalog, source), side)
        except (ModelUnavailable, MediaUnreadable):
            if source is not None:
                raise
            return None

    return opened
