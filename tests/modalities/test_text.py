"""Text items: what is fed, where it is read, and how tokens are shown."""

import numpy as np
import pytest
import torch

from catalog.errors import SettingRefused
from catalog.modalities import spelling, text
from catalog.model import loading
from catalog.model.recording import recording
from catalog.sites import Site
from tests.given import models

THE = 262


@pytest.fixture(scope="module")
def frame():
    return text.make(models.tokenizer(), models.VOCABULARY, "bare").items.set_index("item")


def item_of(token):
    return models.tokenizer().convert_tokens_to_ids(token)


def test_bare_feeds_the_id_alone():
    made = text.make(models.tokenizer(), models.VOCABULARY, "bare")
    np.testing.assert_array_equal(made.inputs(np.array([5, 479]))["input_ids"], [[5], [479]])


def test_special_feeds_the_tokenizers_own_tokens_around_it():
    made = text.make(models.tokenizer(), models.VOCABULARY, "special")
    np.testing.assert_array_equal(
        made.inputs(np.array([5, 479]))["input_ids"], [[0, 5, 1], [0, 479, 1]]
    )


def test_a_string_is_tokenized_around_it():
    made = text.make(models.tokenizer(), models.VOCABULARY, "the cat {} walks")
    plain = models.tokenizer()
    before = [0, *plain("the cat", add_special_tokens=False)["input_ids"]]
    after = [*plain("walks", add_special_tokens=False)["input_ids"], 1]
    assert made.inputs(np.array([THE]))["input_ids"].tolist() == [[*before, THE, *after]]


@pytest.mark.parametrize(
    ("template", "ids", "place"),
    [
        ("bare", [THE], 0),
        ("special", [0, THE, 1], 1),
        ("{}", [0, THE, 1], 1),
        ("a {}", [0, 69, THE, 1], 2),
        ("{} a", [0, THE, 69, 1], 1),
    ],
)
@torch.inference_mode()
def test_states_are_read_at_the_item(template, ids, place):
    assert item_of("a") == 69
    model = models.model("bert")
    parts = loading.find_parts(model, torch.device("cpu"))
    made = text.make(models.tokenizer(), models.VOCABULARY, template)
    with recording(model, parts, [Site("resid", 3)], made.read) as seen:
        parts.trunk(input_ids=torch.from_numpy(made.inputs(np.array([THE]))["input_ids"]))
        actual = seen[Site("resid", 3)]
    expected = model(torch.tensor([ids])).last_hidden_state[:, place]
    assert actual.shape == (1, models.DIMS)
    torch.testing.assert_close(actual, expected)


@pytest.mark.parametrize("template", ["the word", "{} and {}", "", "{ }", "Special"])
def test_a_template_without_one_place_is_refused(template):
    with pytest.raises(SettingRefused, match=r"exactly one \{\}"):
        text.make(models.tokenizer(), models.VOCABULARY, template)


def test_every_id_of_the_tokenizer_is_an_item_and_reserved_ones_are_unused(frame):
    assert len(frame) == models.VOCABULARY == len(models.tokenizer())
    assert len(text.make(models.tokenizer(), models.VOCABULARY + 32, "bare").items) == len(frame)
    reserved = frame[frame["token"].str.startswith("[unused")]
    assert len(reserved) > 100
    assert set(reserved["kind"]) == {"unused"} and reserved["word"].isna().all()
    assert (reserved["family"] == reserved.index).all()


def test_no_id_is_ever_decoded(monkeypatch):
    plain = models.tokenizer()
    for name in ("decode", "batch_decode", "convert_tokens_to_string"):
        monkeypatch.setattr(type(plain), name, lambda *_, **__: pytest.fail("decoded"))
    inputs = text.make(plain, models.VOCABULARY, "special").inputs(np.arange(models.VOCABULARY))
    np.testing.assert_array_equal(inputs["input_ids"][:, 1], np.arange(models.VOCABULARY))


def test_kinds(frame):
    def kind(token):
        return frame.loc[item_of(token), "kind"]

    assert [kind(t) for t in ("<s>", "</s>", "<pad>")] == ["special"] * 3
    assert kind("<unused_0>") == "unused"
    assert kind("Ġcat") == "word"

    assert kind("a") == "piece" and kind("!") == "piece"


def test_hostile_and_unprintable_tokens_are_shown_as_they_are(frame):
    hostile = frame.loc[item_of("<script>alert(1)</script>")]
    assert hostile["text"] == "<script>alert(1)</script>"
    assert frame.loc[item_of("Ġcat"), "text"] == "␣cat"
    assert frame.loc[item_of("Ċ"), "text"] == "\\n"  # the byte-level name of a line end
    assert frame.loc[item_of("Ġ"), "text"] == "␣"
    assert frame.loc[item_of("Ã"), "text"] == "\\xc3"  # half a character
    for shown in frame["text"]:
        assert shown and shown.isprintable() and shown == shown.strip()


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("cat", "cat"),
        (" cat", "␣cat"),
        ("  ", "␣␣"),
        ("a b ", "a b␣"),
        ("\n", "\\n"),
        ("\t x", "\\t x"),
        ("\u202eevil", "\\u202eevil"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("\u200b", "\\u200b"),
        ("\x00", "\\x00"),
        ("\ud800", "\\ud800"),
        ("<b>", "<b>"),
        ("日本", "日本"),
        ("\u00a0x", "\\xa0x"),
    ],
)
def test_escaping(raw, shown):
    assert spelling.escape(raw) == shown
    assert spelling.escape(raw).isprintable()


class Pieces:
    """A tokenizer of twenty lines: raw tokens in order, nothing else."""

    def __init__(self, *tokens):
        self.tokens, self.all_special_ids = tokens, []

    def __len__(self):
        return len(self.tokens)

    def __call__(self, _text, *, add_special_tokens=True):
        return {"input_ids": [0]}

    def convert_ids_to_tokens(self, ids):
        return [self.tokens[i] for i in ids]


def items(*tokens):
    return text.item_frame(Pieces(*tokens), len(tokens))


def test_sentencepiece_marks():
    frame = items("▁the", "ing", "<0x0A>", "▁", "▁I", "▁x", "▁don't", "▁3")
    assert list(frame["text"]) == ["␣the", "ing", "\\x0a", "␣", "␣I", "␣x", "␣don't", "␣3"]
    assert list(frame["kind"]) == [
        "word",
        "piece",
        "piece",
        "piece",
        "word",
        "piece",
        "word",
        "piece",
    ]
    assert list(frame["word"][:2]) == ["the", "ing"]


def test_wordpiece_marks():
    frame = items("the", "##ing", "[unused5]", "cat", "##s", "é")
    assert list(frame["kind"]) == ["word", "piece", "unused", "word", "piece", "word"]
    assert list(frame["text"]) == ["the", "##ing", "[unused5]", "cat", "##s", "é"]
    assert list(frame["word"][[1, 5]]) == ["ing", "e"]
    assert frame["word"][2] is None or frame["word"].isna()[2]


def test_missing_ids_inside_the_vocabulary_are_unused():
    frame = items("▁a", None, "▁b")
    assert list(frame["kind"]) == ["word", "unused", "piece"]
    assert frame["token"][1] == "<id 1>"


def test_ids_with_holes_keep_their_tokens_and_rows_beyond_them_are_no_items():
    class Holes(Pieces):
        """Ids 0, 1 and 5, 6."""

        def get_vocab(self):
            return {"▁a": 0, "▁cat": 1, "▁dog": 5, "▁house": 6}

        def convert_ids_to_tokens(self, ids):
            known = {number: token for token, number in self.get_vocab().items()}
            return [known.get(number) for number in ids]

    frame = text.make(Holes(), 64, "bare").items
    assert len(frame) == 7
    assert frame["text"].tolist()[5:] == ["␣dog", "␣house"]
    assert frame["kind"].tolist() == ["word", "word", "unused", "unused", "unused", "word", "word"]
    assert len(text.make(Holes(), 6, "bare").items) == 6  # an embedding with fewer rows than ids
    assert text.shown(Holes(), [6, 3]) == ["␣house", "<id 3>"]
