"""Edits: pure functions, and hooks that put them into a forward pass and always come off."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from catalog.edits import Edit
from catalog.errors import SettingRefused
from catalog.model import live, loading
from catalog.model.editing import editing
from catalog.model.recording import recording
from catalog.sites import Site

SITE = Site("resid", 1)
IDS = torch.arange(20, 29)[None]
FLIP = Edit(SITE, (0, 3, 5), "flip", (1.0, -1.0, 1.0))


@pytest.fixture(scope="module")
def model(llama):
    return loading.load(str(llama), device="cpu")


@torch.inference_mode()
def logits(model, rows):
    with editing(model.parts, rows):
        return model.module(input_ids=IDS.expand(len(rows), -1), use_cache=False).logits


# Edits


@pytest.mark.parametrize("make", [np.array, torch.tensor])
@pytest.mark.parametrize(
    "edit, expected",
    [
        (Edit(SITE, (0, 2), "flip", (1.0, 1.0)), [2, -3, 4]),
        (Edit(SITE, (0, 2), "flip", (1.0, -1.0), cut=(1.0, 1.0)), [4, -3, -2]),
        (Edit(SITE, (0, 2), "flip", (1.0, 1.0), strength=0.5), [0, -3, 4]),
        (Edit(SITE, (1,), "zero"), [-2, 0, 4]),
        (Edit(SITE, (1,), "clamp", (7.0,)), [-2, 7, 4]),
        (Edit(SITE, (1, 2), "add", (1.0, 2.0), strength=2.0), [-2, -1, 8]),
        (Edit(SITE, (2,), "scale", strength=3.0), [-2, -3, 12]),
    ],
)
def test_an_edit_is_a_pure_function(make, edit, expected):
    given = make([[-2.0, -3.0, 4.0]])
    np.testing.assert_allclose(np.asarray(edit(given)), [expected])
    assert np.asarray(given).tolist() == [[-2.0, -3.0, 4.0]]


@pytest.mark.parametrize("strength", [1.0, 0.3, 2.0])
def test_a_turn_keeps_both_norms_of_the_edit_it_is_like(strength):
    generator = np.random.default_rng(0)
    states = generator.normal(size=(6, 16))
    like = replace(FLIP, strength=strength)
    turned = Edit(SITE, (), "turn", tuple(generator.normal(size=16)), like=like)(states)
    wanted = like(states)
    norm = np.linalg.norm
    np.testing.assert_allclose(norm(turned, axis=1), norm(wanted, axis=1))
    np.testing.assert_allclose(norm(turned - states, axis=1), norm(wanted - states, axis=1))


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"strength": float("nan")}, "finite"),
        ({"dimensions": (), "values": ()}, "no dimension"),
        ({"dimensions": (1, 1, 2)}, "different"),
        ({"values": (1.0,)}, "needs 3 values"),
        ({"site": Site("final")}, "residual"),
        ({"kind": "sing"}, "no edit"),
    ],
)
def test_an_impossible_edit_is_refused(changes, said):
    with pytest.raises(SettingRefused, match=said):
        replace(FLIP, **changes)


# In the forward pass


@pytest.mark.parametrize("site", [Site("resid", layer) for layer in range(4)])
def test_an_edit_that_changes_nothing_changes_no_bit(model, site):
    plain = logits(model, [(), ()])
    nothing = replace(FLIP, site=site, strength=0.0)
    with torch.inference_mode(), recording(model.module, model.parts, [site], torch.clone) as seen:
        model.module(input_ids=IDS, use_cache=False)
        signs = torch.where(seen[site][0, 4, [0, 3]] > 0, 1.0, -1.0)
    same = Edit(site, (0, 3), "flip", tuple(signs.tolist()), positions=(4,))
    assert torch.equal(logits(model, [(nothing,), (same,)]), plain)


def test_each_row_has_its_own_edits(model):
    other = replace(FLIP, site=Site("resid", 2))
    rows = [(), (FLIP,), (FLIP, other), ()]
    found, plain = logits(model, rows), logits(model, [()] * 4)
    assert torch.equal(found[0], plain[0]) and torch.equal(found[3], plain[3])
    assert not torch.equal(found[1], plain[1]) and not torch.equal(found[2], found[1])


@pytest.mark.parametrize("layer", range(4))
def test_an_edit_equals_a_plain_hand_computation(model, layer):
    """The same sign set by a hook of the test's own, on the last position only."""
    edit = replace(FLIP, site=Site("resid", layer), positions=(8,))

    def by_hand(hidden):
        hidden = hidden.clone()
        for dimension, sign in zip(edit.dimensions, edit.values, strict=True):
            hidden[0, 8, dimension] = hidden[0, 8, dimension].abs() * sign
        return hidden

    block = model.parts.blocks[max(0, layer - 1)]
    if layer:
        handle = block.register_forward_hook(lambda _m, _a, out: by_hand(out))
    else:
        handle = block.register_forward_pre_hook(lambda _m, a: (by_hand(a[0]), *a[1:]))
    with torch.inference_mode():
        expected = model.module(input_ids=IDS, use_cache=False).logits
    handle.remove()
    torch.testing.assert_close(logits(model, [(edit,)]), expected, rtol=0, atol=0)


def test_hooks_come_off_even_on_error(model):
    plain = logits(model, [()])
    with pytest.raises(KeyError), editing(model.parts, [(FLIP,)]):
        raise KeyError
    with pytest.raises(ValueError, match="rows"), editing(model.parts, [(FLIP,)]):
        model.module(input_ids=IDS.expand(2, -1), use_cache=False)
    assert torch.equal(model.module(input_ids=IDS, use_cache=False).logits, plain)
    assert not any(block._forward_hooks for block in model.parts.blocks)


def test_one_caller_never_sees_another_callers_edit(llama):
    worker, key = live.Live(), live.ModelKey(str(llama), None, "float32", "cpu", "")
    plain = worker.submit(key, lambda m, _j: logits(m, [()])).wait(60)
    together = threading.Barrier(6)
    results = {}

    def send(number):
        together.wait()
        rows = [(FLIP,)] if number % 2 else [()]
        results[number] = worker.submit(key, lambda m, _j: logits(m, rows)).wait(60)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worker.release()
    assert [torch.equal(results[n], plain) for n in range(6)] == [True, False] * 3


@pytest.mark.parametrize(
    "edit, said",
    [
        (replace(FLIP, dimensions=(0, 3, 99)), "no dimension 99"),
        (replace(FLIP, site=Site("resid", 9)), "3 blocks"),
        (replace(FLIP, positions=(30,)), "no position 30"),
    ],
)
def test_an_edit_that_does_not_fit_the_model_is_refused(model, edit, said):
    with pytest.raises(SettingRefused, match=said):
        logits(model, [(edit,)])
