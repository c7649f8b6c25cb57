"""`dims doctor`: what this machine has, for bug reports."""

import os
import platform
import shutil
from importlib import metadata
from typing import Any

from catalog import places
from catalog.commands import printing
from catalog.commands.options import Json

PACKAGES = (
    "dimension-catalog",
    "torch",
    "transformers",
    "duckdb",
    "numpy",
    "pandas",
    "streamlit",
    "plotly",
)


def doctor(as_json: Json = False) -> None:
    """Say what this machine has: versions, memory, disk, device, browser."""
    known = examine()
    if as_json:
        printing.as_json(known)
        return
    table = printing.table("what", "value")
    for key, value in known.items():
        table.add_row(key, str(value))
    printing.console().print(table)


def examine() -> dict[str, Any]:
    """Versions, memory, disk, device and browser: what to do stands beside what is missing."""
    import psutil

    memory = psutil.virtual_memory()
    folder = places.data()
    disk = shutil.disk_usage(folder if folder.exists() else ".")
    browser = next(
        filter(None, map(shutil.which, ("chromium", "google-chrome", "firefox"))),
        "none found (needed only for the browser tests)",
    )
    return {
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory.total / 1e9, 1),
        "memory_free_gb": round(memory.available / 1e9, 1),
        "data_folder": str(folder.resolve()),
        "disk_free_gb": round(disk.free / 1e9, 1),
        "device": _device(),
        "browser": browser,
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _device() -> str:
    """Name of the accelerator as PyTorch sees it, or cpu."""
    from catalog.model import device

    return device.describe()
