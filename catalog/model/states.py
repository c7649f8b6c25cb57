"""Items -> states: forward passes over items in equal batches, read at the wanted sites."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from catalog import parallel
from catalog.errors import StatesBroken
from catalog.modalities import Modality
from catalog.model.loading import LoadedModel, tensors
from catalog.model.recording import recording
from catalog.sites import Site

OutOfMemory = (torch.OutOfMemoryError, MemoryError)
"""Raised where a batch does not fit; `no_memory` also knows the CPU allocator's RuntimeError."""


_CHECK = "Its weights are damaged, or not finite themselves: fetch or convert them again."
_ADVICE = {
    "float16": "float16 ends at 65,504, so this may be an overflow: build with --dtype bfloat16, "
    "which does not, or float32.",
    "bfloat16": "Build with --dtype float32, or check the weights.",
}
"""What helps, by the number format that the model runs in."""


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
    whole: bool = False,
) -> Iterator[tuple[NDArray[np.integer], dict[Site, Tensor]]]:
    """Yield (item numbers, {site: float32[n, dims]}) batch after batch, on the model's device.

    Every pass is filled up to full size: a row's bits depend on the batch size, but not on its
    neighbours. `whole`: all positions of all rows, float32[rows, positions, dims], unchecked; else
    StatesBroken naming item and site at NaN or infinity.
    """
    passes = modality.passes(items, batch_size)
    now = passes[0] if passes else None  # what runs

    def read(hidden: Tensor) -> Tensor:
        return hidden if whole else modality.gather(hidden, now)  # type: ignore[arg-type]

    with recording(model.module, model.parts, sites, read) as seen:
        shown = parallel.ahead(lambda one: modality.inputs(one.shown), passes)
        for one, arrays in zip(passes, shown, strict=True):
            now = one
            inputs = tensors(arrays, model.device, model.module.dtype)  # type: ignore[arg-type]
            model.parts.trunk(**inputs, **({"use_cache": False} if model.causal else {}))
            states = {site: seen[site].float().to(model.device) for site in sites}
            seen.clear()
            if not whole:
                for site, values in states.items():
                    check_finite(values, one.items, site, modality, model.dtype)
            yield one.items, states


def check_finite(
    values: Tensor, batch: NDArray[np.integer], site: Site, modality: Modality, dtype: str
) -> None:
    """StatesBroken where one of float32[items, dims] is not finite."""
    if bool(torch.isfinite(values.sum())):
        return  # a NaN or an infinity anywhere would have reached the sum
    bad = torch.nonzero(~torch.isfinite(values).all(dim=1))
    if len(bad) == 0:
        return  # only the sum overflowed
    item = int(batch[int(bad[0, 0])])
    raise StatesBroken(
        f"The model gave NaN or infinite states at {site} for item {item} "
        f"({modality.items.loc[item, 'text']!r}). {_ADVICE.get(dtype, _CHECK)}"
    )
