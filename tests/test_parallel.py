"""Tests of catalog.parallel: worker processes that are neither forks nor spawns of the caller."""

import contextlib
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from catalog import parallel
from catalog.errors import SettingRefused, WorkerGone
from catalog.sites import Site

ROOT = Path(__file__).parents[1]


def slowly(seconds: float) -> int:
    """Sleep; the number of this process."""
    time.sleep(seconds)
    return os.getpid()


def keep(megabytes: int, kept: list[bytes] = []) -> int:  # noqa: B006 - stays in the worker
    """Hold so much memory from now on; the number of this process."""
    kept.append(os.urandom(1 << 20) * megabytes)
    time.sleep(1.1)  # loky looks at its workers once a second
    return os.getpid()


def memory_of_signs(_: object) -> str:
    """Bytes of packed signs that this process keeps."""
    return os.environ["DIMS_MEMORY"]


def threads(_: object) -> tuple[str, int]:
    """What NumPy is told, and what it does."""
    import numpy as np
    import threadpoolctl

    np.ones((2, 2)) @ np.ones((2, 2))
    pools = threadpoolctl.threadpool_info()
    return os.environ["OMP_NUM_THREADS"], max(one["num_threads"] for one in pools)


def workers(parent: int | None = None) -> list[psutil.Process]:
    """Workers of a process that are alive."""
    found = []
    for child in psutil.Process(parent).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "popen_loky_posix" in " ".join(child.cmdline()):
                found.append(child)
    return found


def ignores_interrupts(process: psutil.Process) -> bool:
    """Whether Ctrl-C does nothing to it."""
    (mask,) = re.findall(r"SigIgn:\s*(\w+)", Path(f"/proc/{process.pid}/status").read_text())
    return bool(int(mask, 16) >> (signal.SIGINT - 1) & 1)


def test_results_come_in_the_order_of_the_tasks_from_other_processes():
    assert list(parallel.run(math.factorial, [5, 3, 20, 0], 2)) == [120, 6, math.factorial(20), 1]
    listed = list(parallel.run(slowly, [1.0, 0.2, 1.0, 0.2], 2))
    assert os.getpid() not in listed and len(set(listed)) == 2


def test_a_result_does_not_wait_for_those_after_it():
    began = time.monotonic()
    answers = parallel.run(slowly, [0, 60], 2)
    next(answers)
    answers.close()
    assert time.monotonic() - began < 30


def test_one_worker_stays_in_this_process():
    assert list(parallel.run(slowly, [0, 0, 0], 1)) == [os.getpid()] * 3


def test_what_a_task_raises_is_raised_here():
    with pytest.raises(SettingRefused) as refused:
        list(parallel.run(Site.parse, ["resid.1", "elsewhere", "resid.2"], 2))
    assert "elsewhere" in str(refused.value)


def test_a_worker_ended_from_outside_is_one_sentence():
    with pytest.raises(WorkerGone, match="run the command again"):
        list(parallel.run(os._exit, [0, 0], 2))


def test_a_worker_killed_while_it_works_is_one_sentence_and_the_next_run_goes_on():
    def kill() -> None:
        while not workers():
            time.sleep(0.05)
        workers()[0].kill()

    threading.Thread(target=kill).start()
    with pytest.raises(WorkerGone, match="for want of memory"):
        list(parallel.run(slowly, [60, 60], 2))
    assert len(list(parallel.run(slowly, [0, 0], 2))) == 2


def test_leaving_early_ends_the_workers():
    began = time.monotonic()
    answers = parallel.run(time.sleep, [0, 60, 60], 2)
    assert next(answers) is None
    answers.close()
    assert time.monotonic() - began < 20
    assert workers() == []


def test_no_tasks_give_nothing():
    assert list(parallel.run(str, [], 2)) == []


def test_a_worker_counts_with_one_thread():
    """Two workers of all cores each would wait for each other."""
    assert set(parallel.run(threads, [0, 0], 2)) == {("1", 1)}


def test_a_worker_keeps_no_signs_besides_those_it_reads():
    """Each is asked of a site once; four of them with a gigabyte each are too much."""
    assert set(parallel.run(memory_of_signs, [0, 0], 2)) == {"0"}


def test_a_worker_that_grew_goes_on():
    """Loky would end one that grew by 300 MB; a parent that ends just then would wait for ever."""
    sizes = [1, 1, 350, 350, 350, 1, 1]
    assert len(set(parallel.run(keep, sizes, 2))) <= 2


def test_workers_end_with_the_work():
    assert len(list(parallel.run(slowly, [0, 0], 2))) == 2
    assert workers() == []


def test_somebody_else_takes_the_same_tasks():
    asked = []

    def taker(function, tasks):
        asked.extend(tasks)
        return map(function, tasks)

    with parallel.taken_by(taker):
        assert list(parallel.run(slowly, [0, 0, 0], 2)) == [os.getpid()] * 3
    assert asked == [0, 0, 0]
    assert os.getpid() not in set(parallel.run(slowly, [0, 0], 2))


UNGUARDED = """
import os, pathlib, sys
with pathlib.Path(sys.argv[1]).open("a") as told:
    told.write(f"{__name__} {os.getpid()} ")
from catalog import parallel
print(*parallel.run(abs, [-1, -2, -3], 2))
"""


def test_the_script_that_asked_is_not_run_again(tmp_path):
    """A worker that ran it would be a second dashboard under Streamlit, which has no guard."""
    script, told = tmp_path / "script.py", tmp_path / "told.txt"
    script.write_text(UNGUARDED)
    done = subprocess.run(
        [sys.executable, str(script), str(told)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("1 2 3\n", "")
    assert told.read_text().split()[::2] == ["__main__"]


BUSY = """
import time
from catalog import parallel
answers = parallel.run(time.sleep, [0, 60, 60], 2)
next(answers)
print("begun", flush=True)
list(answers)
"""


def test_a_script_that_fails_between_two_results_does_not_wait_for_the_rest(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(BUSY.replace("list(answers)", "1 / 0"))
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=40,  # each worker sleeps for 60
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")


@pytest.fixture
def busy(tmp_path):
    """A process whose two workers sleep, and the workers."""
    script = tmp_path / "script.py"
    script.write_text(BUSY)
    child = subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a terminal interrupts the whole group
    )
    assert child.stdout and child.stdout.readline() == "begun\n"
    while len(started := [one for one in workers(child.pid) if ignores_interrupts(one)]) < 2:
        time.sleep(0.05)  # until the second worker is up, too
    yield child, started
    child.kill()
    child.communicate()


def test_ctrl_c_ends_the_workers_without_a_word_of_theirs(busy):
    child, started = busy
    os.killpg(child.pid, signal.SIGINT)
    _, errors = child.communicate(timeout=30)
    assert child.returncode != 0
    assert errors.count("Traceback") == errors.count("KeyboardInterrupt") == 1, errors
    _, alive = psutil.wait_procs(started, timeout=10)
    assert alive == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_do_not_outlive_their_parent(busy, how):
    """A demo that ends its background process, or a machine short of memory that chose it."""
    child, started = busy
    child.send_signal(how)
    _, alive = psutil.wait_procs(started, timeout=20)
    assert alive == []
