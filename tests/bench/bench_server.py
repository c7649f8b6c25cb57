"""A lab's server: fifty people browsing one process by websocket, twenty labeling at once.

    python -m tests.bench.one server [--quick]

Browsers are too heavy to have fifty of, so people are websocket clients that speak Streamlit's own
messages: each opens a page by its link, waits until the script has run, thinks, and opens the next.
DIMS_BENCH_WORKSPACE=postgresql://... is the workspace of those who label; else SQLite.
"""

import asyncio
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil

from catalog.sharing.serving import Serving
from catalog.workspace import labels, queue, reading, roles
from catalog.workspace.file import open_workspace
from catalog.workspace.subjects import dimension
from catalog.workspace.values import Answer, Circumstances
from tests.bench import browsing
from tests.bench.figures import Figure
from tests.browser.conftest import _wait
from tests.given import visitor

PEOPLE, MINUTES = 50, 2.0
THINKING = (4.0, 12.0)
"""Seconds between two pages of a person: they read them."""
LABELERS, ANSWERS = 20, 60
VIEWS = ("", "dimensions", "dimension", "item", "features", "feature", "evidence", "sql")


def run(quick: bool) -> list[Figure]:
    """Both, over the demo's catalogs of language in a data folder of their own."""
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as name:
        browsing.demo(Path(name).resolve())
        os.environ.pop("DIMS_WORKSPACE", None)
        return [*browse(0.5 if quick else MINUTES), *label()]


def browse(minutes: float) -> list[Figure]:
    """Page times of PEOPLE who signed in and browse one server; errors; memory."""
    with _serving() as (address, server):
        peak, over = [0], threading.Event()

        def watch() -> None:
            while not over.wait(0.5):
                peak[0] = max(peak[0], server.memory_info().rss)

        thread = threading.Thread(target=watch)
        thread.start()
        asyncio.run(_visit(address, 0, random.Random(0)))  # the first one fills the caches
        before = sum(server.cpu_times()[:2])
        taken, errors = asyncio.run(_crowd(address, 60 * minutes))
        used = sum(server.cpu_times()[:2]) - before
        over.set()
        thread.join()
    seconds = float(np.percentile(taken, 95))
    return [
        Figure(f"{PEOPLE} people browsing, {len(taken)} pages, p95", seconds, "s", 1.5),
        Figure(f"{PEOPLE} people browsing, median", float(np.median(taken)), "s"),
        Figure(f"{PEOPLE} people browsing, processor time a page", used / len(taken), "s"),
        Figure(f"{PEOPLE} people browsing, errors", float(errors), "", 0.0),
        Figure(f"{PEOPLE} people browsing, memory", peak[0] / 1e9, "GB", 2.0),
    ]


@contextmanager
def _serving() -> Iterator[tuple[str, psutil.Process]]:
    """A server whose people are named by a proxy, each with the role look: address and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with open_workspace() as workspace:
        for number in range(PEOPLE):
            roles.grant(workspace, uuid.uuid4().hex, roles.COMMAND_LINE, _name(number), "look")
    asked = Serving(port=port, sign_in=roles.PROXY, proxies=("127.0.0.1",))
    command = [sys.executable, "-P", "-m", "dashboard.server", *asked.options()]
    command += ["--server.headless", "true"]
    environment = {**os.environ, **asked.environment()}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(f"{address}/_stcore/health", server)
            yield address, psutil.Process(server.pid)
        finally:
            server.terminate()
            server.wait(20)


def _name(number: int) -> str:
    return f"person-{number}@lab.example"


async def _crowd(address: str, seconds: float) -> tuple[list[float], int]:
    taken: list[float] = []
    errors = 0
    until = time.monotonic() + seconds

    async def person(number: int) -> None:
        nonlocal errors
        draw = random.Random(number)
        await asyncio.sleep(draw.uniform(0, THINKING[1]))  # they do not come all at once
        while time.monotonic() < until:
            try:
                taken.append(await _visit(address, number, draw))
            except Exception as error:
                errors += 1
                print(f"{type(error).__name__}: {error}", file=sys.stderr)
            await asyncio.sleep(draw.uniform(*THINKING))

    await asyncio.gather(*(person(number) for number in range(PEOPLE)))
    return taken, errors


async def _visit(address: str, person: int, draw: random.Random) -> float:
    """Open one page; seconds until its script has run; RuntimeError where it drew an exception."""
    query = {"catalog": "storyteller", "site": f"resid.{draw.randrange(7)}"}
    view = draw.choice(VIEWS)
    if view == "dimension":
        query["dim"] = str(draw.randrange(256))
    headers = {"X-Forwarded-Email": _name(person)}
    found = await visitor.visit(address, view, query, headers)
    if found.exceptions or "may not do this here" in found.said:
        raise RuntimeError(found.exceptions[0] if found.exceptions else found.said)
    return found.seconds


def label() -> list[Figure]:
    """LABELERS saving at once, each through a queue of their own: how long a save takes."""
    address = os.environ.get("DIMS_BENCH_WORKSPACE")
    taken: list[float] = []
    with open_workspace(address) as workspace:
        barrier, failed = threading.Barrier(LABELERS), []
        mark = uuid.uuid4().hex[:6]
        chosen = [dimension(f"m{mark}", "r1", "bare", "resid.1", n) for n in range(ANSWERS)]

        def person(number: int) -> None:
            name = f"{mark}-{number}"
            line = queue.open_queue(workspace, uuid.uuid4().hex, name, chosen, queue.Options())
            barrier.wait()
            for subject in chosen:
                said = Answer(subject, name, clear_pole="+", positive=f"of {name}")
                how = Circumstances("queue", line.key, seconds=2.0)
                begun = time.perf_counter()
                try:
                    labels.answer(workspace, uuid.uuid4().hex, said, how)
                except Exception as error:
                    failed.append(error)
                taken.append(time.perf_counter() - begun)
                time.sleep(random.uniform(0.5, 1.5))  # a person reads before the next one

        threads = [threading.Thread(target=person, args=(n,)) for n in range(LABELERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kept = reading.history(workspace, None, model=f"m{mark}")
        subjects = int((kept["pole"] == "+").sum())
    kind = "PostgreSQL" if address and "://" in address else "SQLite"
    lost = LABELERS * ANSWERS - subjects
    p95 = 1000 * float(np.percentile(taken, 95))
    return [
        Figure(f"{LABELERS} labeling at once, {kind}, p95 of a save", p95, "ms", 50.0),
        Figure(f"{LABELERS} labeling at once, {kind}, lost", float(lost), "", 0.0),
    ]
