"""The table of jobs: a folder of files each, under $DIMS_DATA/jobs; any process may read it.

A job is one `dims` command. `job.json` says what was asked, `log` what the command says of its
progress, `running.json` which process does it, `ended.json` how it ended. Files are written whole.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from catalog import places

RUNNER = "runner.json"
"""Which process works on the queue."""
KEPT = 40
"""Ended jobs that are kept."""
DONE, FAILED, CANCELLED = "done", "failed", "cancelled"
_runners: "list[subprocess.Popen[bytes]]" = []
"""Runners that this process started, as far as they run, and one that could not: it stays."""
_LINE = re.compile(
    r"(?P<stage>.*?)(?: (?P<done>[\d,]+)/(?P<all>[\d,]+))?(?:, [\d,]+ \S+/s)?"
    r"(?:, (?P<left>[\d,]+) s left)?"
)
"""A line of progress, as commands print it where there is no terminal."""


@dataclass(frozen=True)
class Asked:
    """What a page asks for; two that have the same arguments are the same work."""

    kind: str
    """What it is, by which its time is told: features, evidence, map, map of dimensions, build."""
    title: str
    """In words, such as "evidence of storyteller"."""
    arguments: tuple[str, ...]
    """Of `dims`."""
    view: str
    """The view that shows the outcome."""
    link: dict[str, str]
    """Its query parameters."""
    size: float = 0.0
    """Signs that the work goes over: what its time grows with; 0 where nobody knows."""
    seconds: float = 0.0
    """What it will take by an estimate of this very work; 0 where there is none."""
    person: str = ""
    """Who asked for it, where people sign in."""


class Progress(NamedTuple):
    """How far a running job is."""

    stage: str
    done: int
    all: int
    """0 where it is not known."""
    left: float | None
    """Seconds left of this stage; None where nobody knows."""


class Job(NamedTuple):
    """One job as its files say."""

    folder: Path
    asked: Asked
    made_at: float
    """Seconds since the epoch."""
    started_at: float | None
    ended: Mapping[str, Any] | None
    """status (done, failed, cancelled), seconds, said; None before its end."""

    @property
    def key(self) -> str:
        """Name of the job."""
        return self.folder.name

    @property
    def running(self) -> bool:
        """Whether it is being worked on."""
        return self.ended is None and self.started_at is not None

    @property
    def progress(self) -> Progress:
        """What the command last said; an empty stage before it said anything."""
        return read(last_line(self.folder / "log"))


def folder() -> Path:
    """Where jobs lie."""
    return places.data().resolve() / "jobs"


def add(asked: Asked) -> Job:
    """Put work at the end of the queue; the job that does the same already, where there is one."""
    for job in every():
        if job.ended is None and job.asked.arguments == asked.arguments:
            return job
    made = time.time()
    place = folder() / f"{time.time_ns():020d}-{os.getpid()}"
    place.mkdir(parents=True)
    write(place / "job.json", {"made_at": made, **asdict(asked)})
    return Job(place, asked, made, None, None)


def every() -> list[Job]:
    """All jobs, in the order in which they were asked for."""
    found = (_read(place) for place in sorted(folder().glob("*-*")))
    return [job for job in found if job is not None]


def unfinished() -> list[Job]:
    """Jobs that are waiting or running, in their order."""
    return [job for job in every() if job.ended is None]


def find(arguments: tuple[str, ...]) -> Job | None:
    """The newest job with these arguments."""
    return next((one for one in reversed(every()) if one.asked.arguments == arguments), None)


def demo() -> Progress | None:
    """How far the demo's own work in the background is; None where there is none.

    It belongs to `dims demo`, which ends it, and is no job of this table.
    """
    held = _json(places.demo_progress())
    if not is_process(held):
        return None
    stage, done, all_ = str(held.get("stage", "")), held.get("done"), held.get("all")
    return Progress(stage, int(done or 0), int(all_ or 0), None)


def cancel(job: Job) -> None:
    """Stop a job: a waiting one ends at once, a running one when its runner sees this."""
    (job.folder / "cancel").touch()
    if not job.running:
        end(job, CANCELLED, "")


def cancelled(job: Job) -> bool:
    """Whether somebody asked to stop it."""
    return (job.folder / "cancel").exists()


def begin(job: Job, process: psutil.Process) -> None:
    """Note the process that works on a job."""
    named = {"pid": process.pid, "created": process.create_time(), "started_at": time.time()}
    write(job.folder / "running.json", named)


def end(job: Job, status: str, said: str) -> None:
    """Note how a job ended."""
    begun = _json(job.folder / "running.json").get("started_at")
    seconds = 0.0 if begun is None else time.time() - begun
    write(
        job.folder / "ended.json",
        {"status": status, "seconds": seconds, "said": said, "at": time.time()},
    )


def forget_old() -> None:
    """Delete all but the newest ended jobs."""
    ended = [job for job in every() if job.ended is not None]
    for job in ended[:-KEPT]:
        shutil.rmtree(job.folder, ignore_errors=True)


def stop_process(job: Job) -> None:
    """End the process that works on a job, where it is still there."""
    named = _json(job.folder / "running.json")
    if is_process(named):
        psutil.Process(named["pid"]).terminate()


def at_work() -> bool:
    """Whether a runner is at work on this data folder."""
    return is_process(_json(folder() / RUNNER))


def wake() -> None:
    """Start a runner where jobs wait and none is at work; a second one would only wait its turn."""
    if not unfinished() or at_work():
        return
    if stuck():
        return  # starting it again and again would help nobody
    _runners[:] = [one for one in _runners if one.poll() is None]
    with (folder() / "runner.log").open("wb") as said:
        _runners.append(
            subprocess.Popen(
                [sys.executable, "-m", "dashboard.jobs.runner"],
                env={**os.environ, "DIMS_DATA": str(folder().parent)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
            )
        )


def stuck() -> str:
    """Why the last runner that this process started could not run; empty where it could."""
    codes = [one.poll() for one in _runners]
    if not any(code is not None and code > 0 for code in codes):
        return ""
    return last_line(folder() / "runner.log") or "its process ended at once"


def is_process(named: Mapping[str, Any]) -> bool:
    """Whether the process with this pid is the one that was noted, not a later one."""
    try:
        process = psutil.Process(named["pid"])
        same = abs(process.create_time() - named["created"]) < 1
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except (psutil.Error, KeyError):
        return False


def read(line: str) -> Progress:
    """A line of progress, taken apart."""
    found = _LINE.fullmatch(line.strip())
    if found is None:
        return Progress("", 0, 0, None)

    def number(name: str) -> int:
        return int((found[name] or "0").replace(",", ""))

    left = None if found["left"] is None else float(number("left"))
    return Progress(found["stage"].rpartition(", ")[0] or found["stage"], number("done"),
                    number("all"), left)  # fmt: skip


def last_line(path: Path) -> str:
    """The last line of a file that says something; empty where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4096))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line for line in reversed(lines) if line.strip()), "").strip()


def write(path: Path, value: Mapping[str, Any]) -> None:
    """Write a small file, whole or not at all."""
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(value), "utf-8")
    part.replace(path)


def _read(place: Path) -> Job | None:
    held = _json(place / "job.json")
    if not held:
        return None
    made = held.pop("made_at")
    asked = Asked(**{**held, "arguments": tuple(held["arguments"])})
    started = _json(place / "running.json").get("started_at")
    return Job(place, asked, made, started, _json(place / "ended.json") or None)


def _json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError):
        return {}
