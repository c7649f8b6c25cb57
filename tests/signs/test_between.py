import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from catalog.signs import between, bits


def test_the_auc_of_a_sign_between_two_sets_is_its_roc_auc():
    generator = np.random.default_rng(0)
    signs = generator.random((90, 12)) < generator.random(12)
    first = generator.random(90) < 0.4
    second = ~first & (generator.random(90) < 0.6)  # some items are in neither
    columns = bits.transpose(np.packbits(signs, axis=1, bitorder="little"), 12)
    found = between.sign_auc(columns, first, second)
    either = first | second
    for dimension in range(12):
        expected = roc_auc_score(first[either], signs[either, dimension])
        assert found[dimension] == pytest.approx(expected)


def test_an_empty_set_is_told_from_nothing():
    columns = np.full((3, 2), 255, np.uint8)
    assert between.sign_auc(columns, np.zeros(16, bool), np.ones(16, bool)).tolist() == [0.5] * 3


def test_a_sentence_says_what_a_dimension_stands_for():
    assert between.told(0.52, 0.41) == "Not explained by frequency (AUC 0.52) or length (AUC 0.41)."
    told = between.told(0.3, 0.65)
    assert "rare words (AUC 0.30) and in long words (AUC 0.65)" in told
    assert "frequent words" in between.told(0.61, 0.5)
