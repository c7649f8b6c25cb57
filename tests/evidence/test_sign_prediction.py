import numpy as np
import pytest

from catalog.evidence import sign_prediction as predict


def small(positions=70, dims=24, tokens=90, seed=0):
    generator = np.random.default_rng(seed)
    states = generator.normal(size=(positions, dims)).astype(np.float32)
    table = generator.normal(size=(tokens, dims)).astype(np.float32)
    bias = generator.normal(size=tokens).astype(np.float32)
    return states, table, bias, generator.integers(tokens, size=positions)


def plain_rank(scores, target):
    others = np.delete(scores, target)
    return (others > scores[target]).sum() + (others == scores[target]).sum() / 2


@pytest.mark.parametrize("with_bias", [False, True])
def test_ranks_are_those_of_the_definition(with_bias):
    states, table, bias, target = small()
    used = bias if with_bias else None
    scores = states @ table.T + (bias if with_bias else 0)
    expected = [plain_rank(row, t) for row, t in zip(scores, target, strict=True)]
    np.testing.assert_allclose(predict.ranks(states, table, target, used), expected)
    np.testing.assert_array_equal(predict.first_choices(states, table, used), scores.argmax(axis=1))


def test_ties_of_hamming_count_half():
    states, table, _, target = small(dims=5)
    found = predict.ranks(predict.signs(states), predict.signs(table), target)
    same = (predict.signs(states)[:, None] == predict.signs(table)[None]).sum(axis=2)
    expected = [plain_rank(row, t) for row, t in zip(same, target, strict=True)]
    np.testing.assert_array_equal(found, expected)
    assert (found % 1 == 0.5).any()


def test_one_query_serves_all_targets():
    states, table, bias, target = small()
    one = predict.ranks(states[:1], table, target, bias)
    many = predict.ranks(np.repeat(states[:1], len(target), axis=0), table, target, bias)
    np.testing.assert_allclose(one, many)


def test_signs_of_a_state_find_its_own_row():
    table = np.random.default_rng(1).normal(size=(50, 400)).astype(np.float32)
    states = table[:20] * 3
    assert (predict.ranks(predict.signs(states), predict.signs(table), np.arange(20)) == 0).all()
    shuffled = predict.shuffled(predict.signs(states), np.random.default_rng(0))
    assert predict.ranks(shuffled, predict.signs(table), np.arange(20)).mean() > 10


def test_only_the_largest_dimensions_are_kept():
    states = np.array([[0.1, -3, 2, 0.0], [5, 1, -1, -9]], np.float32)
    expected = [[0, -1, 1, 0], [1, 0, 0, -1]]
    np.testing.assert_array_equal(predict.strongest_only(states, 2), expected)
    np.testing.assert_array_equal(predict.strongest_only(states, 4), predict.signs(states))


def test_frequency_is_counted_in_the_other_half_of_the_documents():
    document = np.array([0, 0, 0, 1, 1, 1])
    target = np.array([5, 5, 3, 9, 9, 9])
    texts = [np.array([5, 5, 3, 7]), np.array([9, 9, 2])]
    found = predict.frequency_ranks(target, document, texts)
    # Document 0 sees 9, 2, then ids 0, 1, 3, 4, 5 ...; document 1 sees 5, 3, 7, then 0, 1, 2 ...
    assert found.tolist() == [6, 6, 4, 9, 9, 9]


def test_frequency_predicts_frequent_tokens():
    generator = np.random.default_rng(0)
    target = generator.choice([4, 8, 1], size=400, p=[0.8, 0.15, 0.05])
    document = np.repeat(np.arange(20), 20)
    texts = [target[document == d] for d in range(20)]
    found = predict.frequency_ranks(target, document, texts)
    assert predict.share_within(found, 1) == pytest.approx(0.8, abs=0.05)


def test_other_positions_are_of_other_documents():
    document = np.repeat([3, 3, 8, 11], 25)
    other = predict.elsewhere(document, np.random.default_rng(0))
    assert (document[other] != document).all()
    assert len(np.unique(other)) > 20
