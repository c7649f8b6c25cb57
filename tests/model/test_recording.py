"""Recorded states equal the model's own, and recording changes nothing."""

import functools

import numpy as np
import pytest
import torch
import transformers

from catalog import sites
from catalog.errors import StatesBroken
from catalog.modalities import text
from catalog.model import attention, loading, states
from catalog.model.recording import recording
from catalog.sites import Site
from tests.given import models

CPU = torch.device("cpu")
EVERY = sorted(models.ARCHITECTURES)
DECODERS = [name for name in EVERY if models.ARCHITECTURES[name].decoder]
IDS = torch.tensor([[3, 9, 300, 17, 4], [8, 8, 41, 99, 260]])


def sites_of(parts):
    chosen, _ = sites.wanted("k,v,ffn", None, models.BLOCKS)
    return [site for site in chosen if parts.absent(site) is None]


@functools.cache
@torch.inference_mode()
def recorded(name):
    """{site: float[items, positions, dims]} of one pass over IDS."""
    model = models.model(name)
    parts = loading.find_parts(model, CPU)
    with recording(model, parts, sites_of(parts), lambda hidden: hidden) as seen:
        parts.trunk(input_ids=IDS)
        return dict(seen)


@functools.cache
@torch.inference_mode()
def own(name):
    """What transformers itself gives for one pass over IDS."""
    return models.model(name)(IDS, output_hidden_states=True)


@pytest.mark.parametrize("name", EVERY)
def test_residual_states_are_transformers_hidden_states(name):
    seen, out = recorded(name), own(name)
    for layer in range(models.BLOCKS):
        assert torch.equal(seen[Site("resid", layer)], out.hidden_states[layer]), layer
    last = Site("final") if models.ARCHITECTURES[name].norm else Site("resid", models.BLOCKS)
    assert torch.equal(seen[last], out.hidden_states[-1])
    assert all(values.shape[:2] == IDS.shape for values in seen.values())


@pytest.mark.parametrize("name", [n for n in EVERY if models.ARCHITECTURES[n].norm])
def test_the_last_residual_state_is_before_the_final_norm(name):
    seen = recorded(name)
    parts = loading.find_parts(models.model(name), CPU)
    with torch.inference_mode():
        normed = parts.final_norm(seen[Site("resid", models.BLOCKS)])
    assert torch.equal(normed, seen[Site("final")])
    assert not torch.equal(seen[Site("resid", models.BLOCKS)], seen[Site("final")])


@pytest.mark.parametrize("name", DECODERS)
def test_keys_and_values_are_those_of_the_models_own_cache(name):
    seen = recorded(name)
    with torch.inference_mode():
        cache = models.model(name)(IDS, use_cache=True).past_key_values
    compared = 0
    for layer in range(1, models.BLOCKS + 1):
        if not models.ARCHITECTURES[name].keys[layer - 1]:
            assert Site("k", layer) not in seen
            continue
        for kind, cached in (
            ("k", cache.layers[layer - 1].keys),
            ("v", cache.layers[layer - 1].values),
        ):
            expected = cached.transpose(1, 2).flatten(2)  # [items, positions, heads * dims]
            assert torch.equal(seen[Site(kind, layer)], expected), (kind, layer)
            compared += 1
    assert compared >= 2


def test_keys_of_an_encoder_are_its_key_projection():
    seen = recorded("bert")
    layer = models.model("bert").encoder.layer[1].attention.self
    with torch.inference_mode():
        expected = layer.key(seen[Site("resid", 1)])
    assert torch.equal(seen[Site("k", 2)], expected)


def test_keys_are_read_after_the_rotary_embedding():
    seen = recorded("llama")
    block = models.model("llama").model.layers[0]
    with torch.inference_mode():
        plain = block.self_attn.k_proj(block.input_layernorm(seen[Site("resid", 0)]))
    keys = seen[Site("k", 1)]
    torch.testing.assert_close(keys[:, 0], plain[:, 0])  # position 0 is not turned
    assert not torch.allclose(keys[:, 2], plain[:, 2], atol=1e-3)


@pytest.mark.parametrize("name", EVERY)
def test_ffn_states_times_the_weights_are_the_down_projections_output(name):
    model = models.model(name)
    parts = loading.find_parts(model, CPU)
    outputs = []
    handles = [
        down.register_forward_hook(lambda _m, _a, out: outputs.append(out.clone()))
        for down in parts.down_projections
    ]
    with torch.inference_mode():
        parts.trunk(input_ids=IDS)
    for handle in handles:
        handle.remove()
    seen = recorded(name)
    for layer, (down, expected) in enumerate(zip(parts.down_projections, outputs, strict=True), 1):
        weight = down.weight if isinstance(down, torch.nn.Linear) else down.weight.T
        actual = seen[Site("ffn", layer)] @ weight.T
        if down.bias is not None:
            actual = actual + down.bias
        torch.testing.assert_close(actual, expected.view_as(actual), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", EVERY)
def test_recording_changes_no_bit_and_leaves_no_hook(name):
    model = models.model(name)
    parts = loading.find_parts(model, CPU)
    implementation, hooked = model.config._attn_implementation, hooks(model)
    with torch.inference_mode():
        before = model(IDS)[0]
        with recording(model, parts, sites_of(parts), lambda hidden: hidden[:, -1]):
            during = model(IDS)[0]
        after = model(IDS)[0]
    assert torch.equal(before, during) and torch.equal(before, after)
    assert hooks(model) == hooked and model.config._attn_implementation == implementation


def hooks(model):
    """All hooks (transformers leaves its own after output_hidden_states), and captures."""
    own = [[*m._forward_hooks, *m._forward_pre_hooks] for m in model.modules()]
    return own, dict(attention._sinks)


@pytest.mark.parametrize("where", ["inside the block", "in the reading", "in the with"])
def test_after_an_error_the_model_is_itself(where):
    model = models.model("llama")
    parts = loading.find_parts(model, CPU)
    hooked = hooks(model)
    with torch.inference_mode():
        before = model(IDS)[0]

    def read(hidden):
        if where == "in the reading":
            raise RuntimeError("broken")
        return hidden

    with (
        pytest.raises((RuntimeError, IndexError)),
        torch.inference_mode(),
        recording(model, parts, sites_of(parts), read),
    ):
        parts.trunk(input_ids=IDS if where != "inside the block" else IDS + 10_000)
        raise RuntimeError("broken")
    assert hooks(model) == hooked and model.config._attn_implementation == "sdpa"
    with torch.inference_mode():
        assert torch.equal(before, model(IDS)[0])


def test_each_pass_starts_afresh_and_keeps_copies():
    model = models.model("llama")
    parts = loading.find_parts(model, CPU)
    with (
        torch.inference_mode(),
        recording(model, parts, sites_of(parts), lambda h: h[:, -1]) as seen,
    ):
        parts.trunk(input_ids=IDS)
        first = dict(seen)
        kept = {site: values.clone() for site, values in first.items()}
        parts.trunk(input_ids=IDS.flip(0))
        for site, values in seen.items():
            assert torch.equal(first[site], kept[site])
            torch.testing.assert_close(values.flip(0), kept[site])


def loaded(module=None):
    module = module or models.model("llama")
    return loading.LoadedModel(
        "tiny", "", "", "", module, loading.find_parts(module, CPU), models.tokenizer(),
        True, CPU, "float32", "sdpa",
    )  # fmt: skip


def test_a_rows_bits_do_not_depend_on_its_place_at_equal_batch_size():
    model = loaded()
    modality = text.make(models.tokenizer(), models.VOCABULARY, "special")
    sites = sites_of(model.parts)
    rows = {}
    generator = np.random.default_rng(0)
    for items in (np.arange(100), generator.permutation(100), generator.permutation(100)[:37]):
        for numbers, seen in states.batches(model, modality, sites, items, 32):
            for site, values in seen.items():
                assert len(values) == len(numbers)
                for number, row in zip(numbers, values, strict=True):
                    kept = rows.setdefault((str(site), int(number)), row)
                    assert torch.equal(kept, row), (site, number)


def test_every_batch_is_padded_to_full_size():
    model, sizes = loaded(), []
    modality = text.make(models.tokenizer(), models.VOCABULARY, "bare")
    handle = model.parts.blocks[0].register_forward_pre_hook(
        lambda _m, args, given: sizes.append(len(args[0] if args else given["hidden_states"])),
        with_kwargs=True,
    )
    passes = states.batches(model, modality, [Site("final")], np.arange(70), 32)
    yielded = [len(numbers) for numbers, _ in passes]
    handle.remove()
    assert sizes == [32, 32, 32] and yielded == [32, 32, 6]


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_broken_states_name_item_and_site(broken):
    config = models.ARCHITECTURES["llama"].config()
    module = models.randomised(transformers.LlamaForCausalLM(config))
    with torch.no_grad():
        module.model.embed_tokens.weight[262, 3] = broken
    modality = text.make(models.tokenizer(), models.VOCABULARY, "bare")
    passes = states.batches(loaded(module), modality, [Site("resid", 0)], np.arange(480), 64)
    with pytest.raises(StatesBroken, match=r"at resid\.0 for item 262 \('he'\)") as failure:
        list(passes)
    assert "fetch or convert them again" in str(failure.value)
    assert not attention._sinks and not any(m._forward_hooks for m in module.modules())


def test_large_states_whose_sum_overflows_are_kept_and_an_infinity_among_them_is_not():
    config = models.ARCHITECTURES["llama"].config()
    module = models.randomised(transformers.LlamaForCausalLM(config))
    with torch.no_grad():
        module.model.embed_tokens.weight.fill_(2e38)
    modality = text.make(models.tokenizer(), models.VOCABULARY, "bare")
    site = Site("resid", 0)
    (pair,) = states.batches(loaded(module), modality, [site], np.arange(300, 303), 3)
    kept = pair[1][site]
    assert torch.isinf(kept.sum()) and torch.equal(kept, torch.full((3, config.hidden_size), 2e38))
    with torch.no_grad():
        module.model.embed_tokens.weight[302, 3] = float("inf")
    with pytest.raises(StatesBroken, match=r"at resid\.0 for item 302"):
        list(states.batches(loaded(module), modality, [site], np.arange(300, 303), 3))
