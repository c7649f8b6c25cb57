"""Random-weight variants are copies; the model they are made from stays bit for bit itself."""

import dataclasses

import pytest
import torch

from catalog.model import loading
from catalog.model.recording import recording
from catalog.model.variants import VARIANTS, block_parameters, variant
from catalog.sites import Site
from tests.given import models

IDS = torch.tensor([[3, 9, 300, 17, 4]])
SOME = ["llama", "gpt2", "gemma3", "qwen3_5", "opt", "bert", "t5"]


def loaded(name):
    module = models.model(name)
    return loading.LoadedModel(
        name,
        name,
        "r",
        "h",
        module,
        loading.find_parts(module, torch.device("cpu")),
        models.tokenizer(),
        models.ARCHITECTURES[name].decoder,
        torch.device("cpu"),
        "float32",
        module.config._attn_implementation,
    )


@torch.inference_mode()
def resid(model, layer):
    site = Site("resid", layer)
    with recording(model.module, model.parts, [site], lambda hidden: hidden) as seen:
        model.parts.trunk(input_ids=IDS)
        return seen[site]


@pytest.mark.parametrize("name", SOME)
def test_the_model_is_itself_afterwards(name):
    model = loaded(name)
    before = {key: value.clone() for key, value in model.module.state_dict().items()}
    random = torch.random.get_rng_state()
    for kind in VARIANTS:
        with variant(model, kind) as other:
            theirs = {id(p) for p in other.module.parameters()}
            assert not theirs & {id(p) for p in model.module.parameters()}
            resid(other, models.BLOCKS)
    after = model.module.state_dict()
    assert all(torch.equal(value, after[key]) for key, value in before.items())
    assert torch.equal(random, torch.random.get_rng_state())


@pytest.mark.parametrize("name", SOME)
def test_each_variant_changes_what_it_says(name):
    model = loaded(name)
    trained, inside = dict(model.module.named_parameters()), block_parameters(model)
    assert inside and inside < trained.keys()
    for kind in VARIANTS:
        with variant(model, kind) as other:
            for key, drawn in other.module.named_parameters():
                same = torch.equal(drawn, trained[key])
                if key not in inside:
                    assert same == (kind != "initialised"), (kind, key)
                    continue
                assert not same, (kind, key)
                if kind == "permuted":
                    assert torch.equal(
                        drawn.flatten().sort().values, trained[key].flatten().sort().values
                    )


@pytest.mark.parametrize("name", ["llama", "bert"])
def test_embeddings_are_kept_where_only_blocks_are_drawn(name):
    model = loaded(name)
    for kind in ("blocks", "permuted"):
        with variant(model, kind) as other:
            assert torch.equal(resid(other, 0), resid(model, 0))
            assert not torch.allclose(resid(other, 2), resid(model, 2))
    with variant(model, "initialised") as other:
        assert not torch.allclose(resid(other, 0), resid(model, 0))


@pytest.mark.parametrize("kind", VARIANTS)
def test_a_seed_always_draws_the_same(kind):
    model = loaded("llama")
    with variant(model, kind, 3) as one, variant(model, kind, 3) as two:
        assert torch.equal(resid(one, 2), resid(two, 2))
        with variant(model, kind, 4) as three:
            assert not torch.equal(resid(one, 2), resid(three, 2))


def test_an_error_inside_leaves_the_model_alone():
    model = loaded("llama")
    expected = resid(model, 3)
    with pytest.raises(RuntimeError, match="stop"), variant(model, "permuted"):
        raise RuntimeError("stop")
    assert torch.equal(resid(dataclasses.replace(model), 3), expected)
