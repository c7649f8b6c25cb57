"""Quick passes give the states of whole ones, and leave the model as it was."""

import numpy as np
import pytest

from catalog.modalities import Asked, text
from catalog.model import loading, quick, states
from catalog.sites import Site


@pytest.fixture(scope="module")
def model(llama):
    return loading.load(str(llama))


def items_of(model, template):
    return text.prepare(model, Asked(template=template), lambda *_: None)


def joined(found):
    parts = list(found)
    return {site: np.concatenate([seen[site].numpy() for _, seen in parts]) for site in parts[0][1]}


@pytest.mark.parametrize("template", ["bare", "a{}", "a {} b"])
@pytest.mark.parametrize("names", ["resid.0,resid.1", "resid.2,k.2,ffn.1", "resid.3,final"])
def test_states_are_those_of_whole_passes(model, template, names):
    modality, items = items_of(model, template), np.arange(3, 90)
    sites = [Site.parse(name) for name in names.split(",")]
    found = joined(quick.batches(model, modality, sites, items, 32))
    expected = joined(states.batches(model, modality, sites, items, 32))
    for site in sites:
        np.testing.assert_allclose(found[site], expected[site], atol=1e-4)


def test_no_block_runs_that_is_not_needed_and_the_model_is_as_before(model):
    ran = []
    blocks = model.parts.blocks
    hooks = [
        block.register_forward_hook(lambda *_, number=number: ran.append(number))
        for number, block in enumerate(blocks)
    ]
    modality, items = items_of(model, "bare"), np.arange(4)
    list(quick.batches(model, modality, [Site("resid", 1)], items, 4))
    assert set(ran) == {0}
    ran.clear()
    list(states.batches(model, modality, [Site("final")], items, 4))
    assert set(ran) == set(range(len(blocks)))
    for hook in hooks:
        hook.remove()


def test_a_cache_that_changes_states_is_not_used(model, monkeypatch):
    modality, items = items_of(model, "a{}"), np.arange(40)
    sites = [Site("resid", 2)]
    expected = joined(states.batches(model, modality, sites, items, 8))
    true = quick._after

    def wrong(*given):
        return {site: values + 1 for site, values in true(*given).items()}

    monkeypatch.setattr(quick, "_after", wrong)
    found = joined(quick.batches(model, modality, sites, items, 8))
    np.testing.assert_allclose(found[sites[0]], expected[sites[0]], atol=1e-5)
