"""Continuations counted on a real small model: away, random dimensions, and the prompt chosen."""

import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from catalog.building.build import Settings, build
from catalog.flips import flip, setup
from catalog.flips.asked import Asked
from catalog.flips.source import Source
from catalog.store.catalog import Catalog
from dashboard.flips import counting, generation
from dashboard.flips.frames import Wanted
from dashboard.flips.generation import Wish

pytestmark = pytest.mark.model
BY_HAND = ",".join(f"{d}{'+-'[d % 3 > 0]}" for d in range(0, 48, 3))


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A wish on a real model with 512 tokens, its machine, and its setup."""
    folder = os.environ.get("DIMS_TEST_MODELS")
    if not folder or not (Path(folder) / "stories260K").is_dir():
        pytest.skip("DIMS_TEST_MODELS names no folder with stories260K")
    made = build(Settings(str(Path(folder) / "stories260K"), out=tmp_path_factory.mktemp("s")))
    catalog, asked = Catalog(made), Asked(Source("dimensions", BY_HAND), "resid.3")
    machine = flip.opened(catalog)
    wish = Wish(Wanted(catalog, "", asked), "Once upon a time", "away", 10, 0.8)
    return wish, machine, setup.setup(catalog, asked)


def job():
    """What work is handed, remembering the counts shown on the way."""
    seen = []

    class Job(SimpleNamespace):
        def __setattr__(self, name, value):
            seen.append(value)
            super().__setattr__(name, value)

        def report(self, *_told):
            pass

    return Job(), seen


def test_eight_continuations_of_each_kind_are_counted_as_they_come(lab):
    wish, machine, _ = lab
    watched, seen = job()
    counts = counting.work(wish)(machine.model, watched)
    assert counts.ended and counts.matched
    assert [len(one) for one in (counts.plain, counts.edited, counts.random)] == [8, 8, 8]
    steps = range(0, counting.TOKENS + 1, counting.OFTEN)
    assert [one.tokens for one in seen] == [0, *steps, counting.TOKENS] and seen[-1].ended
    assert len(set(counts.plain)) > 1 or len(set(counts.edited)) > 1  # other words each time
    again = counting.work(wish)(machine.model, job()[0])
    assert again == counts
    assert sum(counts.plain) > 0


def test_random_dimensions_change_as_much_and_are_none_of_the_features(lab):
    wish, machine, made = lab
    edits = counting._random(machine, made, wish)
    ids, sink = machine.encode(wish.prompt)
    states = machine.states(ids, made.site)[sink:]
    own = generation.edit(made, "away")

    def changed(edit):
        return int(((edit(states.copy()) > made.cut) != (states > made.cut)).sum())

    for edit in edits:
        assert not set(edit.dimensions) & set(made.feature.dimensions.tolist())
        assert changed(edit) == pytest.approx(changed(own), rel=0.06)


def test_the_beginning_is_the_prompt_after_which_the_concept_is_likeliest(lab):
    wish, machine, made = lab
    assert generation.beginning(machine, made, wish) == "Once upon a time"
    chosen = generation.beginning(machine, made, wish._replace(prompt=""))

    def mass(text):
        logits = machine.outputs(machine.encode(text)[0], [()])[0].astype(np.float64)
        return np.exp(logits - np.logaddexp.reduce(logits))[made.readout.members].sum()

    offered = [one.text for one in made.prompts if one.kind != "neutral"]
    offered = offered or [one.text for one in made.prompts]
    assert mass(chosen) == max(map(mass, offered))
