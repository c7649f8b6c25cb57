"""Going on from states of a site: what is left out is never what the next token needs."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from catalog.errors import StatesBroken
from catalog.model import loading, resuming
from catalog.model.editing import replaced
from catalog.model.token_machine import Machine
from catalog.sites import Site
from tests.given import models

DECODERS = [name for name, one in models.ARCHITECTURES.items() if one.decoder]
IDS = np.array([[3, 9, 20, 31, 40, 7], [9, 8, 7, 6, 5, 4], [1, 2, 3, 4, 5, 6]])
CPU = torch.device("cpu")


def machine_of(module):
    parts = loading.find_parts(module, CPU)
    held = SimpleNamespace(
        name="x", module=module, parts=parts, tokenizer=None, causal=True, device=CPU
    )
    return Machine(held)


def rows(machine, site):
    """The states as they are, and two other rows."""
    states = machine.traced(IDS, [site])[site]
    other = np.random.default_rng(0).normal(size=states.shape).astype(np.float32)
    return np.stack([states, states + other, 0.5 * states])


def plain(machine, site, states):
    """Logits by the model as it is, every row whole."""
    given = torch.from_numpy(states).flatten(0, 1)
    with torch.inference_mode(), replaced(machine.model.parts, site, given):
        logits = machine.model.module(input_ids=torch.from_numpy(np.tile(IDS, (3, 1)))).logits
    return logits[:, -1].reshape(3, 3, -1).numpy()


@pytest.mark.parametrize("name", DECODERS)
def test_every_architecture_goes_on_as_the_model_itself_does(name):
    machine = machine_of(models.model(name))
    for layer in range(machine.layers + 1):
        site = Site("resid", layer)
        states = rows(machine, site)
        ends = machine.ends(IDS, site, states)
        expected = plain(machine, site, states)
        np.testing.assert_allclose(machine.scores(ends), expected, atol=2e-5)
        some = machine.scores(ends, np.array([5, 9, 77]))
        np.testing.assert_allclose(some, expected[..., [5, 9, 77]], atol=2e-5)
    known = machine._resuming
    assert known.by_blocks and len(known.short) > 1
    assert known.by_columns == (name != "gemma2")  # which bends its logits
    with torch.inference_mode():
        logits = machine.model.module(input_ids=torch.from_numpy(IDS)).logits[:, -1].numpy()
    np.testing.assert_allclose(machine.scores(ends)[0], logits, atol=2e-5)


def test_what_a_model_does_not_allow_is_done_the_plain_way(monkeypatch):
    monkeypatch.setattr(resuming, "_agrees", lambda make, whole: False)
    machine = machine_of(models.model("llama"))
    site = Site("resid", 1)
    states = rows(machine, site)
    ends = machine.ends(IDS, site, states)
    assert not machine._resuming.by_blocks and ends.shape[-1] == models.VOCABULARY
    expected = plain(machine, site, states)
    np.testing.assert_allclose(machine.scores(ends), expected, atol=2e-5)
    np.testing.assert_allclose(machine.scores(ends, np.array([7])), expected[..., [7]], atol=2e-5)


def test_a_module_that_needs_every_position_keeps_them():
    machine = machine_of(models.model("llama"))
    machine.ends(IDS, Site("resid", 1), rows(machine, Site("resid", 1)))
    attention = machine.model.parts.blocks[-1].self_attn
    short = machine._resuming.short
    assert attention.q_proj in short and attention.o_proj in short
    assert attention.k_proj not in short and attention.v_proj not in short


def test_hooks_come_off_and_broken_states_are_named(monkeypatch):
    machine = machine_of(models.model("llama"))
    site = Site("resid", 1)
    states = rows(machine, site)
    states[1, 0, 0, 0] = np.nan
    before = hooks(machine)  # of the library, which keeps those that it once installed
    with pytest.raises(StatesBroken, match="not finite under this edit"):
        machine.ends(IDS, site, states)
    assert hooks(machine) == before


def hooks(machine):
    modules = machine.model.module.modules()
    return sum(len(one._forward_hooks) + len(one._forward_pre_hooks) for one in modules)


def test_many_rows_in_small_batches_are_the_same(monkeypatch):
    machine = machine_of(models.model("gpt2"))
    site = Site("resid", 1)
    states = np.repeat(rows(machine, site), 5, axis=0)
    whole = machine.ends(IDS, site, states)
    monkeypatch.setattr(resuming, "MOST_TOKENS", 40)
    np.testing.assert_allclose(machine.ends(IDS, site, states), whole, atol=1e-5)
