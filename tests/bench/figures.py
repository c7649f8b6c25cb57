"""What a benchmark measures, and the bar that DESIGN's table sets for it."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured number; lower is better."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    """The most it may be; None where nothing was promised."""

    def fails(self, slack: float) -> bool:
        """Whether the value is above `slack` times the bar."""
        return self.bar is not None and self.value > slack * self.bar

    def line(self) -> str:
        """One aligned line."""
        bar = "" if self.bar is None else f"(bar {self.bar:g})"
        return f"{self.name:<68} {self.value:>10.3g} {self.unit:<9} {bar}"


def seconds(work: Callable[[], object], repeat: int = 3) -> float:
    """Least wall-clock seconds of `repeat` runs."""
    best = float("inf")
    for _ in range(repeat):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def peak_memory() -> float:
    """Largest resident memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
