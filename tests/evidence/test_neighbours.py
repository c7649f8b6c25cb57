import numpy as np
import pytest
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import KNeighborsClassifier

from catalog.evidence.nearest import nearest, unit


def test_the_nearest_item_is_scikit_learns():
    generator = np.random.default_rng(0)
    vectors = unit(generator.normal(size=(300, 12)))
    group = generator.integers(4, size=300)
    labels = group[:, None] == np.arange(4)
    queries = np.arange(0, 300, 3)
    found = nearest(vectors, queries, labels)
    for row, query in enumerate(queries):
        rest = np.delete(np.arange(300), query)
        model = KNeighborsClassifier(1).fit(vectors[rest], group[rest])
        right = model.predict(vectors[[query]])[0] == group[query]
        assert found.among_all[row] == found.among_labelled[row] == right
        assert found.chance[row] == pytest.approx((group[rest] == group[query]).mean())


def test_ties_of_hamming_are_shared_and_unlabelled_items_are_wrong():
    generator = np.random.default_rng(1)
    bits = generator.integers(0, 2, size=(120, 6)).astype(bool)
    labels = generator.random((120, 3)) < 0.25
    labels[0] = True
    queries = np.flatnonzero(labels.any(axis=1))
    found = nearest(bits * 2.0 - 1.0, queries, labels)
    distance = pairwise_distances(bits, metric="hamming")
    for row, query in enumerate(queries):
        distance[query, query] = np.inf
        right = (labels & labels[query]).any(axis=1)
        for values, pool in (
            (found.among_all, np.arange(120)),
            (found.among_labelled, queries),
        ):
            best = pool[distance[query, pool] == distance[query, pool].min()]
            assert values[row] == pytest.approx(right[best].mean())


def test_noise_finds_its_category_by_chance_alone():
    generator = np.random.default_rng(2)
    labels = np.arange(600)[:, None] % 5 == np.arange(5)
    found = nearest(generator.choice([-1.0, 1.0], (600, 200)), np.arange(600), labels)
    assert found.among_all.mean() == pytest.approx(found.chance.mean(), abs=0.06)
