"""Independent tasks in worker processes, each a plain `python -m catalog.parallel`.

Neither a fork (DuckDB crashes in a forked worker: seen) nor multiprocessing's spawn, which runs
the caller's main script again, and under Streamlit that is the whole dashboard.
"""

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from catalog.errors import WorkerGone

Task = TypeVar("Task")
Result = TypeVar("Result")

MOST = 4
"""Workers at most: each holds the signs of a site in memory."""


def cores() -> int:
    """Cores this process may use, at most MOST."""
    own = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(MOST, own)


def run(
    function: Callable[[Task], Result], tasks: Sequence[Task], workers: int
) -> Iterator[Result]:
    """function(task) for every task, in order.

    `function` is importable, tasks and results can be pickled. With one worker everything runs in
    this process. What a task raises is raised here.
    """
    if min(workers, len(tasks)) <= 1:
        yield from map(function, tasks)
        return
    started: list[subprocess.Popen[bytes]] = []
    own = threading.local()

    def ask(task: Task) -> Result:
        if not hasattr(own, "process"):
            own.process = _start()
            started.append(own.process)
        try:
            pickle.dump((function, task), own.process.stdin)
            own.process.stdin.flush()
            failed, answer = pickle.load(own.process.stdout)
        except (EOFError, BrokenPipeError) as gone:
            raise WorkerGone(
                "A worker process was ended from outside, perhaps for want of memory. "
                "Close other programs and run the command again."
            ) from gone
        if failed:
            raise answer
        result: Result = answer
        return result

    threads = ThreadPoolExecutor(min(workers, len(tasks)))
    try:
        yield from threads.map(ask, tasks)
    finally:
        for process in started:
            process.kill()
        threads.shutdown(cancel_futures=True)
        for process in started:
            process.communicate()


def _start() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "catalog.parallel"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def work() -> None:
    """Answer pickled (function, task) from stdin on stdout until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, which ends us
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    while True:
        try:
            function, task = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        answer: Any
        try:
            answer = False, function(task)
        except Exception as error:
            answer = True, error
        pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()


if __name__ == "__main__":
    work()
