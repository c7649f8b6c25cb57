"""How commands print: progress bars, tables, JSON, and figures in them.

Rich is imported where it is used, so that a help text takes no longer than it must.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from catalog.progress import Report

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_LINE_SECONDS = 5.0
"""Least time between two progress lines where there is no terminal."""


def console(stderr: bool = False) -> "Console":
    """Standard output (or error) as it is now."""
    from rich.console import Console

    return Console(stderr=stderr)


def table(*columns: str) -> "Table":
    """A plain table with these column heads."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        made.add_column(name)
    return made


def as_json(value: Any) -> None:
    """Print a value as JSON; what JSON has no form for as its text."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    print()


def figure(value: float | None) -> str:
    """A figure with three decimals; nothing for None."""
    return "" if value is None else f"{value:.3f}"


def share(value: float | None) -> str:
    """A p or q: below 0.001 as such; nothing for None."""
    return "" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"


@contextmanager
def resumable() -> Iterator[None]:
    """Say at Ctrl-C that nothing is lost (typer keeps the interrupt from `main`)."""
    try:
        yield
    except KeyboardInterrupt:
        console(stderr=True).print("Stopped. The same command goes on where it stopped.")
        raise typer.Exit(130) from None


@contextmanager
def progress(quiet: bool) -> Iterator[Report]:
    """A callable that shows stage, items/s and time left: a bar on a terminal, else lines."""
    shown = console(stderr=True)
    if quiet or not shown.is_terminal:
        yield _Lines().report
        return
    from rich import progress as parts

    bar = parts.Progress(
        parts.TextColumn("{task.description:>8}"),
        parts.BarColumn(),
        parts.MofNCompleteColumn(),
        parts.TextColumn("{task.fields[unit]}  {task.fields[rate]:>7} {task.fields[unit]}/s "),
        parts.TimeRemainingColumn(),
        console=shown,
        transient=True,
    )
    with bar:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if total == 0:
                shown.print(stage, markup=False)
                return
            if stage not in tasks:
                unit = _unit(stage)
                tasks[stage] = bar.add_task(stage, total=total, completed=done, rate="", unit=unit)
            speed = bar.tasks[tasks[stage]].speed
            rate = f"{speed:,.0f}" if speed else ""
            bar.update(tasks[stage], completed=done, total=total, rate=rate)

        yield report


def _unit(stage: str) -> str:
    """What a stage counts: its name says it behind a comma, as "download, MB"."""
    return stage.rpartition(", ")[2] if ", " in stage else "items"


class _Lines:
    """Progress for logs: a line at each new stage, then one every few seconds."""

    def __init__(self) -> None:
        self.stage, self.first, self.since, self.last = "", 0, 0.0, 0.0

    def report(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage != self.stage:
            self.stage, self.first, self.since, self.last = stage, done, now, 0.0
        if now - self.last < _LINE_SECONDS and done != total:
            return
        self.last = now
        rate = (done - self.first) / (now - self.since) if now > self.since else 0.0
        left = f", {(total - done) / rate:,.0f} s left" if rate else ""
        speed = f", {rate:,.0f} {_unit(stage)}/s" if rate else ""
        count = f" {done:,}/{total:,}" if total else ""
        print(f"{stage}{count}{speed}{left}", file=sys.stderr, flush=True)
