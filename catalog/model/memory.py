"""How many items fit in memory at a time: measured on a few before all are run.

On a CPU a pass that does not fit takes the whole machine with it instead of failing, so that
halving the batch, as on a device of its own, comes too late.
"""

import contextlib
import ctypes
import os
import sys
from pathlib import Path

import psutil

from catalog.errors import SettingRefused, StatesBroken
from catalog.modalities import Modality
from catalog.model import states
from catalog.model.loading import LoadedModel
from catalog.sites import Site

SHARE = 0.5
"""Of the free memory that a batch may take: states, their signs and the others' work need some."""
FEW, MORE = 2, 6
"""Items of the two passes that are measured."""


def fitting(model: LoadedModel, modality: Modality, batch_size: int) -> int:
    """The batch size, or the largest half, quarter, ... of it that fits in free memory.

    SettingRefused where one item does not. Where nothing can be measured (another system, a
    device of its own) the batch size as it is.
    """
    if model.device.type != "cpu" or len(modality.items) < MORE or batch_size < MORE:
        return batch_size
    each = _each(model, modality)
    free = psutil.virtual_memory().available * SHARE
    if each > free:
        raise SettingRefused(
            f"One item of {model.name} takes {each / 1e9:,.1f} GB in the forward pass, and "
            f"{free / 1e9:,.1f} GB can be used. Use a smaller --dtype, or a machine with more "
            "memory."
        )
    while batch_size > 1 and batch_size * each > free:
        batch_size //= 2
    return batch_size


def give_back() -> None:
    """Return freed memory to the system: a chunk's arrays are freed in several threads, each of
    which keeps some (seen: 0.6 GB after ten chunks). Nothing happens where the C library is not
    GNU's.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL("libc.so.6").malloc_trim(0)


def _each(model: LoadedModel, modality: Modality) -> float:
    """Bytes that one more item takes at the height of a pass; 0 where it cannot be measured."""
    if sys.platform != "linux" or not os.access("/proc/self/clear_refs", os.W_OK):
        return 0.0
    _height(model, modality, FEW)  # what is made once and kept
    few, more = (_height(model, modality, count) for count in (FEW, MORE))
    return max(0.0, (more - few) / (MORE - FEW))


def _height(model: LoadedModel, modality: Modality, count: int) -> float:
    """Bytes by which a pass over some items raises the memory of this process at its height."""
    sites = [Site("resid", layer) for layer in range(len(model.parts.blocks) + 1)]
    give_back()  # memory that was freed and kept would hide what is taken anew
    before = psutil.Process().memory_info().rss
    Path("/proc/self/clear_refs").write_text("5")  # the height counts from here
    with contextlib.suppress(StatesBroken):  # the build says so, and at which of its sites
        for _ in states.batches(model, modality, sites, modality.apart(count), count):
            pass
    told = Path("/proc/self/status").read_text("ascii", errors="replace")
    line = next(one for one in told.splitlines() if one.startswith("VmHWM"))
    return float(int(line.split()[1]) * 1024 - before)
