"""The flip lab end to end on a real small model with 512 tokens: run, sweep, generation."""

import os
from pathlib import Path

import pytest

from catalog.building.build import Settings, build
from catalog.flips import controls, flip, setup
from catalog.flips.asked import Asked
from catalog.flips.source import Source
from catalog.model.generating import Wanted, generate
from catalog.sites import Site
from catalog.store.catalog import Catalog

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def stories(tmp_path_factory):
    folder = os.environ.get("DIMS_TEST_MODELS")
    if not folder or not (Path(folder) / "stories260K").is_dir():
        pytest.skip("DIMS_TEST_MODELS names no folder with stories260K")
    return build(Settings(str(Path(folder) / "stories260K"), out=tmp_path_factory.mktemp("s")))


def test_the_lab_runs_end_to_end(stories):
    by_hand = ",".join(f"{d}{'+-'[d % 3 > 0]}" for d in range(0, 48, 3))
    asked = Asked(Source("dimensions", by_hand), "resid.3")
    known = flip.measured(Catalog(stories), asked)
    assert known["prompts"] == 32 and known["matching"]["worst"] <= 0.05
    assert {"away", "toward", "random", "noise"} <= known["conditions"].keys()
    assert known["verdict"] in ("suppresses", "non-specific", "no effect", "cannot be tested")
    away, noise = known["conditions"]["away"], known["conditions"]["noise"]
    assert away["delta_norm"] == pytest.approx(noise["delta_norm"], rel=1e-3)
    assert away["kl"] > 0.01


def test_it_tells_a_story_with_and_without(stories):
    machine = flip.opened(Catalog(stories))
    asked = Asked(Source("dimensions", "1+,5-,9+,20-"), "resid.3")
    made = setup.setup(Catalog(stories), asked)
    where = controls.Where(made.site, Site("resid", 5), made.cut, 2.0)
    edit = controls.flip(where, made.feature, None, False)
    pair = generate(machine, Wanted("Once upon a time", (edit,), tokens=30, seed=1))
    assert len(pair.plain.text) > 20 and pair.plain.text != pair.edited.text
    assert pair.plain.perplexity is not None and 1 < pair.plain.perplexity < 100
