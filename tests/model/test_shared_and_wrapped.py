"""Blocks that run several times, linear layers that are wrapped, caches that are given."""

import copy
import functools

import numpy as np
import pytest
import torch
import transformers as hf
from torch import nn

from catalog.edits import Edit
from catalog.model import ablation, down_projection, linear, loading
from catalog.model.editing import editing
from catalog.model.loading import LoadedModel
from catalog.model.recording import recording
from catalog.sites import Site
from tests.given import architectures, models
from tests.given.small import small

CPU = torch.device("cpu")
IDS = torch.tensor([[3, 9, 30, 17, 4], [8, 8, 41, 9, 26]])


class Adapted(nn.Module):
    """A linear layer with an adapter of low rank, as PEFT wraps one."""

    def __init__(self, base, rank=2):
        super().__init__()
        self.base_layer = base
        self.in_features, self.out_features = base.in_features, base.out_features
        self.lora_A = nn.Linear(base.in_features, rank, bias=False)
        self.lora_B = nn.Linear(rank, base.out_features, bias=False)

    def forward(self, states):
        return self.base_layer(states) + self.lora_B(self.lora_A(states))


class Rounded(nn.Module):
    """A linear layer that keeps whole numbers and a scale for each row, as quantisers do."""

    def __init__(self, base):
        super().__init__()
        self.in_features, self.out_features = base.in_features, base.out_features
        scale = base.weight.abs().amax(dim=1, keepdim=True) / 127
        self.register_buffer("qweight", torch.round(base.weight / scale).to(torch.int8))
        self.register_buffer("scale", scale)

    def forward(self, states):
        return nn.functional.linear(states, self.qweight.float() * self.scale)


@functools.cache
def wrapped(kind):
    """The tiny Llama with every linear layer of its blocks wrapped."""
    module = copy.deepcopy(models.model("llama"))
    for block in module.model.layers:
        for name, layer in list(block.named_modules()):
            if isinstance(layer, nn.Linear):
                parent, _, last = name.rpartition(".")
                setattr(block.get_submodule(parent), last, kind(layer))
    return module.requires_grad_(False).eval()


@pytest.mark.parametrize("kind", [Adapted, Rounded])
def test_wrapped_layers_are_read_and_their_weight_is_what_they_do(kind):
    module = wrapped(kind)
    parts = loading.find_parts(module, CPU)
    down = module.model.layers[1].mlp.down_proj
    assert parts.tap(Site("ffn", 2)).module is down
    caught = []
    handle = down.register_forward_hook(lambda _m, args, out: caught.append((args[0], out)))
    with (
        torch.inference_mode(),
        recording(module, parts, [Site("ffn", 2), Site("k", 1)], lambda h: h) as seen,
    ):
        parts.trunk(input_ids=IDS)
    handle.remove()
    given, gave = caught[0]
    assert torch.equal(seen[Site("ffn", 2)], given)
    made = given @ down_projection.columns_of(parts, 2).T
    torch.testing.assert_close(made, gave, rtol=1e-4, atol=1e-4)


def test_the_weight_of_a_plain_layer_is_kept_and_that_of_conv1d_is_turned():
    plain, turned = nn.Linear(3, 5), hf.pytorch_utils.Conv1D(5, 3)
    assert torch.equal(linear.weight(plain), plain.weight)
    assert torch.equal(linear.weight(turned), turned.weight.T)
    assert (linear.in_features(turned), linear.out_features(turned)) == (3, 5)
    assert linear.out_features(nn.LayerNorm(3)) is None
    nested = nn.Sequential(Adapted(plain), nn.ReLU())
    assert linear.layers(nested) == [nested[0]]


def albert():
    module = architectures.model("ALBERT")
    parts = loading.find_parts(module, CPU)
    return module, parts


def states(module, parts, sites):
    with torch.inference_mode(), recording(module, parts, sites, lambda h: h) as seen:
        parts.trunk(input_ids=IDS)
        return dict(seen)


def hooks(module):
    return [(list(m._forward_hooks), list(m._forward_pre_hooks)) for m in module.modules()]


def test_a_shared_block_is_edited_and_ablated_in_one_of_its_calls_only():
    module, parts = albert()
    sites = [Site("resid", n) for n in range(4)] + [Site("ffn", n) for n in (1, 2, 3)]
    plain = states(module, parts, sites)
    registered = hooks(module)  # transformers leaves its own where hidden states were asked for
    edit = Edit(Site("resid", 2), (1, 2), "scale", strength=-1.0)
    for change, first in (
        (functools.partial(editing, parts, [(edit,), ()]), Site("resid", 3)),
        (functools.partial(ablation.ablating, parts, {3: np.array([0, 5])}), Site("resid", 3)),
    ):
        with recording(module, parts, sites, lambda h: h) as seen, change(), torch.inference_mode():
            for _ in range(2):  # every pass counts its calls anew
                parts.trunk(input_ids=IDS)
        same = [site for site in sites if site.kind == "resid" and site.layer < 2]
        assert all(torch.equal(seen[site], plain[site]) for site in same)
        assert torch.equal(seen[Site("ffn", 2)], plain[Site("ffn", 2)])
        assert not torch.equal(seen[first], plain[first])
    assert hooks(module) == registered


def test_norms_after_a_shared_down_projection_are_folded_once():
    module, parts = albert()
    inputs = {"input_ids": IDS.numpy()}
    model = LoadedModel(
        "tiny", "", "", "", module, parts, None, False, CPU, "float32", "sdpa", trial=inputs
    )
    layer = module.encoder.albert_layer_groups[0].albert_layers[0]
    norms = down_projection._norms_after(model)
    assert norms == {n: [layer.full_layer_layer_norm] for n in (1, 2, 3)}


@pytest.mark.parametrize("name", ["GPT-J", "BLOOM", "Falcon"])
@pytest.mark.parametrize("use_cache", [True, False])
def test_keys_are_the_same_whether_the_model_keeps_a_cache_or_not(name, use_cache):
    module = architectures.model(name)
    parts = loading.find_parts(module, CPU)
    site = Site("k", 2)
    with torch.inference_mode(), recording(module, parts, [site], lambda h: h) as seen:
        plain = module(IDS, use_cache=use_cache)
    cache = module(IDS, use_cache=True)
    expected = cache.past_key_values.layers[1].keys.transpose(1, 2).flatten(2)
    assert torch.equal(seen[site], expected) and torch.equal(plain.logits, cache.logits)


def test_keys_repeated_for_each_query_head_are_kept_once():
    config = small(
        hf.FalconConfig, new_decoder_architecture=True, num_kv_heads=2, num_attention_heads=4
    )
    module = models.randomised(hf.FalconForCausalLM(config))
    parts = loading.find_parts(module, CPU)
    site = Site("k", 1)
    with torch.inference_mode(), recording(module, parts, [site], lambda h: h) as seen:
        cache = module(IDS, use_cache=True).past_key_values
    whole = cache.layers[0].keys
    assert whole.shape[1] == 4 and torch.equal(whole[:, 0], whole[:, 1])
    assert torch.equal(seen[site], whole[:, ::2].transpose(1, 2).flatten(2))
