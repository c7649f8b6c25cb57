"""A build that is killed at any moment goes on, and ends with the same bits."""

import multiprocessing
import random
import signal
import subprocess
import sys
import time
import types

import pytest

from catalog.browse import describe
from catalog.building import build
from catalog.model import work
from catalog.store.catalog import Catalog
from tests.given import killing


@pytest.fixture(scope="module")
def uninterrupted(llama, tmp_path_factory):
    """Content hash of the same build, never interrupted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "PILOT_ITEMS", killing.CHUNK)
        path = build.build(killing.settings(llama, tmp_path_factory.mktemp("whole")))
    return describe.info(Catalog(path))["content_hash"]


@pytest.fixture
def processes(monkeypatch):
    # Streamlit's tests leave their script behind as __main__; a child would run it again.
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.given.killing"])
    return context


def run(processes, model, out, steps, delay):
    """Build in another process; kill it `delay` seconds after `steps` steps. True if it ended."""
    ours, theirs = processes.Pipe()
    process = processes.Process(target=killing.told, args=(model, out, theirs))
    process.start()
    theirs.close()
    try:
        while True:
            name, _ = ours.recv()
            if name == "finished":
                return True
            if steps == 0 or (steps == "writing" and name == "writing"):
                ours.send("go on")
                time.sleep(delay)
                return False
            steps = steps - 1 if isinstance(steps, int) else steps
            ours.send("go on")
    finally:
        process.kill()
        process.join()


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_at_random_moments(seed, processes, llama, tmp_path, uninterrupted):
    draw = random.Random(seed)
    moments = [draw.randrange(0, 14) for _ in range(4)] + ["writing"]
    for steps in moments:
        ended = run(processes, llama, tmp_path, steps, draw.random() * 0.03)
        assert not ended, f"the build ended before it was killed (seed {seed}, {moments})"
        assert not list(tmp_path.glob("*.duckdb"))
    assert run(processes, llama, tmp_path, 10_000, 0)
    (path,) = tmp_path.glob("*.duckdb")
    assert describe.info(Catalog(path))["content_hash"] == uninterrupted
    assert not list(tmp_path.glob("*.building"))


@pytest.mark.parametrize(
    "how", [pytest.param(signal.SIGKILL, marks=pytest.mark.slow), signal.SIGINT]
)
def test_the_command_itself(how, llama, tmp_path, uninterrupted, monkeypatch):
    command = [
        sys.executable,
        "-m",
        "tests.given.killing",
        "build",
        str(llama),
        "--out",
        str(tmp_path),
    ]
    command += ["--sites", "k", "--batch-size", str(killing.BATCH)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    seen = []
    for line in process.stderr:
        seen.append(line)
        if line.startswith("states"):
            break
    time.sleep(0.5)
    process.send_signal(how)
    rest = process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == (130 if how is signal.SIGINT else -9), [*seen, rest]
    if how is signal.SIGINT:
        assert "Traceback" not in rest and "The same command goes on where it stopped." in rest
    (folder,) = tmp_path.glob("*.building")
    assert list(folder.glob("signs-*.npz"))
    monkeypatch.setattr(work, "PILOT_ITEMS", killing.CHUNK)
    pilots = []
    path = build.build(killing.settings(llama, tmp_path), lambda name, *_: pilots.append(name))
    assert "pilot" not in pilots  # it went on, and did not begin again
    assert describe.info(Catalog(path))["content_hash"] == uninterrupted


def test_a_file_half_written_does_not_count(llama, tmp_path, monkeypatch, uninterrupted):
    monkeypatch.setattr(work, "PILOT_ITEMS", killing.CHUNK)

    def stop(name, done, _total):
        if name == "states" and done >= 5 * killing.CHUNK:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build.build(killing.settings(llama, tmp_path), stop)
    (folder,) = tmp_path.glob("*.building")
    newest = max(folder.glob("sums-*.npz"))
    number = int(newest.stem.split("-")[1])
    (folder / f"signs-{number + 1:06d}.npz").write_bytes(b"signs without their sums")
    (folder / f"sums-{number + 1:06d}.npz.partial").write_bytes(b"PK half")
    (folder / "catalog.partial").write_bytes(b"half a database")
    (folder / "catalog.partial.wal").write_bytes(b"half a log")
    path = build.build(killing.settings(llama, tmp_path))
    assert describe.info(Catalog(path))["content_hash"] == uninterrupted
