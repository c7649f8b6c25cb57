"""Two texts at once: equal without edits, cached as uncached, streamed, stopped, told apart."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from catalog.edits import Edit
from catalog.errors import CatalogError
from catalog.flips import words
from catalog.flips.words import Word
from catalog.model import live, loading
from catalog.model.editing import editing
from catalog.model.generating import Row, Wanted, generate, several
from catalog.model.token_machine import Machine
from catalog.sites import Site
from dashboard.flips import generation

SITE = Site("resid", 1)
FLIP = Edit(SITE, tuple(range(16)), "flip", (1.0, -1.0) * 8, strength=2.0)
NOTHING = replace(FLIP, strength=0.0)
WANTED = Wanted("The cat and the", (FLIP,), tokens=8, temperature=0.0)


@pytest.fixture(scope="module")
def machine(llama):
    return Machine(loading.load(str(llama), device="cpu"))


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_without_a_change_both_rows_say_the_same(machine, temperature):
    wanted = replace(WANTED, edits=(NOTHING,), temperature=temperature, seed=5)
    pair = generate(machine, wanted)
    assert pair.plain == pair.edited and len(pair.plain.ids) > 0
    assert generate(machine, wanted) == pair
    if temperature:
        assert generate(machine, replace(wanted, seed=6)).plain.ids != pair.plain.ids


@pytest.mark.parametrize("positions", ["all", "last"])
def test_it_is_what_whole_passes_give(machine, positions):
    """Greedy, without a cache: the edit at every position, or at each that was once the newest."""
    found = generate(machine, replace(WANTED, positions=positions))
    ids, sink = machine.encode(WANTED.prompt)
    for said, edits in ((found.plain.ids, ()), (found.edited.ids, (FLIP,))):
        whole = ids.tolist()
        for token in said:
            first = sink if positions == "all" else len(ids) - 1
            placed = [replace(one, positions=tuple(range(first, len(whole)))) for one in edits]
            with torch.inference_mode(), editing(machine.model.parts, [placed]):
                logits = machine.model.module(torch.tensor([whole]), use_cache=False).logits
            assert int(logits[0, -1].argmax()) == token
            whole.append(token)
    assert found.plain.ids != found.edited.ids


def test_rows_of_one_batch_say_what_each_would_alone(machine):
    rows = [Row((), 3), Row((FLIP,), 3), Row((FLIP,), 4), Row((NOTHING,), 4), Row((), 4)]
    wanted = replace(WANTED, edits=(), temperature=1.0)
    lengths = []
    found = several(machine, wanted, rows, lambda now: lengths.append(len(now[0].ids)))
    assert lengths[:2] == [0, 1] and len(found) == len(rows)
    for row, said in zip(rows, found, strict=True):
        alone = generate(machine, replace(wanted, edits=row.edits, seed=row.seed))
        assert said.ids == (alone.edited if row.edits else alone.plain).ids
    assert found[3] == found[4] and found[0].ids != found[4].ids


def test_perplexity_is_the_unedited_models(machine):
    found = generate(machine, WANTED)
    ids, _ = machine.encode(WANTED.prompt)
    whole = torch.tensor([[*ids.tolist(), *found.edited.ids]])
    with torch.inference_mode():
        log_p = machine.model.module(whole).logits[0].double().log_softmax(-1)
    own = [log_p[len(ids) - 1 + n, one].item() for n, one in enumerate(found.edited.ids)]
    assert found.edited.perplexity == pytest.approx(math.exp(-np.mean(own)), rel=1e-3)


def test_every_token_is_shown_and_stop_ends_before_the_next_pass(machine):
    lengths = []
    generate(machine, WANTED, lambda pair: lengths.append(len(pair.plain.ids)))
    assert lengths == list(range(9))
    passes = []
    handle = machine.model.module.register_forward_pre_hook(lambda *_: passes.append(1))

    def stop(pair):
        if len(pair.plain.ids) == 2:
            raise live.Cancelled("Stopped.")

    with pytest.raises(live.Cancelled):
        generate(machine, WANTED, stop)
    handle.remove()
    assert len(passes) == 2


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"temperature": float("nan")}, "not NaN"),
        ({"tokens": 0}, "at least one"),
        ({"positions": "0,1"}, "all or last"),
        ({"prompt": " "}, "empty"),
        ({"prompt": "cat " * 63}, "Shorten it"),
        ({"edits": (replace(FLIP, dimensions=tuple(range(20, 36))),)}, "no dimension 35"),
    ],
)
def test_bad_input_gets_one_sentence(machine, changes, said):
    with pytest.raises(CatalogError, match=said):
        generate(machine, replace(WANTED, **changes))


def test_pieces_are_the_text(machine):
    found = generate(machine, replace(WANTED, temperature=1.0))
    decode = machine.model.tokenizer.decode
    ids, _ = machine.encode(WANTED.prompt)
    text = decode([*ids.tolist(), *found.plain.ids], skip_special_tokens=True)
    assert text.endswith(found.plain.text) and len(found.plain.pieces) == len(found.plain.ids)


def test_words_are_joined_and_differences_marked():
    left = words.words([" the", " old", " ca", "t", " sat"], [1, 2, 3, 4, 5], {4})
    assert [word.text for word in left] == [" the", " old", " cat", " sat"]
    assert [word.member for word in left] == [False, False, True, False]
    right = words.words([" the", " dog", " sat"], [1, 6, 5], {4})
    first, second = words.compared(left, right)
    assert [word.differs for word in first] == [False, True, True, False]
    assert [word.differs for word in second] == [False, True, False]


def test_generated_text_is_shown_literally():
    made = generation.markup([Word(" <script>alert(1)</script>", True, True)])
    assert "<script>" not in made and "&lt;script&gt;" in made
