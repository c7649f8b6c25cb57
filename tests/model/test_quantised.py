"""Quantised checkpoints: turned back to the very numbers, or refused with what is missing."""

import importlib.util
import shutil

import pytest
import torch
import transformers

from catalog.model import loading, quantised
from tests.given import models
from tests.model.test_loading import change, configure, refused

BLOCK = 16
CPU = torch.device("cpu")


@pytest.fixture
def copy(llama, tmp_path):
    """A copy of the tiny model that a test may quantise."""
    return shutil.copytree(llama, tmp_path / "small")


def needs(package):
    """Skip a test where a package is missing."""
    there = importlib.util.find_spec(package) is not None
    return pytest.mark.skipif(not there, reason=f"{package} is not installed")


def rows_to_fp8(tensors, name):
    """Quantise a matrix with one scale a row; returns the numbers that it then stands for."""
    scale = tensors[name].abs().amax(1, keepdim=True) / 448
    tensors[name] = (tensors[name] / scale).to(torch.float8_e4m3fn)
    tensors[f"{name}_scale"] = scale
    return tensors[name].float() * scale


def blocks_to_fp8(tensors, name):
    """The same with one scale a block of 16 x 16, as the models of DeepSeek have it."""
    rows, columns = tensors[name].shape
    blocks = tensors[name].view(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK)
    scale = blocks.abs().amax((1, 3)) / 448
    small = (blocks / scale[:, None, :, None]).to(torch.float8_e4m3fn)
    tensors[name] = small.view(rows, columns).contiguous()
    tensors[f"{name}_scale_inv"] = scale
    return (small.float() * scale[:, None, :, None]).view(rows, columns)


def quantise(folder, how, **settings):
    """Quantise every matrix of the blocks; returns what they then stand for."""
    stands = {}

    def edit(tensors):
        for name in [n for n, t in tensors.items() if t.ndim == 2 and "layers" in n]:
            stands[name] = how(tensors, name)

    change(folder, edit)
    configure(folder, quantization_config=settings)
    return stands


FP8 = {"quant_method": "fp8", "activation_scheme": "dynamic", "weight_block_size": [BLOCK, BLOCK]}


def test_fp8_is_read_as_the_numbers_that_it_stands_for(copy):
    stands = quantise(copy, blocks_to_fp8, **FP8)
    model = loading.load(str(copy))
    actual = model.module.state_dict()
    assert len(stands) == 21 and all(torch.equal(actual[n], w) for n, w in stands.items())
    assert model.dtype == "float32" and model.versions == {"quantised": "fp8, turned back"}
    assert all(not isinstance(one, str) for one in model.parts.ffn)


def test_mxfp4_is_read_on_a_cpu(tmp_path):
    sizes = {"hidden_size": 64, "intermediate_size": 64, "num_local_experts": 4}
    config = transformers.GptOssConfig(
        **{**models._GROUPED, **models._IDS, **sizes}, head_dim=16, num_experts_per_tok=2
    )
    config.layer_types = ["full_attention"] * models.BLOCKS
    module = models.randomised(transformers.GptOssForCausalLM(config))
    folder = models.save_module(module, tmp_path / "oss")

    def pack(tensors):
        for name in [n for n in tensors if n.endswith(("experts.gate_up_proj", "down_proj"))]:
            experts, inputs, outputs = tensors.pop(name).shape
            codes = torch.arange(experts * outputs * inputs // 2) % 256
            packed = codes.to(torch.uint8).view(experts, outputs, inputs // 32, 16)
            tensors[f"{name}_blocks"] = packed
            tensors[f"{name}_scales"] = torch.full(packed.shape[:3], 126, dtype=torch.uint8)

    change(folder, pack)
    configure(folder, quantization_config={"quant_method": "mxfp4"})
    model = loading.load(str(folder))
    weights = model.module.model.layers[1].mlp.experts.gate_up_proj
    assert weights.dtype == torch.float32
    halves = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3]  # what 4 bits stand for, at the scale 1/2
    assert sorted(set(weights.abs().flatten().tolist())) == halves
    assert weights[0, :6, 0].tolist() == [0, 0, 0.25, 0, 0.5, 0]  # bytes 0, 1, 2: low bits first
    assert model.versions == {"quantised": "mxfp4, turned back"}


@needs("compressed_tensors")
def test_compressed_tensors_are_read_as_the_numbers_that_they_stand_for(copy):
    weights = {"num_bits": 8, "type": "float", "symmetric": True, "strategy": "channel"}
    stands = quantise(
        copy,
        rows_to_fp8,
        quant_method="compressed-tensors",
        format="float-quantized",
        quantization_status="compressed",
        ignore=["lm_head"],
        config_groups={"group_0": {"targets": ["Linear"], "weights": weights}},
    )
    model = loading.load(str(copy))
    actual = model.module.state_dict()
    for name, expected in stands.items():
        torch.testing.assert_close(actual[name], expected, rtol=1e-6, atol=0)
    assert model.versions["quantised"] == "compressed-tensors, turned back"


@needs("bitsandbytes")
def test_bitsandbytes_runs_by_its_own_library(llama, tmp_path):
    kind, asked = transformers.AutoModelForCausalLM, transformers.BitsAndBytesConfig
    small = kind.from_pretrained(llama, quantization_config=asked(load_in_8bit=True))
    folder = models.save_module(small, tmp_path / "small")
    model = loading.load(str(folder))
    assert model.versions["quantised"] == "bitsandbytes" and "bitsandbytes" in model.versions
    assert all(not isinstance(one, str) for one in model.parts.ffn)


@pytest.mark.parametrize(
    ("settings", "told", "command"),
    [
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "bitsandbytes", "bitsandbytes"),
        ({"load_in_8bit": True}, "bitsandbytes", "bitsandbytes"),
        ({"quant_method": "gptq", "bits": 4}, "GPTQ", "gptqmodel optimum"),
        ({"quant_method": "awq", "bits": 4}, "AWQ", "gptqmodel"),
        ({"quant_method": "compressed-tensors"}, "compressed-tensors", "compressed-tensors"),
        ({"quant_method": "torchao", "quant_type": "int8"}, "torchao", "torchao"),
        ({"quant_method": "quanto", "weights": "int8"}, "quanto", "optimum-quanto"),
    ],
)
def test_a_missing_library_is_named_with_the_command(
    dims, copy, monkeypatch, settings, told, command
):
    configure(copy, quantization_config=settings)
    monkeypatch.setattr(quantised, "_is_there", lambda _module: False)
    sentence = refused(dims, copy)
    assert f"are quantised by {told}, and the package" in sentence
    assert sentence.endswith(f"Install it with: pip install {command}")


def test_what_runs_on_cuda_alone_says_so(dims, copy):
    configure(copy, quantization_config={"quant_method": "eetq"})
    told = refused(dims, copy, "--device", "cpu")
    assert "EETQ, which runs on CUDA devices alone, and the device is cpu" in told


def test_an_unknown_method_is_named(dims, copy):
    configure(copy, quantization_config={"quant_method": "magic"})
    told = refused(dims, copy)
    assert "quantised by 'magic', which is none of bitsandbytes, gptq" in told
    assert "Name the model that it was made from" in told


def test_plain_weights_need_nothing():
    assert quantised.prepared("m", transformers.LlamaConfig(), CPU) == {}


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_turning_back_is_asked_for_on_every_device(device):
    config = transformers.LlamaConfig(quantization_config=dict(FP8))
    assert not quantised.placed(quantised.prepared("m", config, torch.device(device)))
    assert config.quantization_config["dequantize"] is True


def test_packages_are_looked_up_without_importing_them():
    assert quantised._is_there("torch") and quantised._is_there("torch.nn")
    assert not quantised._is_there("no_such_package") and not quantised._is_there("optimum.quanto")


def test_weights_that_are_not_as_the_config_says_are_refused(dims, copy):
    configure(copy, quantization_config=FP8)
    change(copy, lambda t: t.update({"model.layers.0.mlp.up_proj.weight_scale_inv": torch.ones(3)}))
    assert "damaged, or do not fit its config.json" in refused(dims, copy)
