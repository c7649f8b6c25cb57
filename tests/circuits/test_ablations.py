"""Ablations: hooks, matching and the verdict; planted writers carry, others do not."""

import types

import numpy as np
import pytest
import torch

from catalog.circuits import ablate, ablations
from catalog.circuits.ablation_items import Target
from catalog.errors import SettingRefused
from catalog.modalities import text
from catalog.model import ablation, down_projection, loading
from catalog.model.recording import recording
from catalog.sites import Site
from tests.given import models

CPU = torch.device("cpu")
IDS = torch.tensor([[5, 17, 9], [8, 2, 30]])


def of(module, name="llama"):
    """What an ablation wants of a loaded model."""
    parts = loading.find_parts(module, CPU)
    trial = {"input_ids": np.array([[0, 1]])}
    return types.SimpleNamespace(
        module=module, parts=parts, device=CPU, causal=True, name=name, trial=trial, dtype="float32"
    )


def stream(model, layer=models.BLOCKS):
    site = Site("resid", layer)
    with (
        torch.inference_mode(),
        recording(model.module, model.parts, [site], lambda hidden: hidden) as seen,
    ):
        model.parts.trunk(input_ids=IDS, use_cache=False)
        return seen[site]


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_ablating_is_a_model_without_these_columns(name):
    model = of(models.model(name))
    chosen = {1: np.array([0, 7]), 3: np.array([11])}
    with ablation.ablating(model.parts, chosen):
        ablated = stream(model)
    kind = models.ARCHITECTURES[name]
    copy = kind.kind(kind.config())
    copy.load_state_dict(model.module.state_dict())
    other = of(copy.eval())
    with torch.no_grad():
        for layer, neurons in chosen.items():
            weight = other.parts.down_projections[layer - 1].weight
            columns = (
                weight
                if isinstance(other.parts.down_projections[layer - 1], torch.nn.Linear)
                else weight.T
            )
            columns[:, neurons] = 0
    torch.testing.assert_close(ablated, stream(other), rtol=1e-5, atol=1e-6)
    assert not torch.equal(ablated, stream(model))


def test_nothing_chosen_changes_no_bit_and_hooks_come_off_after_an_error():
    model = of(models.model("llama"))
    before = stream(model)
    with ablation.ablating(model.parts, {}):
        assert torch.equal(stream(model), before)
    with pytest.raises(ZeroDivisionError), ablation.ablating(model.parts, {2: np.array([3])}):
        raise ZeroDivisionError
    assert torch.equal(stream(model), before)
    assert not any(m._forward_pre_hooks for m in model.module.modules())


def test_random_neurons_are_matched_and_no_writers():
    generator = np.random.default_rng(0)
    layer = np.repeat([1, 2], 300)
    size = generator.lognormal(sigma=1.5, size=600)
    writers = np.array([*np.argsort(-size)[:2], 5, 40, 310, 420])  # the two largest have no equal
    sets, worst = ablations.matched(size, layer, writers, generator, 30)
    gaps = np.abs(size[sets].sum(axis=1) / size[writers].sum() - 1)
    assert worst == pytest.approx(gaps.max()) and worst <= ablations.ALLOWED
    for one in sets:
        assert len(set(one)) == len(writers) and not set(one) & set(writers)
        np.testing.assert_array_equal(np.sort(layer[one]), np.sort(layer[writers]))
    assert len(np.unique(sets)) > 2 * len(writers)


def test_what_cannot_be_matched_is_refused():
    size = np.ones(50)
    size[3] = 1000
    with pytest.raises(SettingRefused, match="as active"):
        ablations.matched(size, np.ones(50, int), np.array([3]), np.random.default_rng(1))
    with pytest.raises(SettingRefused, match="silent"):
        ablations.matched(np.zeros(9), np.ones(9, int), np.array([3]), np.random.default_rng(1))
    with pytest.raises(SettingRefused, match="too few"):
        layer = np.array([1, 1, 2, 2])
        ablations.matched(np.ones(4), layer, np.array([0, 1]), np.random.default_rng(1))


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        (-0.1, "carry the feature"),
        (0.1, "work against the feature"),
        (0.0, "no more than random neurons"),
    ],
)
def test_the_verdict(effect, expected):
    generator = np.random.default_rng(2)
    random = generator.normal(0, 0.01, (5, 4, 30))
    writers = effect + generator.normal(0, 0.01, (5, 30))
    found = ablations.judge(writers, random, generator)
    assert found.verdict == expected
    assert found.difference.value == pytest.approx((writers[:, None] - random).mean())
    assert found.difference.low < found.difference.value < found.difference.high
    assert found.writers.value == pytest.approx(writers.mean())
    assert found.draws == 20 and (found.reached == 0) == (effect != 0)
    one_as_far = random.copy()
    one_as_far[2, 1] = 2 * effect - 1e-6
    if effect:
        again = ablations.judge(writers, one_as_far, generator)
        assert again.reached == 1 and again.verdict == "undecided"


def planted(writes):
    """A tiny Llama whose neurons 0-5 of block 1 write a prototype on 24 dimensions, or do not.

    They are strongly active on every item, as six other neurons are that write noise.
    """
    kind = models.ARCHITECTURES["llama"]
    module = models.randomised(kind.kind(kind.config()), seed=3)
    signs = np.where(np.arange(24) % 3, 1, -1)
    mlp = module.model.layers[0].mlp
    with torch.no_grad():
        for block in module.model.layers:
            block.mlp.down_proj.weight.mul_(0.1)
            block.self_attn.o_proj.weight.mul_(0.1)
        module.model.embed_tokens.weight.mul_(0.3)
        direction = torch.zeros(models.DIMS)
        direction[:24] = torch.from_numpy(signs).float()
        mlp.gate_proj.weight[:12] = mlp.gate_proj.weight[:1]
        mlp.up_proj.weight[:12] = mlp.gate_proj.weight[:1]
        noise = torch.randn(models.DIMS, 6, generator=torch.Generator().manual_seed(4)).sign()
        mlp.down_proj.weight[:, :6] = 0.5 * direction[:, None] if writes else 0.5 * noise
        mlp.down_proj.weight[:, 6:12] = 0.5 * noise.flip(0)
    return of(module), signs


@pytest.mark.parametrize("writes", [True, False])
def test_planted_writers_carry_and_other_active_neurons_do_not(writes):
    model, signs = planted(writes)
    modality = text.Text("bare", None, (), ())
    target = Target(
        Site("resid", 2),
        np.arange(24),
        signs,
        np.zeros(24, np.float32),
        np.arange(60, 100),
        np.arange(200, 260),
    )
    found = ablate.run(model, modality, target, ablate.Sizes(6))
    assert found.worst <= ablations.ALLOWED and found.shown == 40
    if writes:
        assert found.members.verdict == "carry the feature"
        assert set(zip(found.layer, found.neuron, strict=True)) == {(1, n) for n in range(6)}
        assert found.before > 0.7
    else:
        assert found.members.verdict != "carry the feature"
    before = ablation.matches(model, modality, target, target.members)
    assert found.before == pytest.approx(before.mean())


def test_activations_are_those_of_a_hook():
    model = of(models.model("llama"))
    modality = text.Text("bare", None, (), ())
    columns = down_projection.before(model, Site("resid", 2)).columns
    found = ablation.activations(model, modality, columns, np.arange(30))
    seen = []
    down = model.parts.down_projections[1]
    handle = down.register_forward_pre_hook(lambda _m, args: seen.append(args[0]))
    with torch.inference_mode():
        model.parts.trunk(input_ids=torch.arange(30)[:, None], use_cache=False)
    handle.remove()
    np.testing.assert_allclose(found[64:], seen[0][:, 0].abs().mean(dim=0), rtol=1e-4, atol=1e-6)


def test_nobody_writes_to_the_embeddings_or_to_keys():
    model = of(models.model("llama"))
    for name in ("resid.0", "k.2", "ffn.1"):
        with pytest.raises(SettingRefused, match="No FFN neuron writes"):
            down_projection.before(model, Site.parse(name))
