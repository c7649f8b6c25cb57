"""Items -> states: forward passes over items in equal batches, read at the wanted sites."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from catalog.errors import StatesBroken
from catalog.modalities import Modality
from catalog.model.loading import LoadedModel
from catalog.model.recording import recording
from catalog.sites import Site

OutOfMemory = (torch.OutOfMemoryError, MemoryError)
"""Raised where a batch does not fit; `no_memory` also knows the CPU allocator's RuntimeError."""


def no_memory(error: BaseException) -> bool:
    """Whether an error means that a smaller batch may work."""
    told = "can't allocate memory" in str(error) or "not enough memory" in str(error)
    return isinstance(error, OutOfMemory) or (isinstance(error, RuntimeError) and told)


@torch.inference_mode()
def batches(
    model: LoadedModel,
    modality: Modality,
    sites: Sequence[Site],
    items: NDArray[np.integer],
    batch_size: int,
) -> Iterator[tuple[NDArray[np.integer], dict[Site, Tensor]]]:
    """Yield (item numbers, {site: float32[n, dims]}) batch after batch, on the model's device.

    The last batch is padded to full size with its first item: a row's bits depend on the batch
    size, but not on its neighbours. Raises StatesBroken naming item and site at NaN or infinity.
    """
    with recording(model.module, model.parts, sites, modality.read) as seen:
        for start in range(0, len(items), batch_size):
            batch = items[start : start + batch_size]
            padded = np.concatenate([batch, np.repeat(batch[:1], batch_size - len(batch))])
            inputs = {
                name: torch.from_numpy(array).to(model.device)
                for name, array in modality.inputs(padded).items()
            }
            model.parts.trunk(**inputs, **({"use_cache": False} if model.causal else {}))
            states = {site: seen[site][: len(batch)].float() for site in sites}
            seen.clear()
            for site, values in states.items():
                _check_finite(values, batch, site, modality)
            yield batch, states


def _check_finite(
    values: Tensor, batch: NDArray[np.integer], site: Site, modality: Modality
) -> None:
    if bool(torch.isfinite(values.sum())):
        return  # a NaN or an infinity anywhere would have reached the sum
    bad = torch.nonzero(~torch.isfinite(values).all(dim=1))
    if len(bad) == 0:
        return  # only the sum overflowed
    item = int(batch[int(bad[0, 0])])
    raise StatesBroken(
        f"The model gave NaN or infinite states at {site} for item {item} "
        f"({modality.items.loc[item, 'text']!r}). Try another --dtype, or check the weights."
    )
