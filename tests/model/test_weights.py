"""Weights that the model does not use are refused; which files are loaded follows from names."""

import shutil

import pytest
import torch

from catalog.errors import ModelUnavailable
from catalog.model import loading, weights
from tests.given import models
from tests.model.test_loading import change, configure, refused


@pytest.fixture
def copy(llama, tmp_path):
    """A copy of the tiny model that a test may damage."""
    return shutil.copytree(llama, tmp_path / "damaged")


@pytest.mark.parametrize("name", ["llama", "gpt2", "bert", "opt", "t5"])
def test_weights_of_more_blocks_than_the_config(dims, tmp_path, name):
    folder = models.save(name, tmp_path / name)
    assert len(loading.load(str(folder)).parts.blocks) == models.BLOCKS
    counts = {"gpt2": "n_layer", "t5": "num_layers"}
    configure(folder, **{counts.get(name, "num_hidden_layers"): models.BLOCKS - 1})
    told = refused(dims, folder)
    assert f"hold {models.BLOCKS} blocks, but its config.json makes {models.BLOCKS - 1}" in told


def test_weights_inside_a_block_that_nothing_uses(dims, copy):
    extra = {"model.layers.1.self_attn.q_norm.weight": torch.ones(8)}
    change(copy, lambda tensors: tensors.update(extra))
    told = refused(dims, copy)
    assert "hold 1 tensors inside its blocks that LlamaForCausalLM does not use" in told
    assert "model.layers.1.self_attn.q_norm.weight" in told


@pytest.mark.parametrize(
    "key",
    [
        "model.layers.0.self_attn.rotary_emb.inv_freq",
        "model.layers.0.self_attn.masked_bias",
        "vision_tower.layers.9.weight",
        "score.weight",
    ],
)
def test_constants_heads_and_towers_may_lie_there(copy, key):
    change(copy, lambda tensors: tensors.update({key: torch.ones(2)}))
    assert loading.load(str(copy)).causal


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["model.safetensors", "pytorch_model.bin", "consolidated.safetensors"], 1),
        (["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"], 2),
        (["pytorch_model.bin", "adapter_model.safetensors"], 1),
        (["adapter_model.safetensors", "adapter_model.bin", "config.json"], 0),
    ],
)
def test_which_files_are_loaded(names, expected):
    index = ["model.safetensors.index.json", "consolidated.safetensors"] if expected == 2 else []
    assert weights.loaded([*reversed(names), *index]) == names[:expected]


def test_a_file_that_is_not_loaded_changes_no_hash(copy):
    before = loading.load(str(copy)).weights_hash
    shutil.copy(copy / "model.safetensors", copy / "consolidated.safetensors")
    assert loading.load(str(copy)).weights_hash == before
    change(copy, lambda tensors: tensors.pop("model.norm.weight"))
    with pytest.raises(ModelUnavailable, match="lack 1 tensors"):
        loading.load(str(copy))
