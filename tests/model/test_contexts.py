import numpy as np
import pytest
import torch

from catalog.errors import SettingRefused
from catalog.evidence import sign_prediction
from catalog.model import contexts, loading
from catalog.sites import Site
from tests.given import models

TEXTS = [" ".join(models.SENTENCES), "The cat sat. " * 30, "Hi."]
SITES = [Site("resid", 2), Site("final")]


@pytest.fixture(scope="module")
def model(llama):
    return loading.load(str(llama))


def test_states_are_those_of_the_whole_text(model):
    read = contexts.read(model, TEXTS, SITES, np.random.default_rng(0))
    assert len(read.texts) == 2  # the third is too short
    assert np.unique(read.document, return_counts=True)[1].tolist() == [contexts.POSITIONS] * 2
    for document, ids in enumerate(read.texts):
        expected = models.states(model.module, ids[None])
        mine = np.flatnonzero(read.document == document)
        for site in SITES:
            rows = [
                np.flatnonzero(np.isclose(expected[str(site)][0], read.states[site][one]).all(1))
                for one in mine
            ]
            places = [int(row[0]) for row in rows]
            assert min(places) >= contexts.FIRST
            np.testing.assert_array_equal(ids[places], read.token[mine])
            np.testing.assert_array_equal(ids[np.array(places) + 1], read.following[mine])
    assert not np.isin(read.token, model.tokenizer.all_special_ids).any()
    assert not np.isin(read.following, model.tokenizer.all_special_ids).any()


def test_texts_are_cut_to_the_window(model):
    read = contexts.read(model, TEXTS, SITES, np.random.default_rng(0))
    assert max(len(ids) for ids in read.texts) <= 64  # the model's longest


def test_the_head_gives_the_models_own_prediction(model):
    read = contexts.read(model, TEXTS, SITES, np.random.default_rng(0))
    weight, bias = contexts.lm_head(model, models.DIMS)
    found = sign_prediction.first_choices(read.states[Site("final")], weight, bias)
    with torch.inference_mode():
        logits = [model.module(torch.from_numpy(ids[None])).logits[0] for ids in read.texts]
    for one, document in enumerate(read.document):
        assert found[one] in logits[document].argmax(dim=1)
    assert contexts.lm_head(model, models.DIMS + 1) is None


def test_an_encoder_has_no_head(tmp_path):
    encoder = loading.load(str(models.save("bert", tmp_path / "bert")))
    assert contexts.lm_head(encoder, models.DIMS) is None
    read = contexts.read(encoder, TEXTS[:2], [Site("resid", 3)], np.random.default_rng(0))
    assert not np.isin(read.token, encoder.tokenizer.all_special_ids).any()


def hooks(module):
    """Number of hooks; transformers itself leaves some after output_hidden_states."""
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in module.modules())


def test_the_model_is_itself_afterwards_even_when_cancelled(model):
    hooked = hooks(model.module)
    ids = torch.from_numpy(np.arange(20)[None])
    with torch.inference_mode():
        before = model.module(ids).logits

        def cancel(done, of):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            contexts.read(model, TEXTS, SITES, np.random.default_rng(0), cancel)
        assert torch.equal(model.module(ids).logits, before)
    assert hooks(model.module) == hooked


def test_too_few_texts_are_refused(model):
    with pytest.raises(SettingRefused, match="At least two texts"):
        contexts.read(model, TEXTS[1:], SITES, np.random.default_rng(0))


def test_the_first_line_of_a_passage_is_its_title(tmp_path):
    (tmp_path / "b.txt").write_text("# Title, author\nFirst.\nSecond.", "utf-8")
    (tmp_path / "a.txt").write_text("No title\nhere", "utf-8")
    assert contexts.passages(tmp_path) == ["No title\nhere", "First.\nSecond."]
