"""Builds that can be killed on the way: small chunks, and a pause after each batch.

python -m tests.given.killing build MODEL ...    is `dims build MODEL ...`, slowed down
"""

import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from transformers.models.llama import modeling_llama  # noqa: F401  # loaded once, before the fork

from catalog.building import build
from catalog.commands import cli
from catalog.model import states, work

CHUNK = 32
BATCH = 12


def settings(model: Path, out: Path) -> build.Settings:
    """What every build here is asked for."""
    return build.Settings(str(model), sites="k", batch_size=BATCH, out=out)


def told(model: Path, out: Path, pipe: Connection) -> None:
    """Build in this process, and wait for an answer after telling each step."""
    work.PILOT_ITEMS = CHUNK

    def report(name: str, done: int, _total: int) -> None:
        pipe.send((name, done))
        pipe.recv()

    build.build(settings(model, out), report)
    pipe.send(("finished", 0))


def _slowly(*arguments: Any) -> Iterator[Any]:
    for batch in _batches(*arguments):
        time.sleep(0.1)
        yield batch


_batches = states.batches
if __name__ == "__main__":
    work.PILOT_ITEMS = CHUNK
    states.batches = _slowly  # type: ignore[assignment]
    sys.argv[0] = "dims"
    cli.main()
