"""Senses: planted ones are told apart on other books, chance and a book's own signs are not."""

from pathlib import Path

import numpy as np
import pytest
import torch

from catalog import places
from catalog.evidence import from_senses
from catalog.model import loading, marked
from catalog.model.marked import Marked
from catalog.sites import Site

CONTEXTS, DIMS, BOOKS = 60, 64, 15


def world(kind, seed):
    generator = np.random.default_rng(seed)
    book = generator.integers(0, BOOKS, CONTEXTS)
    second = np.arange(CONTEXTS) % 2 == 0
    own, cues = (generator.random((CONTEXTS, DIMS)) < 0.5 for _ in range(2))
    if kind == "senses":
        own[:, :16] = np.where(
            generator.random((CONTEXTS, 16)) < 0.85, second[:, None], own[:, :16]
        )
    if kind == "cues":
        for one in (own, cues):
            one[:, :16] = np.where(
                generator.random((CONTEXTS, 16)) < 0.85, second[:, None], one[:, :16]
            )
    if kind == "books":  # every book has signs of its own, and mostly one sense
        second = np.where(generator.random(CONTEXTS) < 0.8, book % 2 == 0, second)
        marks = generator.random((BOOKS, DIMS)) < 0.5
        own = np.where(generator.random(own.shape) < 0.9, marks[book], own)
    return own, cues, second, book


def figures(kind):
    return np.array([from_senses.told_apart(*world(kind, seed)) for seed in range(12)])


def test_planted_senses_hold_and_chance_does_not():
    row = from_senses._judged(figures("senses"), "here")
    assert row.verdict == "holds" and row.figure.value > 0.9
    assert abs(row.controls["labels permuted"] - 0.5) < 0.06
    noise = from_senses._judged(figures("noise"), "here")
    assert noise.verdict == "does not hold" and abs(noise.figure.value - 0.5) < 0.06


def test_what_the_words_around_say_alone_holds_partly():
    assert from_senses._judged(figures("cues"), "here").verdict == "partly"


def test_signs_of_a_book_are_no_sense():
    assert abs(figures("books")[:, 0].mean() - 0.5) < 0.1


def test_words_are_read_with_their_word_marked(tmp_path):
    lines = ["# bank: river / money", "river\tA\tThe Bank of the river.", "money\tB\tA bank note."]
    (tmp_path / "bank.txt").write_text("\n".join([*lines, "money\tB\tNo such word.", ""]))
    (tmp_path / "one.txt").write_text("river\tA\tone one")
    (one,) = from_senses.words(tmp_path)
    assert one.name == "bank" and one.second.tolist() == [False, True]
    assert [t.text[t.first : t.past] for t in one.texts] == ["Bank", "bank"]


def test_the_marked_words_state_is_that_of_its_last_token(llama):
    model = loading.load(str(llama))
    text = "the dog saw the cat"
    place = text.index("dog")
    read = marked.read(
        model, [Marked(text, place, place + 3), Marked("the", 0, 3)], Site("resid", 2)
    )
    ids = model.tokenizer(text)["input_ids"]
    tokens = model.tokenizer.convert_ids_to_tokens(ids)
    last = len(ids) - 1 - tokens[::-1].index("g")  # dog is several pieces here
    with torch.inference_mode():
        hidden = model.parts.trunk(input_ids=torch.tensor([ids]), output_hidden_states=True)
    expected = hidden.hidden_states[2][0, last].numpy()
    np.testing.assert_allclose(read.own[0], expected, atol=1e-5)
    rest = [n for n in range(len(ids)) if n != last]
    np.testing.assert_allclose(
        read.others[0], hidden.hidden_states[0][0].numpy()[rest].mean(axis=0), atol=1e-6
    )


@pytest.mark.parametrize("path", sorted((places.shipped() / "senses").glob("*.txt")), ids=str)
def test_shipped_senses_have_twenty_contexts_each(path):
    (one,) = [word for word in from_senses.words(path.parent) if word.name == path.stem]
    assert min(one.second.sum(), (~one.second).sum()) >= 20
    assert len(np.unique(one.book)) >= 10
    assert Path(path).read_text(encoding="utf-8").startswith("# ")
