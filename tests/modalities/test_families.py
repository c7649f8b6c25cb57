"""Families: inflections, cases and spaces of one word are one observation."""

import numpy as np
import pandas as pd
import pytest

from catalog.modalities.families import bare_word, representatives, stem

KNOWN = set(
    [
        "cat",
        "city",
        "class",
        "glass",
        "walk",
        "love",
        "stop",
        "agree",
        "see",
        "the",
        "she",
        "be",
        "bee",
        "use",
        "box",
        "go",
        "news",
        "new",
        "feel",
        "feeling",
        "die",
        "dye",
        "jam",
        "free",
        "fee",
        "cafe",
    ]
)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("cat", "cat"),
        ("cats", "cat"),
        ("cat's", "cat"),
        ("cat’s", "cat"),
        ("walked", "walk"),
        ("walking", "walk"),
        ("walks", "walk"),
        ("loved", "love"),
        ("loving", "love"),
        ("stopped", "stop"),
        ("stopping", "stop"),
        ("cities", "city"),
        ("boxes", "box"),
        ("classes", "class"),
        ("agreed", "agree"),
        ("died", "die"),
        ("dyed", "dye"),
        ("used", "use"),
        ("feelings", "feel"),
        ("seeing", "see"),
    ],
)
def test_regular_inflections_lead_to_the_stem(word, expected):
    assert stem(word, KNOWN) == expected


@pytest.mark.parametrize(
    "word",
    [
        "class",
        "glass",
        "thing",
        "bed",
        "red",
        "is",
        "this",
        "bus",
        "shed",
        "seed",
        "feed",
        "being",
        "freeing",
        "james",
        "running",
        "2s",
    ],
)
def test_other_words_stay_whole(word):
    assert stem(word, KNOWN - {"free"} | {"fre"}) == word


def test_a_stem_must_be_in_the_vocabulary():
    assert stem("walked", {"walked"}) == "walked"


@pytest.mark.parametrize(
    ("text", "word"),
    [(" Cat", "cat"), ("CAFÉ", "cafe"), ("naïve", "naive"), ("Straße", "strasse"), (" ", None)],
)
def test_bare_word(text, word):
    assert bare_word(text) == word


def families(*rows):
    """rows: (token, kind, word, spaced) -> list of representatives."""
    frame = pd.DataFrame(rows, columns=["token", "kind", "word", "spaced"])
    frame["item"] = np.arange(len(frame), dtype=np.int32)
    frame["word"] = frame["word"].astype("object")
    return representatives(frame, frame["spaced"].to_numpy(bool)).tolist()


def test_one_representative_a_family():
    assert families(
        ("cats", "piece", "cats", False),
        ("ĠCat", "word", "cat", True),
        ("Ġcats", "word", "cats", True),
        ("cat", "piece", "cat", False),
        ("Ġcat", "word", "cat", True),
        ("Ġdog", "word", "dog", True),
        ("<s>", "special", None, False),
        ("!", "piece", "!", False),
    ) == [4, 4, 4, 4, 4, 5, 6, 7]


def test_without_the_stem_as_a_word_a_family_is_the_inflection_itself():
    assert families(
        ("Ġwalked", "word", "walked", True),
        ("Walked", "piece", "walked", False),
        ("walk", "piece", "walk", False),
    ) == [0, 0, 2]


def test_the_representative_is_a_member_and_represents_itself():
    generator = np.random.default_rng(0)
    words = ["cat", "cats", "walk", "walked", "love", "loved", "x", None]
    rows = [
        (f"t{n}", generator.choice(["word", "piece"]), generator.choice(words), n % 2)
        for n in range(200)
    ]
    found = np.array(families(*rows))
    assert (found[found] == found).all()
