"""One loaded model per process, one worker thread, a queue: live work for pages and notebooks.

Hooks belong to the module, so two callers at once would see each other's edits: all work runs in
one thread, one job after the other. A job that wants another model waits; then the first is freed.
"""

import gc
import itertools
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from catalog.errors import CatalogError
from catalog.model import foreign, opening
from catalog.model.opening import ModelKey

if TYPE_CHECKING:
    from catalog.model.loading import LoadedModel

T = TypeVar("T")
PATIENCE_SECONDS = 5.0
"""A watched job that nobody has asked about for this long is cancelled: its tab is closed."""

SWITCH_SECONDS = 0.0002
"""How long another thread may keep the interpreter lock while the worker wants it."""


class Cancelled(CatalogError):
    """The job was stopped, or nobody waited for it any more."""


NOTHING = ModelKey("", None, "", "", "")
"""The key of work that needs no model: known by identity."""


class Job(Generic[T]):
    """One piece of live work; safe to ask from any thread."""

    def __init__(self, key: ModelKey, work: "Callable[[LoadedModel, Job[T]], T]") -> None:
        self.key, self.work = key, work
        self.stage, self.done, self.total = "waiting", 0, 0
        self.partial: Any = None
        """What the work shows before it ends: a value that is replaced, never changed."""
        self.result: T | None = None
        self.error: BaseException | None = None
        self._ended = threading.Event()
        self._cancel = threading.Event()
        self._asked: float | None = None

    @property
    def finished(self) -> bool:
        """Whether there is a result or an error."""
        return self._ended.is_set()

    def poll(self) -> bool:
        """Whether the job has finished; from the first call on it must be asked every 5 s."""
        self._asked = time.monotonic()
        return self.finished

    def cancel(self) -> None:
        """Stop at the next check, which is at most one forward pass away."""
        self._cancel.set()

    def check(self) -> None:
        """Called by the work between forward passes: raises Cancelled where it should stop."""
        unwatched = self._asked is not None and time.monotonic() - self._asked > PATIENCE_SECONDS
        if self._cancel.is_set() or unwatched:
            raise Cancelled("Stopped.")

    def report(self, stage: str, done: int, total: int) -> None:
        """Note progress, and stop here if asked to."""
        self.stage, self.done, self.total = stage, done, total
        self.check()

    def ended(self, seconds: float) -> bool:
        """Whether there is a result or an error, waiting at most so long for one."""
        return self._ended.wait(seconds)

    def wait(self, seconds: float | None = None) -> T:
        """The result, waiting for it; raises what the work raised, TimeoutError after `seconds`."""
        if not self._ended.wait(seconds):
            raise TimeoutError
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]  # finished without error

    def _end(self, result: T | None, error: BaseException | None) -> None:
        self.result, self.error = result, error
        self._ended.set()


class Live:
    """The worker: `submit` jobs, they run one at a time in the order they came."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Job[Any]] = queue.SimpleQueue()
        self._waiting: dict[int, Job[Any]] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._key: ModelKey | None = None
        self._model: LoadedModel | None = None
        self._thread = threading.Thread(target=self._run, name="live model", daemon=True)
        self._thread.start()

    @property
    def loaded(self) -> ModelKey | None:
        """The model that is held now."""
        return self._key

    def submit(self, key: ModelKey, work: "Callable[[LoadedModel, Job[T]], T]") -> "Job[T]":
        """Queue work on a model; it is loaded when its turn comes."""
        job: Job[T] = Job(key, work)
        with self._lock:
            self._waiting[next(self._numbers)] = job
        self._jobs.put(job)
        return job

    def aside(self, work: "Callable[[None, Job[T]], T]") -> "Job[T]":
        """Queue work that needs no model; the one in memory stays."""
        return self.submit(NOTHING, work)  # type: ignore[arg-type]  # gets None

    def ahead(self, job: Job[Any]) -> int:
        """Jobs that run or wait before this one."""
        with self._lock:
            before = list(itertools.takewhile(lambda one: one is not job, self._waiting.values()))
        return len(before)

    def release(self) -> None:
        """Free the model once the jobs that wait now are done."""
        self.submit(ModelKey("", None, "", "", ""), lambda _model, _job: None)

    def _run(self) -> None:
        # A forward pass gives the interpreter lock away thousands of times; a busy page would keep
        # it 5 ms each time.
        sys.setswitchinterval(SWITCH_SECONDS)
        while True:
            job = self._jobs.get()
            result, error = None, None
            try:
                job.check()
                model = None if job.key is NOTHING else self._fetch(job)
                wanted = model is not None or job.key is NOTHING
                result = job.work(model, job) if wanted else None  # type: ignore[arg-type]  # see `aside`
            except BaseException as caught:  # the thread lives on; the caller gets the error
                error = foreign.told(caught, "in work on the live model") or caught
                for one in (caught, caught.__cause__):
                    if one is not None:
                        traceback.clear_frames(one.__traceback__)  # its frames keep the model
            model = None  # before the next job's is loaded: there is room for one
            with self._lock:
                self._waiting = {n: j for n, j in self._waiting.items() if j is not job}
            job._end(result, error)
            del job, result, error

    def _fetch(self, job: Job[Any]) -> "LoadedModel | None":
        """The model a job wants, loaded if it is another one than held; None for `release`."""
        if job.key == self._key:
            return self._model
        self._key = self._model = None
        gc.collect()
        if not job.key.source:
            return None
        job.report("loading the model", 0, 0)
        model = opening.load(job.key)
        self._key, self._model = job.key, model
        return model
