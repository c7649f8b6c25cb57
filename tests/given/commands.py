"""Run `dims` inside the test process, errors and exit statuses as a shell sees them."""

import contextlib
import io
import json
import os
import sys
from dataclasses import dataclass
from typing import Any
from unittest import mock

from catalog.commands import cli


@dataclass(frozen=True)
class Outcome:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)

    @property
    def sentence(self) -> str:
        """Standard error on one line."""
        return " ".join(self.err.split())


def run(*arguments: object) -> Outcome:
    """Run `dims` with these arguments; an exception that is a fault of ours comes through.

    DIMS_DEBUG is 1 unless a test sets it: no fault hides in a sentence.
    """
    out, err = io.StringIO(), io.StringIO()
    code: Any = 0
    with (
        mock.patch.dict(os.environ, {"DIMS_DEBUG": os.environ.get("DIMS_DEBUG", "1")}),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", ["dims", *map(str, arguments)]),
    ):
        try:
            cli.main()
        except SystemExit as exit_:
            code = exit_.code or 0
    return Outcome(code, out.getvalue(), err.getvalue())
