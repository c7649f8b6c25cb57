"""A text through a tiny model: states of a plain pass, special tokens kept, cut at the context."""

import numpy as np
import pytest
import torch

from catalog.errors import SettingRefused, StatesBroken
from catalog.model import loading, text_states
from catalog.sites import Site
from tests.given import models

SITES = [Site("resid", 0), Site("resid", 2), Site("resid", 3), Site("final")]
TEXT = "The cat sat, and she walked."


@pytest.fixture(scope="module")
def model(llama):
    return loading.load(str(llama), dtype="float32", device="cpu")


def test_states_are_those_of_a_plain_forward_pass(model):
    read = text_states.read(model, TEXT, SITES)
    ids = model.tokenizer(TEXT)["input_ids"]
    assert read.ids.tolist() == ids
    expected = models.states(model.module, np.array([ids]))
    for site in SITES:
        assert read.states[site].dtype == np.float32
        np.testing.assert_allclose(read.states[site], expected[str(site)][0], rtol=1e-4, atol=1e-5)
    assert not read.cut and read.whole == len(ids) and read.causal


def test_special_tokens_are_kept_and_marked(model):
    read = text_states.read(model, TEXT, SITES[:1])
    assert read.tokens[0] == "<s>" and read.tokens[-1] == "</s>"
    assert read.special.tolist() == [True, *[False] * (len(read.ids) - 2), True]
    assert "␣cat" in read.tokens


def test_a_long_text_is_cut_at_the_context(model):
    assert model.longest == 64
    long = " ".join([TEXT] * 30)
    read = text_states.read(model, long, SITES[:1])
    assert read.cut and len(read.ids) == 64
    assert read.whole == len(model.tokenizer(long)["input_ids"]) > 64
    assert read.ids[-1] == 1  # the end that the tokenizer sets is kept
    assert len(read.states[SITES[0]]) == 64


def test_a_text_at_many_wide_sites_is_cut_earlier(model, monkeypatch):
    monkeypatch.setattr(text_states, "MOST_NUMBERS", 2 * 5 * models.DIMS)
    read = text_states.read(model, TEXT, SITES[:2])
    assert read.cut and len(read.ids) == 5


@pytest.mark.parametrize("name", ["gpt2", "roberta", "gpt_neox"])
def test_the_longest_text_runs_in_other_architectures(name, tmp_path):
    other = loading.load(str(models.save(name, tmp_path / name)), device="cpu")
    read = text_states.read(other, "the cat " * 200, [Site("resid", 1)])
    assert read.cut and 32 < len(read.ids) <= 64


@pytest.mark.parametrize("text", ["", "  \n\t "])
def test_an_empty_text_is_refused(model, text):
    with pytest.raises(SettingRefused, match="no text"):
        text_states.read(model, text, SITES)


def test_hostile_and_broken_characters_are_shown_visibly(model):
    read = text_states.read(model, "<script>alert(1)</script>\u202e \x00 é", SITES[:1])
    assert all(token.isprintable() for token in read.tokens)
    assert "<script>alert(1)</script>" in read.tokens


def test_a_job_can_be_stopped_before_the_pass(model):
    class Stop(Exception):
        pass

    def stop(*_):
        raise Stop

    def hooks():
        return sum(len(module._forward_hooks) for module in model.module.modules())

    before = hooks()
    with pytest.raises(Stop):
        text_states.read(model, TEXT, SITES, stop)
    assert hooks() == before


def test_states_that_are_not_finite_are_refused(llama):
    broken = loading.load(str(llama), device="cpu")
    with torch.no_grad():
        broken.module.get_input_embeddings().weight[5:] = float("nan")
    with pytest.raises(StatesBroken, match=r"resid\.0"):
        text_states.read(broken, TEXT, SITES)
