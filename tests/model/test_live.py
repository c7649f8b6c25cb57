"""The live worker: one model, one job at a time, stopping within one step."""

import dataclasses
import gc
import threading
import weakref

import pytest
import torch

from catalog.errors import CatalogError, SettingRefused
from catalog.model import live, opening

BARRIER_JOBS = 8


@pytest.fixture(scope="module")
def worker():
    return live.Live()


@pytest.fixture
def key(llama):
    return live.ModelKey(str(llama), None, "float32", "cpu", "")


def logits(model, _job):
    with torch.inference_mode():
        return model.module(input_ids=torch.arange(6)[None]).logits


def test_a_job_gives_its_result_and_errors_reach_the_caller(worker, key):
    assert worker.submit(key, logits).wait(60).shape[:2] == (1, 6)
    assert worker.loaded == key
    with pytest.raises(ZeroDivisionError):
        worker.submit(key, lambda _m, _j: 1 / 0).wait(60)
    assert worker.submit(key, logits).wait(60).shape[0] == 1  # the thread lives on


def test_jobs_sent_at_one_moment_run_one_at_a_time(worker, key):
    together = threading.Barrier(BARRIER_JOBS)
    running, most, results = [0], [0], []

    def work(model, job):
        running[0] += 1
        most[0] = max(most[0], running[0])
        found = logits(model, job)
        running[0] -= 1
        return found

    def send():
        together.wait()
        results.append(worker.submit(key, work).wait(60))

    threads = [threading.Thread(target=send) for _ in range(BARRIER_JOBS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert len(results) == BARRIER_JOBS
    assert all(torch.equal(one, results[0]) for one in results)


def test_a_waiting_job_knows_its_place_and_can_be_cancelled(worker, key):
    go = threading.Event()
    first = worker.submit(key, lambda _m, _j: go.wait(30))
    second = worker.submit(key, logits)
    third = worker.submit(key, logits)
    assert worker.ahead(second) == 1 and worker.ahead(third) == 2
    third.cancel()
    go.set()
    assert first.wait(60) is True
    assert second.wait(60) is not None
    with pytest.raises(live.Cancelled):
        third.wait(60)


def test_a_job_stops_at_its_next_check(worker, key):
    steps = []
    started = threading.Event()

    def endless(_model, job):
        while True:
            steps.append(1)
            started.set()
            job.report("step", len(steps), 0)

    job = worker.submit(key, endless)
    started.wait(30)
    job.cancel()
    with pytest.raises(live.Cancelled):
        job.wait(60)


def test_a_job_nobody_asks_about_any_more_is_cancelled(worker, key, monkeypatch):
    monkeypatch.setattr(live, "PATIENCE_SECONDS", 0.2)

    def endless(_model, job):
        while True:
            job.check()

    job = worker.submit(key, endless)
    assert job.poll() is False
    with pytest.raises(live.Cancelled):
        job.wait(60)


def test_other_weights_are_refused_and_the_model_is_freed(worker, key, llama):
    other = live.ModelKey(str(llama), None, "float32", "cpu", "0" * 64)
    with pytest.raises(CatalogError, match="other weights"):
        worker.submit(other, logits).wait(60)
    worker.submit(key, logits).wait(60)
    worker.release()
    assert worker.submit(key, logits).wait(60) is not None


@pytest.fixture
def modules(monkeypatch):
    """Every model that is loaded from now on, held weakly, and how many lived at each load."""
    held, living = [], []
    load = opening.load

    def noting(key):
        gc.collect()
        living.append(sum(one() is not None for one in held))
        model = load(key)
        held.append(weakref.ref(model.module))
        return model

    monkeypatch.setattr(opening, "load", noting)
    return held, living


def test_a_model_is_let_go_before_another_one_is_loaded(key, modules):
    own, (held, living) = live.Live(), modules
    own.submit(key, logits).wait(60)
    own.submit(dataclasses.replace(key, dtype="bfloat16"), logits).wait(60)
    assert living == [0, 0]
    own.release()
    own.aside(lambda _none, _job: None).wait(60)
    gc.collect()
    assert [one() for one in held] == [None, None] and own.loaded is None


def test_a_job_that_failed_keeps_no_model(key, modules):
    own, (held, _) = live.Live(), modules

    def broken(model, _job):
        kept = model.module
        raise SettingRefused(f"{type(kept).__name__} cannot do this.")

    job = own.submit(key, broken)
    with pytest.raises(SettingRefused):
        job.wait(60)
    own.release()
    own.aside(lambda _none, _job: None).wait(60)
    gc.collect()
    assert job.error is not None and held[0]() is None
