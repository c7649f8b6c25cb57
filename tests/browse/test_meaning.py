"""Search by meaning: means of words' vectors, from a catalog's signs or an encoder's table."""

import math
import re
import shutil

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from catalog.browse import meaning
from catalog.browse.search import plain
from catalog.store import cache
from catalog.store.catalog import Catalog
from catalog.workspace.words import EMPTY as NOTHING
from tests.bench import bench_meaning
from tests.bench.bench_search import ndcg
from tests.bench.ranking import bm25
from tests.given import feature_catalog, synthetic

VECTORS = np.eye(4, dtype=np.float32)
KNOWN = meaning.Words(
    {"cat": 0, "dog": 1, "the": 2, "run": 3}, VECTORS, np.array([5, 7, -1, 9]), 0.2
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return feature_catalog.write(tmp_path_factory.mktemp("meaning") / "data")


@pytest.fixture
def catalog(path, tmp_path, monkeypatch):
    """A measured catalog in a data folder of its own, where no encoder's table is."""
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    own = tmp_path / "catalogs" / path.name
    own.parent.mkdir()
    shutil.copy(path, own)
    return Catalog(own)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("cat", [0]),
        ("The CAT, the dog!", [0, 1]),
        ("cats and DOGS", [0, 1]),
        ("running", [3]),
        ("the", [2]),
        ("the unknown", []),
        ("", []),
        ("␣cat_dog", [0, 1]),
        ("<b>cat</b> & $dog$", [0, 1]),
    ],
)
def test_words_of_a_text_are_looked_up_by_their_stem_without_the_empty_ones(text, rows):
    assert KNOWN.rows(text) == rows


def test_a_text_is_the_mean_of_its_words():
    expected = np.array([1, 1, 0, 0]) / math.sqrt(2)
    np.testing.assert_allclose(
        KNOWN.of(["cat the dog", "zebra"]), [expected, np.zeros(4)], atol=1e-6
    )
    np.testing.assert_allclose(
        KNOWN.near("cat", ["cats", "a dog", "cat dog", ""]), [1, 0, math.sqrt(0.5), 0], atol=1e-6
    )


def test_the_vectors_of_signs_are_the_centred_signs(catalog):
    known, place, items = meaning.words(catalog), catalog.primary, catalog.items
    packed = catalog.by_dimension(place.site, place.threshold)
    signs = np.unpackbits(packed, axis=1, bitorder="little")[:, : len(items)].T * 2.0 - 1
    words = items[items["kind"] == "word"]["word"].map(plain)
    words = words[[bool(re.fullmatch(r"\w+", word)) for word in words]]
    table = pd.DataFrame(signs[words.index]).groupby(words.to_numpy(), sort=False).mean()
    centred = table - table.mean()
    expected = centred.div(np.linalg.norm(centred, axis=1), axis=0)
    assert list(known.place) == list(expected.index) and known.made_at == 0
    np.testing.assert_allclose(known.vectors, expected, atol=1e-6)
    assert [plain(items["word"][item]) for item in known.items] == list(known.place)


def test_members_lead_to_their_feature_and_to_each_other(catalog):
    words = feature_catalog.lists()["planted"]
    hits = meaning.in_catalog(catalog, " ".join(words[:4]), 6)
    named = [hit.name for hit in hits if hit.kind == "feature"]
    assert named[0] == "planted"
    items = [hit for hit in hits if hit.kind == "item"]
    assert not {plain(hit.text) for hit in items} & set(words[:4])  # what was asked is no answer
    assert [hit.score for hit in items] == sorted((hit.score for hit in items), reverse=True)
    assert meaning.in_catalog(catalog, "qwertyuiop") == []


def test_dimensions_are_ranked_by_how_one_sided_the_nearest_words_are(catalog):
    known, place = meaning.words(catalog), catalog.primary
    asked = known.of([feature_catalog.lists()["planted"][0]])[0]
    dims = int(catalog.sites.set_index("site")["dims"][place.site])
    hits = meaning.dimensions(catalog, known, asked, dims)
    close = known.items[np.argsort(-(known.vectors @ asked), kind="stable")[: meaning.NEAREST]]
    packed = catalog.by_dimension(place.site, place.threshold)
    signs = np.unpackbits(packed, axis=1, bitorder="little")[:, : len(catalog.items)]
    share, count = signs.mean(axis=1), signs[:, close].sum(axis=1)
    law = stats.binom(len(close), share)
    z = (count - law.mean()) / law.std()
    assert [hit.name for hit in hits] == [str(one) for one in np.argsort(-np.abs(z), kind="stable")]
    np.testing.assert_allclose([hit.score for hit in hits], np.sort(np.abs(z))[::-1], rtol=1e-6)
    assert {hit.why for hit in hits} == {"by meaning, + pole", "by meaning, − pole"}


def said(*rows):
    columns = ["site", "kind", "name", "pole", "author", "text", "category"]
    return pd.DataFrame(rows, columns=columns)


def test_labels_are_near_by_any_of_their_words_each_place_once(catalog):
    keep(catalog)
    found = said(
        ("resid.1", "dimension", "3", "+", "ada", "cats", None),
        ("resid.1", "dimension", "3", "-", "bob", "cat cat", None),
        ("resid.1", "dimension", "4", "", "bob", None, "big_dogs"),
        ("resid.1", "dimension", "5", "", "bob", "<b>unknown</b>", None),
    )
    hits = meaning.labels(catalog, "cat", found)
    assert [hit.name for hit in hits] == ["dimension:3"]
    assert hits[0].why.startswith("by meaning, 1.00: dimension 3+ by ada")
    both = meaning.labels(catalog, "a cat and a dog", found)
    assert [hit.name for hit in both] == ["dimension:3", "dimension:4"]
    assert meaning.labels(catalog, "cat", said()) == []
    nothing = said(("resid.1", "dimension", "3", "+", "ada", f"{NOTHING}cats", None))
    assert meaning.labels(catalog, "cat", nothing)[0].why.startswith(
        "by meaning, 1.00: predicts nothing: dimension 3+ by ada"
    )


def keep(catalog):
    """A table of an encoder: three words and one of the catalog's."""
    word = plain(feature_catalog.lists()["planted"][0])
    vectors = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, -1, -1]], np.float32)
    meaning.keep("tried", ["cat", "dog", word, "other"], vectors)
    return word


def test_the_table_of_an_encoder_is_used_where_it_is(catalog):
    signs = meaning.words(catalog)
    word = keep(catalog)
    known = meaning.words(catalog)
    assert known.made_at > 0 and known.vectors.shape == (4, 3) and signs.vectors.shape != (4, 3)
    assert known.items[0] == -1 and plain(catalog.items["word"][known.items[2]]) == word
    np.testing.assert_allclose(np.linalg.norm(known.vectors, axis=1), 1, atol=1e-6)
    hits = meaning.in_catalog(catalog, word)
    assert "planted" in {hit.name for hit in hits if hit.kind == "feature"}
    path = cache.path_of("meaning", [], {})
    path.write_bytes(path.read_bytes()[:1000])
    meaning._table.cache_clear()
    assert meaning.words(catalog).vectors.shape == signs.vectors.shape  # damaged: as without it


def test_odd_texts_find_or_find_not(catalog):
    for query in ["", "  ", "' OR 1=1 --", "\x00", "a" * 5000, "🐟", *synthetic.HOSTILE]:
        for hit in meaning.in_catalog(catalog, query):
            assert hit.kind in ("feature", "dimension", "item")


def test_of_images_there_are_classes_alone_and_only_by_an_encoder(catalog):
    with duckdb.connect(catalog.path) as connection:
        connection.execute("UPDATE build SET modality = 'image'")
    images = Catalog(catalog.path)
    assert meaning.words(images) is None and meaning.in_catalog(images, "planted") == []
    meaning.keep("tried", ["planted", "noise", "cat"], np.eye(3, dtype=np.float32))
    hits = meaning.in_catalog(images, "planted")
    assert {(hit.kind, hit.name) for hit in hits} == {("feature", "planted")}


# What it is compared with.


def test_bm25_is_the_textbooks():
    texts = {"a": "the cat sat", "b": "the dog sat on the cat", "c": "fish", "d": "sat sat sat"}
    rank, query = bm25(texts), "cat sat"
    docs = {name: text.split() for name, text in texts.items()}
    mean = np.mean([len(doc) for doc in docs.values()])
    scores = {}
    for name, doc in docs.items():
        scores[name] = 0.0
        for word in query.split():
            n, f = sum(word in other for other in docs.values()), doc.count(word)
            idf = math.log(1 + (len(docs) - n + 0.5) / (n + 0.5))
            scores[name] += idf * f * 2.5 / (f + 1.5 * (1 - 0.75 + 0.75 * len(doc) / mean))
    expected = sorted((n for n in scores if scores[n] > 0), key=lambda n: -scores[n])
    assert rank(query) == expected and "c" not in expected and len(expected) == 3
    assert rank("zebra") == [] and bm25({})("cat") == []


def test_the_committed_queries_are_held_out():
    """150, each of a category that ships; its name, query and label share no word that counts."""
    from catalog.features import categories, lexicon

    table = pd.read_csv(bench_meaning.FILE, sep="\t")
    known = {one.name for one in categories.read_folder(lexicon.folder())[0]}
    assert len(table) == 150 and table["query"].is_unique and table["label"].is_unique
    assert {one for line in table["relevant"] for one in line.split(",")} <= known
    for row in table.itertuples():
        first = row.relevant.split(",")[0]
        texts = [set(re.findall(r"\w+", plain(text))) for text in (first, row.query, row.label)]
        texts = [one - meaning.EMPTY for one in texts]
        assert not (texts[0] & texts[1] or texts[0] & texts[2] or texts[1] & texts[2]), row


def test_ndcg_is_1_for_the_best_order():
    assert ndcg(["a", "b", "c"], {"a", "b"}) == 1 and ndcg(["c"], {"a"}) == 0
