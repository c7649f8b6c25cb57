import numpy as np
import pandas as pd

from catalog.modalities import frequency

TEXT = ["␣a", "bb", "ccc", "␣dddd", "eeeee", "##ff", "<pad>", "cccs"]
KIND = ["word"] * 5 + ["piece", "special", "word"]
FAMILY = [0, 1, 2, 3, 4, 5, 6, 2]


def test_words_are_halved_by_id_and_by_length_one_per_family():
    found = frequency.halves(TEXT, KIND, np.array(FAMILY))
    first, second = found["frequency"]
    assert np.flatnonzero(first).tolist() == [0, 1]
    assert np.flatnonzero(second).tolist() == [2, 3, 4]  # no piece, no special, no inflection
    long, short = found["length"]
    assert np.flatnonzero(long).tolist() == [3, 4]  # the space before a word is no character
    assert np.flatnonzero(short).tolist() == [0, 1]  # ccc has the median length: in neither


def test_a_vocabulary_without_words_has_no_halves():
    found = frequency.halves(["x", "y"], ["piece", "piece"], np.arange(2))
    assert not any(half.any() for two in found.values() for half in two)


def test_halves_are_read_off_the_table_of_items():
    table = pd.DataFrame({"text": TEXT, "kind": KIND, "family": FAMILY})
    found = frequency.of_items(table)
    assert list(found) == list(frequency.NAMES)
    assert (
        found["length"].first.tolist()
        == frequency.halves(TEXT, KIND, table.family)["length"].first.tolist()
    )
