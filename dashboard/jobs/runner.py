"""The process that works on the queue of jobs, one after another, and ends when it is empty.

`python -m dashboard.jobs.runner` is started by whoever adds a job, in a session of its own: it
outlives the page and the server. A lock lets one of them work at a time on one data folder.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from dashboard.jobs import table
from dashboard.jobs.table import Job

_POLL = 0.2
_PATIENCE = 15.0
"""Seconds that a stopped command has to put its files in order."""
_INTERRUPTED = "It was interrupted. Ask for it again: a build goes on where it stopped."


def main() -> int:
    """Work until nothing waits."""
    place = table.folder()
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second one waits, and then finds what is left
        own = psutil.Process()
        table.write(place / table.RUNNER, {"pid": own.pid, "created": own.create_time()})
        while (job := _next()) is not None:
            _work(job)
        table.forget_old()
        (place / table.RUNNER).unlink(missing_ok=True)
    return 0


def _next() -> Job | None:
    for job in table.unfinished():
        if not job.running:
            return job
        table.stop_process(job)  # its runner is gone: this one has the lock
        table.end(job, table.FAILED, _INTERRUPTED)
    return None


def _work(job: Job) -> None:
    log = job.folder / "log"
    command = [sys.executable, "-m", "dashboard.jobs.command", *job.asked.arguments]
    with log.open("wb") as said:
        child = subprocess.Popen(
            command,
            cwd=job.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
    table.begin(job, psutil.Process(child.pid))
    stopped = _wait(job, child)
    if stopped:
        table.end(job, table.CANCELLED, "")
    elif child.returncode == 0:
        table.end(job, table.DONE, "")
    else:
        table.end(job, table.FAILED, _why(log, child.returncode))


def _wait(job: Job, child: "subprocess.Popen[bytes]") -> bool:
    """Until the command ends; whether it was stopped."""
    asked_at: float | None = None
    while child.poll() is None:
        if asked_at is None and table.cancelled(job):
            asked_at = time.monotonic()
            child.terminate()
        elif asked_at is not None and time.monotonic() - asked_at > _PATIENCE:
            os.killpg(child.pid, signal.SIGKILL)
        time.sleep(_POLL)
    return asked_at is not None


def _why(log: Path, code: int) -> str:
    if code < 0:
        return f"It was ended from outside (signal {-code}): perhaps there was not enough memory."
    return table.last_line(log) or f"It ended with status {code} and said nothing."


if __name__ == "__main__":
    sys.exit(main())
