"""Independent tasks in worker processes, by joblib; a cluster can take the same ones.

Its own, loky, starts a plain interpreter for each worker: not a fork (DuckDB crashes in a forked
worker: seen), nor multiprocessing's spawn, which runs the caller's main script again, and under
Streamlit that is the whole dashboard. What was seen of loky and is mended here: its workers print
a traceback each at Ctrl-C, outlive a parent that was killed, and are replaced, with a warning,
when they grow by 300 MB, which two sites of a large model can do.
"""

import contextlib
import functools
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from catalog.errors import WorkerGone

if TYPE_CHECKING:
    from joblib import Parallel

Task = TypeVar("Task")
Result = TypeVar("Result")

Taker = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]
"""Gives function(task) for every task, in order."""
_TAKER: ContextVar[Taker | None] = ContextVar("taker", default=None)

MOST = 4
"""Workers at most: each holds the signs of a site in memory."""
IDLE_SECONDS = 5
"""A worker without a task for so long ends, and gives its memory back."""
GIVEN_UP = r"\d+ tasks "
"""How joblib's warning begins where the caller leaves early, as it may."""


def every_core() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def cores() -> int:
    """Cores this process may use, at most MOST."""
    return min(MOST, every_core())


def run(
    function: Callable[[Task], Result], tasks: Sequence[Task], workers: int
) -> Iterator[Result]:
    """function(task) for every task, in order, each as soon as it and those before it are done.

    Tasks and results can be pickled. With one worker everything runs in this process. What a task
    raises is raised here; leaving early ends the workers. Inside `taken_by` somebody else takes the
    tasks.
    """
    taker = _TAKER.get()
    if taker is not None:
        yield from taker(function, tasks)
        return
    pool = _pool(min(workers, len(tasks)))
    if pool is None:
        yield from map(function, tasks)
        return
    from joblib import delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    answers = pool(delayed(function)(task) for task in tasks)
    _end_before_exit()
    try:
        yield from answers
        _end()
    except TerminatedWorkerError as gone:
        raise WorkerGone(
            "A worker process was ended from outside, perhaps for want of memory. "
            "Close other programs and run the command again."
        ) from gone


def ahead(make: Callable[[Task], Result], given: Sequence[Task]) -> Iterator[Result]:
    """`make` of each, the next one made in a thread while the last one is used."""
    with ThreadPoolExecutor(1, "ahead") as worker:
        waiting = None
        for one in given:
            following = worker.submit(make, one)
            if waiting is not None:
                yield waiting.result()
            waiting = following
        if waiting is not None:
            yield waiting.result()


@contextlib.contextmanager
def taken_by(taker: Taker) -> Iterator[None]:
    """Within the block `taker` does what `run` is given: `cluster.Cluster.run` is one."""
    token = _TAKER.set(taker)
    try:
        yield
    finally:
        _TAKER.reset(token)


def _pool(workers: int) -> "Parallel | None":
    """What takes tasks one by one; for one worker nothing."""
    from joblib import Parallel, parallel_config

    if workers <= 1:
        return None
    warnings.filterwarnings("ignore", GIVEN_UP, UserWarning)
    with parallel_config(
        "loky",
        inner_max_num_threads=1,
        initializer=_begin,
        initargs=(os.getpid(),),
        idle_worker_timeout=IDLE_SECONDS,
    ):
        return Parallel(n_jobs=workers, return_as="generator", batch_size=1)


@functools.cache
def _end_before_exit() -> None:
    """Once loky has begun: end its workers before it waits for their tasks as Python exits.

    A caller that fails or is interrupted between two results may still hold the rest of them.
    loky's own wait is registered in the same place, and the last registered is called first.
    """
    threading._register_atexit(_end)  # type: ignore[attr-defined]


def _end() -> None:
    """Let loky's workers go with their memory: the next work, if there is any, starts its own.

    They are killed here and waited for a few seconds only: loky waits for ever where one was ended
    from outside after its last task (seen).
    """
    from joblib.externals.loky import reusable_executor

    executor = reusable_executor._executor
    if executor is None:
        return
    for process in list((executor._processes or {}).values()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    manager = executor._executor_manager_thread
    executor.shutdown(wait=False, kill_workers=True)
    if manager is not None:
        manager.join(IDLE_SECONDS)
    reusable_executor._executor = None


def _begin(parent: int) -> None:
    """In a worker: live as long as the parent, which Ctrl-C ends; no site is asked for twice.

    A worker holds the signs of a site, which loky takes for a leak above 300 MB: it would end
    itself, and where the parent ends at that moment both wait for each other (seen).
    """
    from joblib.externals.loky import process_executor

    process_executor._USE_PSUTIL = False
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    os.environ["DIMS_MEMORY"] = "0"


def _follow(parent: int) -> None:
    """End this worker when its parent is gone: loky's would wait for ever to give its result."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
