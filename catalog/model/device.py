"""The device a model runs on."""

import platform
import re
from pathlib import Path

import torch

from catalog.errors import SettingRefused


def choose(name: str) -> torch.device:
    """Device of a name; auto is CUDA where there is one, else the CPU. SettingRefused if absent."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError) as error:
        raise SettingRefused(
            f"--device {name}: this machine or this build of PyTorch has no such device. "
            "Use --device cpu."
        ) from error
    return device


def nearest(name: str) -> str:
    """The kind of device of this name where the machine has it, else the CPU."""
    return name if choose("auto").type == name.split(":")[0] else "cpu"


def threads(device: torch.device) -> int:
    """CPU threads of a forward pass; 0 where the device is not the CPU."""
    return torch.get_num_threads() if device.type == "cpu" else 0


def use_threads(count: int) -> None:
    """Set the CPU threads of this process's forward passes."""
    torch.set_num_threads(count)


def gpus() -> int:
    """CUDA devices that this process sees."""
    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def describe() -> str:
    """Name of the accelerator as PyTorch sees it, or cpu."""
    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else "cpu"


def machine() -> str:
    """Architecture and name of the processor, as far as the system tells."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        told = ""
    named = re.search(r"^model name\s*:\s*(.+)$", told, re.MULTILINE)
    return f"{platform.machine()} {named.group(1) if named else platform.processor()}".strip()
