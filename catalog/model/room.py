"""Whether a model's weights fit, told before they are read; spread where one device is small.

On a CPU a model that does not fit takes the whole machine with it instead of failing.
"""

from typing import Any

import psutil
import torch

from catalog.errors import SettingRefused
from catalog.model.finding import Found

SHARE = 0.9
"""Of a device's free memory that weights may take: states need some too."""
NAMES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
"""Bytes of a number, by its format's name in a config."""


def needed(found: Found, config: Any, dtype: Any) -> int:
    """Bytes of the weights once they are loaded, from the sizes of their files."""
    stored = sum(path.stat().st_size for path in found.files)
    if not isinstance(dtype, torch.dtype):
        return stored
    own = str(getattr(config, "dtype", None) or "float32").removeprefix("torch.")
    return stored * dtype.itemsize // NAMES.get(own, 4)


def placed(
    found: Found, config: Any, dtype: Any, device: torch.device, free: bool
) -> dict[str, Any]:
    """What `from_pretrained` is given besides so that the weights find room; often nothing.

    Where they fit on one device, they are put there afterwards. Where they do not, and the device
    was left to us (`free`), accelerate spreads them over all GPUs and the CPU's memory, block by
    block. SettingRefused with the sizes where there is no room.
    """
    size = needed(found, config, dtype)
    room = psutil.virtual_memory().available
    if device.type == "cuda":
        own = [torch.cuda.mem_get_info(place)[0] for place in range(torch.cuda.device_count())]
        here = own[device.index or 0]
        if size <= SHARE * here:
            return {}
        every = sum(own) + room
        if free and size <= SHARE * every:
            return {"device_map": "auto"}
        where = (every, f"{len(own)} GPUs and memory") if free else (here, str(device))
        raise SettingRefused(_told(found, size, *where))
    if device.type == "cpu" and size > SHARE * room:
        raise SettingRefused(_told(found, size, room, "this machine's memory"))
    return {}


def _told(found: Found, size: int, room: int, where: str) -> str:
    return (
        f"The weights of {found.source.name} take {size / 1e9:,.1f} GB, and {room / 1e9:,.1f} GB "
        f"are free in {where}. Use --dtype bfloat16 (half of float32), a machine with more, or a "
        "smaller model."
    )
