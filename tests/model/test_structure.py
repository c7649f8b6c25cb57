"""Every supported architecture, found by structure: as tiny random models built from configs."""

import functools

import pytest
import torch
import transformers
from torch import nn

from catalog.errors import ModelUnsupported
from catalog.model import loading, structure
from catalog.model.stack import Size
from catalog.sites import Site
from tests.given import models

CPU = torch.device("cpu")
EVERY = sorted(models.ARCHITECTURES)


@functools.cache
def found(name):
    return loading.find_parts(models.model(name), CPU)


def name_in(block, module):
    return next((name for name, m in block.named_modules() if m is module), None)


@pytest.mark.parametrize("name", EVERY)
def test_parts_are_those_a_reader_of_the_code_would_name(name):
    known, parts = models.ARCHITECTURES[name], found(name)
    assert len(parts.blocks) == models.BLOCKS
    assert (parts.final_norm is not None) == known.norm
    assert [name_in(*pair) for pair in zip(parts.blocks, parts.down_projections, strict=True)] == [
        known.down
    ] * models.BLOCKS
    assert tuple(a is not None for a in parts.attentions) == known.keys
    for block, attention in zip(parts.blocks, parts.attentions, strict=True):
        assert attention is None or name_in(block, attention)
    assert parts.hidden_size == models.DIMS
    assert parts.widest == max(64, *(structure.in_features(d) for d in parts.down_projections))


@pytest.mark.parametrize("name", EVERY)
def test_looking_leaves_no_trace(name):
    model = models.model(name)
    hooked = [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()]
    implementations = [c._attn_implementation for c in _configs(model)]
    ids = torch.tensor([[3, 9, 4]])
    with torch.inference_mode():
        before = model(ids)[0]
        loading.find_parts(model, CPU)
        after = model(ids)[0]
    assert torch.equal(before, after)
    assert [c._attn_implementation for c in _configs(model)] == implementations
    assert [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()] == hooked


def _configs(model):
    return list({id(m.config): m.config for m in model.modules() if hasattr(m, "config")}.values())


def test_a_tower_of_another_attention_implementation_keeps_it():
    config = models.ARCHITECTURES["gemma3_wrapped"].config()
    model = transformers.Gemma3ForConditionalGeneration(config).eval()
    model.set_attn_implementation({"text_config": "eager", "vision_config": "sdpa"})
    before = [c._attn_implementation for c in _configs(model)]
    assert len(set(before)) > 1
    loading.find_parts(model, CPU)
    assert [c._attn_implementation for c in _configs(model)] == before


@pytest.mark.parametrize("implementation", ["eager", "sdpa"])
def test_keys_are_found_with_each_attention_implementation(implementation):
    config = models.ARCHITECTURES["llama"].config()
    model = transformers.LlamaForCausalLM(config).eval()
    model.set_attn_implementation(implementation)
    assert all(loading.find_parts(model, CPU).attentions)


def test_absent_sites_have_a_reason():
    parts = found("qwen3_5")
    for kind in ("k", "v"):
        assert "not softmax attention" in parts.absent(Site(kind, 1))
        assert parts.absent(Site(kind, 3)) is None
    assert found("bert").absent(Site("final")) == "No norm follows the last block."
    assert all(found("llama").absent(Site("resid", n)) is None for n in range(4))


def test_a_block_without_one_down_projection_has_no_ffn_site():
    config = transformers.MambaConfig(
        hidden_size=32, num_hidden_layers=3, vocab_size=480, state_size=4
    )
    model = transformers.MambaForCausalLM(config).eval()
    parts = loading.find_parts(model, CPU)
    assert (
        parts.absent(Site("ffn", 1)) == "This block has no FFN: its linear layers belong to mixer."
    )
    assert "a state space" in parts.absent(Site("k", 1)) and parts.absent(Site("final")) is None


def test_a_model_without_any_list_is_refused():
    class Bag(nn.Module):
        config = transformers.LlamaConfig(num_hidden_layers=2)

    with pytest.raises(ModelUnsupported, match=r"Bag .*2 blocks.*none"):
        structure.find(Bag(), lambda trunk, **_asked: None, Size(1))


def test_a_model_that_does_not_run_on_ids_is_refused():
    config = transformers.ViTConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=32,
        patch_size=16,
    )
    model = transformers.ViTModel(config).eval()
    with pytest.raises(ModelUnsupported, match=r"ViTModel cannot be read: .*input_ids alone"):
        loading.find_parts(model, CPU)
    assert not any(m._forward_hooks for m in model.modules())
    assert model.config._attn_implementation == "sdpa"
