"""At most 5 % of fixed random features, put in away's place, come out as suppressing.

On a planted linear model, where a flip that is planted must suppress, and on the language model
that ships.
"""

import numpy as np
import pytest

from catalog import places
from catalog.flips import chance, plan, report, run, verdicts
from catalog.flips.controls import Signed, Where
from catalog.flips.prompts import shipped
from catalog.flips.readouts import Vocabulary
from catalog.flips.together import Pool
from catalog.flips.verdicts import Rank
from catalog.model import loading
from catalog.model.token_machine import Machine
from catalog.sites import Site
from tests.flips.linear import Linear, setup

LARGEST = 0.05


def signed(target):
    inside = np.flatnonzero(target)
    return Signed(inside, target[inside].astype(int))


def drawn(machine, made, number):
    """Fixed random features of a run."""
    pool = Pool.of(run.trace(machine, made, [made.site]), made.site)
    where = Where(made.site, Site("resid", machine.layers), made.cut)
    return [signed(one) for one in plan.features(made, where, pool, 0, number).targets]


def judged(machine, made):
    return report.summarize(run.run(machine, made), draws=300).judged


def without_rank(found):
    """How many random features pass by the intervals of differences alone."""
    bootstrap = report.bootstrap(found)
    beside = {n: found.effects[n] for n in ("random", "noise", "disjoint") if n in found.effects}
    made = [
        verdicts.judge(beside | {"away": one}, Rank(0, 100), bootstrap) for one in found.features
    ]
    return sum(one.verdict == "suppresses" for one in made)


def test_a_planted_feature_suppresses_and_stays_so_under_any_seed():
    for seed in range(5):
        found = judged(Linear(planted=0.4, seed=seed), setup(seed=seed))
        assert found.verdict == "suppresses" and found.rank.reached == 0


def test_random_features_in_its_place_hardly_ever_do():
    """Whole runs of their own: their own controls, their own toward, their own random features."""
    verdicts_of = []
    for seed in range(4):
        machine = Linear(planted=0.4, seed=seed)
        for number, one in enumerate(drawn(machine, setup(seed=seed), 20)):
            verdicts_of.append(judged(machine, setup(one, seed=1000 + 50 * seed + number)).verdict)
    share = np.mean([one == "suppresses" for one in verdicts_of])
    assert share <= LARGEST + 2 * np.sqrt(LARGEST * (1 - LARGEST) / len(verdicts_of)), share


def test_the_average_of_random_features_alone_would_call_many_suppressing():
    """What the rank is for: below the mean of the others is no evidence."""
    runs = [run.run(Linear(seed=seed), setup(seed=seed)) for seed in range(4)]
    assert np.mean([without_rank(one) for one in runs]) > 2 * LARGEST * 100
    assert all(len(chance.suppressing(one)) <= LARGEST * 100 for one in runs)


@pytest.mark.model
@pytest.mark.parametrize("site", ["resid.2", "resid.5"])
def test_nor_do_they_in_the_language_model_that_ships(site):
    """On the words of a category, so that random features have effects of their own."""
    machine = Machine(loading.load(str(places.shipped() / "models" / "storyteller"), device="cpu"))
    lines = (places.shipped() / "categories" / "present_participles.txt").read_text().split()
    ids = [machine.model.tokenizer(one)["input_ids"] for one in lines if one.isalpha()]
    own = np.array(sorted({one[0] for one in ids if len(one) == 1}))[:40]
    rest = np.setdiff1d(np.arange(300, 6000), own)
    generator = np.random.default_rng(3)
    made = run.Setup(
        name="random",
        site=Site.parse(site),
        threshold="zero",
        feature=Signed(np.sort(generator.choice(256, 64, replace=False)), np.ones(64, int)),
        cut=np.zeros(256),
        readout=Vocabulary(own, generator.choice(rest, (len(own), 20)), own),
        prompts=tuple(shipped("present_participles")),
    )
    assert len(own) >= 20
    found = run.run(machine, made)
    assert found.rank.drawn == 100 and found.worst_match <= 0.05
    assert len(chance.suppressing(found)) <= LARGEST * 100
