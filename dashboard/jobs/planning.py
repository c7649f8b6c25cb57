"""What a build will take, told before it starts: `dims plan` in a process beside the server.

It imports what a page never may, and of a model on the hub it fetches config and tokenizer: a page
asks for it and goes on; what it said is kept until the server ends.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dashboard.common import access
from dashboard.jobs import table
from dashboard.jobs.table import Asked

PATIENCE = 60.0
"""Seconds after which nobody waits any more."""
KEPT = 16
"""Estimates that are kept."""
SLOW = (
    "The hub did not answer within a minute. Try again, or give a folder that is on this machine."
)
_plans: "dict[tuple[str, ...], _Running]" = {}
_changing = threading.Lock()


class Plan(NamedTuple):
    """What came of it."""

    known: Mapping[str, Any] | None
    """Fields of `catalog.building.estimate.Estimate`, and seconds; None where it failed."""
    problem: str = ""
    """One sentence where it failed."""


class _Running:
    """One process, and what it said once it has ended."""

    def __init__(self, arguments: tuple[str, ...]) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="dims-plan-")
        self.begun = time.monotonic()
        self.plan: Plan | None = None
        with self.said("out").open("wb") as out, self.said("err").open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dashboard.jobs.command", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def said(self, name: str) -> Path:
        return Path(self.folder.name) / name

    def poll(self) -> Plan | None:
        if self.plan is None and self.process.poll() is not None:
            self.plan = self._read()
            self.folder.cleanup()
        elif self.plan is None and time.monotonic() - self.begun > PATIENCE:
            self.process.kill()
            self.process.wait()
            self.plan = Plan(None, SLOW)
            self.folder.cleanup()
        return self.plan

    def _read(self) -> Plan:
        if self.process.returncode == 0:
            try:
                return Plan(json.loads(self.said("out").read_text("utf-8")))
            except ValueError:
                pass
        return Plan(None, table.last_line(self.said("err")) or "It could not be told.")


def begin(asked: Asked) -> None:
    """Find out what a build will take, anew: nothing is kept of an earlier try.

    NotAllowed where who looks may not compute: it looks at folders of this machine.
    """
    access.require("compute")
    with _changing:
        old = _plans.pop(asked.arguments, None)
        if old is not None and old.poll() is None:
            _plans[asked.arguments] = old
            return
        for name in list(_plans)[: max(0, len(_plans) + 1 - KEPT)]:
            if _plans[name].poll() is not None:
                del _plans[name]
        _plans[asked.arguments] = _Running(("plan", *asked.arguments[1:], "--json"))


def found(asked: Asked) -> Plan | None:
    """What a build will take; None while it is being found out, or was never asked for."""
    with _changing:
        held = _plans.get(asked.arguments)
        return None if held is None else held.poll()
