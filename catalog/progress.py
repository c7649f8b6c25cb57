"""How long work says how far it is: one callable, the same for commands, pages and notebooks."""

import io
import time
from collections.abc import Callable
from typing import Any

Report = Callable[[str, int, int], None]
"""Told the stage, what is done and what there is in all (0: not known). May raise to cancel."""
_EVERY = 0.5
"""Seconds between two reports of a download."""
_MB = 10**6


def silent(_stage: str, _done: int, _all: int) -> None:
    """A report that nobody reads."""


def about(report: Report, what: str) -> Report:
    """The same report, each stage after what it is about: "digits: states"."""
    return lambda stage, done, all_: report(f"{what}: {stage}", done, all_)


def bar(report: Report, total: int) -> type[Any]:
    """A bar of tqdm that draws nothing and tells `report` how many MB of `total` bytes have come.

    For huggingface_hub, which counts the bytes of a download with such a class.
    """
    from tqdm import tqdm

    told = {"at": 0.0}

    class Bar(tqdm):  # type: ignore[misc, type-arg, unused-ignore]
        """What huggingface_hub counts bytes with."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs.pop("name", None)
            super().__init__(*args, **{**kwargs, "file": io.StringIO()})

        def update(self, n: float | None = 1) -> bool | None:
            drawn: bool | None = super().update(n)
            now = time.monotonic()
            if self.unit == "B" and total and (now - told["at"] > _EVERY or self.n >= total):
                told["at"] = now
                report("download, MB", min(int(self.n), total) // _MB, -(-total // _MB))
            return drawn

    return Bar
