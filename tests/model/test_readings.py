"""The trial that chooses a reading: its figures against plain NumPy, its rule, its choice."""

import numpy as np
import pytest
import torch

from catalog.modalities import Asked, text
from catalog.model import loading, readings, states
from catalog.model.readings import Trial


@pytest.fixture(scope="module")
def model(llama):
    return loading.load(str(llama))


def candidates(model):
    asked = Asked()
    return text.candidates(model, asked, text.prepare(model, asked, lambda *_: None))


def test_readings_in_question_run_from_the_simplest_on_and_differ(model):
    found = candidates(model)
    assert found[0].reading == "bare" and found[0].before == ()
    assert len({(one.before, one.after) for one in found}) == len(found) > 1
    newline = next(one for one in found if one.reading == r"\n{}")
    assert list(newline.before)[-len(encoded(model, "\n")) :] == encoded(model, "\n")


def encoded(model, string):
    return model.tokenizer(string, add_special_tokens=False)["input_ids"]


def test_no_trial_where_a_reading_was_asked_for(model):
    asked = Asked(template="bare")
    assert text.candidates(model, asked, text.prepare(model, asked, lambda *_: None)) == []


def test_figures_are_those_of_plain_numpy(model):
    found = candidates(model)
    trials = readings.choose(model, found, seed=3)
    states = [plain(model, one) for one in found]
    least = np.min([np.median(np.linalg.norm(one, axis=2), axis=1) for one in states], axis=0)
    for trial, own in zip(trials, states, strict=True):
        p = (own > 0).mean(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            entropy = -np.nan_to_num(p * np.log2(p)) - np.nan_to_num((1 - p) * np.log2(1 - p))
        assert trial.entropy_bits == pytest.approx(entropy.mean(), abs=1e-6)
        assert trial.degenerate == pytest.approx(((p < 0.01) | (p > 0.99)).mean())
        outlying = np.linalg.norm(own, axis=2) > 5 * least[:, None]
        assert trial.outliers == pytest.approx(outlying.mean())
    assert [one.chosen for one in trials].count(True) == 1


def plain(model, reading):
    """States of the drawn items at every block's output: float[sites, items, dims]."""
    items = len(reading.items)
    drawn = np.sort(np.random.default_rng(3).choice(items, min(1024, items), replace=False))
    ids = torch.from_numpy(reading.inputs(drawn)["input_ids"])
    kept = []
    hooks = [
        block.register_forward_hook(lambda _m, _a, out: kept.append(out[:, len(reading.before)]))
        for block in model.parts.blocks
    ]
    with torch.inference_mode():
        model.parts.trunk(input_ids=ids, use_cache=False)
    for one in hooks:
        one.remove()
    return torch.stack(kept).numpy()


def trial(entropy, outliers):
    return Trial("", entropy, outliers, 0.0, 0.0)


@pytest.mark.parametrize(
    ("figures", "chosen"),
    [
        ([(0.80, 0.0), (0.79, 0.0), (0.81, 0.0)], 0),  # as good as the best: the simplest
        ([(0.22, 0.0), (0.61, 0.0), (0.86, 0.0)], 2),  # a sink
        ([(0.86, 0.2), (0.85, 0.02), (0.86, 0.0)], 2),  # as good, and without outliers
        ([(0.86, 0.005), (0.85, 0.0)], 0),
    ],
)
def test_rule(figures, chosen):
    assert readings.rule([trial(*one) for one in figures]) == chosen


def test_a_sink_at_the_first_position_is_left(model, monkeypatch):
    """A planted sink: whatever stands first gets one and the same large state."""
    sink = 50 * torch.sign(torch.randn(model.parts.hidden_size, generator=torch.manual_seed(0)))

    def drown(_module, _args, output):
        output[:, 0] += sink
        return output

    hook = model.parts.blocks[0].register_forward_hook(drown)
    try:
        trials = readings.choose(model, candidates(model), seed=0)
    finally:
        hook.remove()
    assert not trials[0].chosen
    assert trials[0].entropy_bits < trials[1].entropy_bits - 0.3
    assert trials[0].outliers == pytest.approx(2 / 3, abs=0.01)  # after the first of three blocks


def test_a_batch_that_does_not_fit_is_halved(model, monkeypatch):
    whole, sizes = states.batches, []

    def batches(model, modality, sites, items, batch_size):
        sizes.append(batch_size)
        if batch_size > 100:
            raise torch.OutOfMemoryError("CUDA out of memory")
        yield from whole(model, modality, sites, items, batch_size)

    expected = readings.choose(model, candidates(model)[:2], seed=0)
    monkeypatch.setattr(states, "batches", batches)
    found = readings.choose(model, candidates(model)[:2], seed=0)
    assert sizes == [256, 128, 64] * 2
    assert [one.chosen for one in found] == [one.chosen for one in expected]
