"""Tests of catalog.parallel: worker processes that are no forks."""

import math
import os
import time

import pytest

from catalog import parallel
from catalog.errors import SettingRefused, WorkerGone
from catalog.sites import Site


def test_results_come_in_the_order_of_the_tasks_from_other_processes():
    assert list(parallel.run(math.factorial, [5, 3, 20, 0], 2)) == [120, 6, math.factorial(20), 1]
    listed = list(parallel.run(os.path.realpath, ["/proc/self"] * 3, 2))
    assert all(os.path.basename(one) != str(os.getpid()) for one in listed)
    assert len(set(listed)) == 2


def test_one_worker_stays_in_this_process():
    assert (
        list(parallel.run(os.path.realpath, ["/proc/self"] * 3, 1)) == [f"/proc/{os.getpid()}"] * 3
    )


def test_what_a_task_raises_is_raised_here():
    with pytest.raises(SettingRefused) as refused:
        list(parallel.run(Site.parse, ["resid.1", "elsewhere", "resid.2"], 2))
    assert "elsewhere" in str(refused.value)


def test_a_worker_ended_from_outside_is_one_sentence():
    with pytest.raises(WorkerGone, match="run the command again"):
        list(parallel.run(os._exit, [0, 0], 2))


def test_leaving_early_ends_the_workers():
    began = time.monotonic()
    answers = parallel.run(time.sleep, [0, 60, 60], 2)
    assert next(answers) is None
    answers.close()
    assert time.monotonic() - began < 20


def test_no_tasks_give_nothing():
    assert list(parallel.run(str, [], 2)) == []
