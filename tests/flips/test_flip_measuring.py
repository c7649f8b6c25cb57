"""One category flipped everywhere: what is left out changes no verdict; workers give the same."""

import pickle

import numpy as np
import pytest

from catalog.flips import flip, measuring, prompts, report, run, table
from catalog.flips.controls import Signed
from catalog.flips.measuring import Task
from catalog.model import loading
from catalog.model.opening import ModelKey
from catalog.store.catalog import Catalog
from tests.flips.given import TEXT
from tests.flips.linear import Linear, setup
from tests.flips.test_flip_type_one import drawn

# Random features that need not be run


@pytest.mark.parametrize("seed", range(3))
def test_a_run_that_ends_early_has_the_verdict_of_the_whole_run(seed):
    machine, planted = Linear(planted=0.4, seed=seed), setup(seed=seed)
    random = [setup(one, seed=seed) for one in drawn(machine, planted, 4)]
    counts = []
    for made in [planted, *random]:
        traced = run.trace(machine, made, [made.site])
        early = measuring._one(machine, made, traced, "resid.1")
        whole = report.summarize(run.run(machine, made))
        assert early.summary.judged.verdict == whole.judged.verdict
        counts.append(early.found.rank.drawn)
    assert counts[0] == 100 and 20 in counts[1:]


def test_other_scales_describe_with_the_first_random_features():
    machine, made = Linear(planted=0.4), setup(scale=2.0)
    traced = run.trace(machine, made, [made.site])
    one = measuring._one(machine, made, traced, "resid.1")
    assert one.found.rank.drawn == measuring.FIRST and one.scale == 2.0


def test_what_cannot_be_matched_says_so():
    machine, whole = Linear(), np.arange(Linear.dims)
    made = setup(Signed(whole, np.ones(len(whole), int)))
    traced = run.trace(machine, made, [made.site])
    one = measuring._one(machine, made, traced, "resid.1")
    assert one.found is None and "No random control matches" in one.refused
    entry = table.Entry.of("all", one)
    assert entry.verdict == "cannot be tested" and np.isnan(entry.p)


# A category


@pytest.fixture(scope="module")
def there(catalog, llama):
    model = loading.load(str(llama), device="cpu")
    machine = flip.machine(model, Catalog(catalog))
    sites = ("resid.0", "resid.1", "resid.3")
    task = Task(Catalog(catalog), "first", sites, "resid.1", "zero", ModelKey.held(model))
    return machine, task


@pytest.fixture
def asked(there, monkeypatch):
    """With prompts that fit the tiny model."""
    monkeypatch.setattr(prompts, "shipped", lambda _category, _each=0: prompts.own(TEXT))
    return there


def test_prompts_that_do_not_fit_are_refused_for_every_run(there):
    machine, task = there
    found = measuring.measured(machine, task)
    assert found.single is None and len(found.runs) == 5
    assert all(one.found is None and "reads at most 64" in one.refused for one in found.runs)
    made = table.measure(machine, [task, task])
    assert made.single == [] and {one.verdict for one in made.entries} == {"cannot be tested"}


def test_every_site_and_scale_is_run_and_told(asked):
    machine, task = asked
    said = []
    found = measuring.measured(machine, task, lambda *one: said.append(one))
    assert [(one.site, one.scale) for one in found.runs] == [
        ("resid.0", 1.0), ("resid.1", 1.0), ("resid.3", 1.0), ("resid.1", 0.5), ("resid.1", 2.0),
    ]  # fmt: skip
    assert all(one.found or one.refused for one in found.runs) and any(
        one.found for one in found.runs
    )
    assert found.single.conditions == ("baseline", "away", "noise")
    assert [one[1] for one in said] == list(range(6)) and {one[2] for one in said} == {6}
    for one in found.runs:
        if one.found:
            alone = run.run(machine, one.found.setup, drawn=measuring.FIRST)
            for name, values in alone.effects.items():
                np.testing.assert_allclose(values, one.found.effects[name], atol=1e-5)


def test_a_worker_gives_what_this_process_gives(asked):
    machine, task = asked
    here = measuring.measured(machine, task)
    there = pickle.loads(pickle.dumps(measuring.in_worker(pickle.loads(pickle.dumps(task)))))
    for mine, other in zip(here.runs, there.runs, strict=True):
        assert (mine.found is None) == (other.found is None)
        if mine.found is not None:
            for name, values in mine.found.effects.items():
                np.testing.assert_allclose(other.found.effects[name], values, atol=1e-6)
            np.testing.assert_allclose(other.found.features, mine.found.features, atol=1e-6)


def test_progress_counts_the_runs_of_all_categories(asked):
    machine, task = asked
    said = []
    made = table.measure(machine, [task, task], lambda *one: said.append(one))
    assert {one[0] for one in said} == {table.STAGE} and {one[2] for one in said} == {12}
    done = [one[1] for one in said]
    assert done == sorted(done) and (done[0], done[-1]) == (0, 12)
    assert len(made.entries) == 10 and len(made.single) == 2
