import numpy as np
import pytest

from catalog.errors import NotInCatalog
from catalog.features.categories import Skipped, Vocabulary, labels, parse, read_folder

WORDS = [
    # word, kind, family
    ("dog", "word", 0),
    ("dogs", "word", 0),
    ("cat", "word", 2),
    ("7", "piece", 3),
    ("ing", "piece", 5),
    ("ing", "word", 5),
    (None, "special", 6),
    ("(", "piece", 7),
    ("zebra", "piece", 8),
    ("cafe", "word", 9),
    ("ings", "piece", 5),
]


@pytest.fixture
def vocabulary():
    word, kind, family = zip(*WORDS, strict=True)
    return Vocabulary(word, kind, np.array(family))


def test_a_file_is_description_keys_and_words():
    text = "# Months\n# group: time\n# order: cyclic\nJanuary\n\nfebruary \n#include\n#\n"
    category = parse("months", text)
    assert category.description == "Months"
    assert category.keys == {"group": "time", "order": "cyclic"}
    assert category.cyclic and category.kind == "word"
    assert category.words == ("January", "february", "#include", "#")


def test_duplicates_count_once_and_are_reported():
    category = parse("x", "café\nCafe\ndog\ndog\n")
    assert category.words == ("café", "dog")
    assert category.duplicates == ("Cafe", "dog")


def test_empty_and_foreign_files_are_skipped_with_a_reason(tmp_path):
    (tmp_path / "empty.txt").write_text("# only a comment\n\n")
    (tmp_path / "latin.txt").write_bytes("caf\xe9\n".encode("latin-1"))
    (tmp_path / "good.txt").write_text("a\n")
    read, skipped = read_folder(tmp_path)
    assert [c.name for c in read] == ["good"]
    assert {s.name: s.reason for s in skipped} == {
        "empty": "The file has no words.",
        "latin": "The file is not UTF-8 text.",
    }


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(NotInCatalog, match="nowhere"):
        read_folder(tmp_path / "nowhere")


def test_hostile_words_are_only_words(vocabulary):
    text = "<script>alert(1)</script>\n\u2028\n'; DROP TABLE item;--\n$x$\n" + "y" * 10_000
    category = parse("hostile", text)
    assert len(category.words) == 4  # the line separator alone is blank
    assert vocabulary.match(category.words).missing == category.words


def test_words_are_matched_to_one_item_per_family(vocabulary):
    match = vocabulary.match(["Dogs", "dog", "CAT", "unicorn", "Café", ""])
    assert match.members.tolist() == [0, 2, 9]
    assert match.words == ("Dogs", "CAT", "Café")
    assert match.missing == ("unicorn", "")
    assert match.asked == 6


@pytest.mark.parametrize(
    ("word", "kind", "expected"),
    [
        ("7", "word", 3),  # no letter: pieces may stand for it
        ("zebra", "word", None),  # a piece is not the word
        ("zebra", "piece", 8),
        ("##ing", "piece", 4),  # the piece itself, not the word of its family
        ("ing", "word", 5),
        ("(", "symbol", 7),
        ("dog", "symbol", 0),
        ("dog", "piece", None),
    ],
)
def test_the_kind_of_a_list_decides_what_is_found(vocabulary, word, kind, expected):
    assert vocabulary.find(word, kind) == expected


def test_pieces_of_one_family_count_once(vocabulary):
    match = vocabulary.match(["ing", "ings", "zebra"], "piece")
    assert match.members.tolist() == [4, 8]
    assert match.missing == ()


def test_ten_thousand_words_are_matched(vocabulary):
    match = vocabulary.match([f"word{i}" for i in range(10_000)] + ["cat"])
    assert match.members.tolist() == [2]


@pytest.mark.parametrize(("found", "skipped", "small"), [(19, True, True), (20, False, True)])
def test_few_families_are_skipped_or_small(found, skipped, small):
    names = [f"w{i}" for i in range(60)]
    vocabulary = Vocabulary(names, ["word"] * 60, np.arange(60))
    match = vocabulary.match([*names[:found], "unknown"])
    outcome = match.skipped("x")
    assert (outcome is not None) == skipped
    assert match.small == small
    if outcome is not None:
        assert f"Only {found} families" in outcome.reason
    assert not vocabulary.match(names[:40]).small


def test_labels_lay_categories_end_to_end(vocabulary):
    matches = {"a": vocabulary.match(["dog", "cat"]), "b": vocabulary.match(["cat"])}
    names, members, category = labels(matches)
    assert names == ["a", "b"]
    assert members.tolist() == [0, 2, 2]
    assert category.tolist() == [0, 0, 1]


def test_the_shipped_folder_reads(request):
    folder = request.config.rootpath / "data" / "categories"
    read, skipped = read_folder(folder)
    assert not skipped
    assert len(read) >= 175
    assert all(c.description and "group" in c.keys for c in read)
    assert not any(isinstance(c, Skipped) for c in read)
