"""What can go wrong with a model is one sentence and exit 1, never a traceback."""

import json
import shutil
from unittest import mock

import pytest
import torch
import transformers
from huggingface_hub import errors as hub
from safetensors.torch import load_file, save_file

from catalog.errors import CatalogError, ModelUnavailable, ModelUnsupported, SettingRefused
from catalog.model import finding, loading, sentences
from tests.given import models

WEIGHTS = "model.safetensors"


@pytest.fixture
def copy(llama, tmp_path):
    """A copy of the tiny model that a test may damage."""
    return shutil.copytree(llama, tmp_path / "damaged")


def change(folder, edit):
    """Edit the tensors of a folder's weights in place."""
    tensors = load_file(folder / WEIGHTS)
    edit(tensors)
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})


def configure(folder, **values):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def refused(dims, *arguments):
    """The sentence with which `dims build` refuses: exit 1, nothing on stdout, no traceback."""
    found = dims("build", *arguments)
    assert found.code == 1 and found.out == "" and "Traceback" not in found.err
    lines = [line for line in found.err.splitlines() if line.strip()]
    return lines[-1]


def test_the_tiny_model_loads(llama):
    model = loading.load(str(llama))
    assert model.causal and model.name == "tiny-llama" and model.dtype == "float32"
    assert model.vocabulary == models.VOCABULARY and not model.module.training
    assert not any(p.requires_grad for p in model.module.parameters())
    assert model.revision == f"weights-{model.weights_hash[:12]}"
    with torch.inference_mode():
        ids = torch.tensor([[4, 5]])
        assert torch.equal(model.module(ids)[0], models.model("llama")(ids)[0])


def test_the_weights_hash_knows_one_changed_weight(llama, copy):
    change(copy, lambda tensors: tensors["model.norm.weight"].add_(1e-6))
    assert loading.load(str(copy)).weights_hash != loading.load(str(llama)).weights_hash


def test_an_unknown_id_without_a_network(dims):
    told = refused(dims, "nobody/no-such-model")
    assert "nobody/no-such-model is neither a folder" in told and "network" in told


def test_a_folder_without_a_config(dims, tmp_path):
    assert "has no config.json" in refused(dims, tmp_path)


def test_a_folder_without_weights(dims, copy):
    (copy / WEIGHTS).unlink()
    assert "no weights (*.safetensors)" in refused(dims, copy)


@pytest.mark.parametrize("size", [0, 5, 2000, -1])
def test_truncated_weights(dims, copy, size):
    whole = (copy / WEIGHTS).read_bytes()
    (copy / WEIGHTS).write_bytes(whole[:size])
    assert "damaged or truncated" in refused(dims, copy)


def test_pickled_rubbish(dims, copy):
    (copy / WEIGHTS).unlink()
    (copy / "pytorch_model.bin").write_bytes(b"rubbish")
    assert "are damaged, or do not fit its config.json" in refused(dims, copy)


def test_weights_of_another_size(dims, copy):
    change(copy, lambda t: t.update({"model.embed_tokens.weight": torch.zeros(10, models.DIMS)}))
    assert "do not fit its config.json" in refused(dims, copy)


@pytest.mark.parametrize(
    "missing",
    ["model.layers.1.mlp.down_proj.weight", "model.embed_tokens.weight", "model.norm.weight"],
)
def test_missing_tensors_are_never_left_to_chance(dims, copy, missing):
    change(copy, lambda tensors: tensors.pop(missing))
    told = refused(dims, copy)
    assert "lack 1 tensors" in told and missing in told


def test_a_missing_pooler_or_head_does_no_harm(tmp_path):
    folder = models.save("bert", tmp_path / "bert")
    change(folder, lambda t: [t.pop(name) for name in list(t) if "pooler" in name])
    assert loading.load(str(folder)).architecture == "BertModel"
    folder = models.save("llama", tmp_path / "llama")
    change(folder, lambda tensors: tensors.pop("lm_head.weight"))
    assert loading.load(str(folder)).causal


def test_a_missing_shard(dims, copy):
    (copy / WEIGHTS).rename(copy / "model-00001-of-00002.safetensors")
    index = {"metadata": {}, "weight_map": {"lm_head.weight": "model-00002-of-00002.safetensors"}}
    (copy / "model.safetensors.index.json").write_text(json.dumps(index))
    told = refused(dims, copy)
    assert "cannot be read as a model" in told and "model-00002-of-00002" in told


def test_a_config_that_is_no_json(dims, copy):
    (copy / "config.json").write_text("{ no")
    told = refused(dims, copy)
    assert "cannot be read as a model" in told and "JSON" in told


def test_a_folder_without_a_tokenizer(dims, copy):
    for path in copy.glob("tokenizer*"):
        path.unlink()
    assert "tokenizer" in refused(dims, copy)


def test_an_unknown_architecture(dims, copy):
    configure(copy, model_type="nonsense")
    told = refused(dims, copy)
    assert "cannot load" in told and "`nonsense`" in told


def test_code_from_the_hub_is_not_run(dims, copy):
    (copy / "evil.py").write_text("raise SystemExit('ran')")
    configure(copy, model_type="nonsense", auto_map={"AutoConfig": "evil.Config"})
    assert "brings code of its own (evil.py)" in refused(dims, copy)


def test_an_image_model(dims, tmp_path):
    config = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1])
    folder = models.save_module(transformers.ResNetModel(config), tmp_path / "resnet")
    transformers.ConvNextImageProcessorPil(size={"shortest_edge": 32}).save_pretrained(folder)
    told = refused(dims, folder)
    assert "ResNetModel cannot be read: looked for" in told and "encoder.stages (" in told


def test_attentions_and_ffns_in_lists_of_their_own(dims, tmp_path):
    config = transformers.XLMConfig(emb_dim=32, n_layers=3, n_heads=4, vocab_size=480)
    folder = models.save_module(transformers.XLMModel(config), tmp_path / "xlm")
    told = refused(dims, folder)
    assert "looked for a list of 3 blocks" in told
    assert "ffns (whose states at resid.1 are not the model's own hidden states)" in told


def _answer(status):
    return mock.Mock(status_code=status, headers={})


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (hub.GatedRepoError("gated", response=_answer(403)), "is gated. Accept its terms"),
        (hub.RepositoryNotFoundError("none", response=_answer(404)), "The hub has no model a/b"),
        (hub.RevisionNotFoundError("none", response=_answer(404)), "has no revision 'v9'"),
        (ConnectionError("no route"), "the hub cannot be reached"),
        (hub.LocalEntryNotFoundError("offline"), "the hub cannot be reached"),
    ],
)
def test_what_the_hub_answers(dims, monkeypatch, error, sentence):
    def fetch(*_args, **_kwargs):
        raise OSError("a long story with links") from error

    monkeypatch.setattr(finding.hub, "fetch", fetch)
    told = refused(dims, "a/b", "--revision", "v9")
    assert sentence in told and "long story" not in told


@pytest.mark.parametrize("error", [ValueError("v"), KeyError("k"), OSError("o"), RuntimeError("r")])
def test_no_foreign_error_comes_through(llama, monkeypatch, error):
    def from_pretrained(*_args, **_kwargs):
        raise error

    monkeypatch.setattr(loading.AutoConfig, "from_pretrained", from_pretrained)
    with pytest.raises(CatalogError) as refusal:
        loading.load(str(llama))
    assert isinstance(refusal.value, ModelUnavailable | ModelUnsupported)
    assert refusal.value.__cause__ is error


def test_foreign_messages_are_cut_between_words():
    told = sentences.first_line(ValueError("word " * 100 + "\nmore"))
    assert told.endswith("word ...")
    assert len(told) <= 205 and "more" not in told
    assert sentences.first_line(ValueError("What was wrong.")) == "What was wrong."


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA here")
def test_cuda_where_there_is_none(dims, llama):
    told = refused(dims, llama, "--device", "cuda")
    assert "--device cuda" in told and "Use --device cpu." in told


@pytest.mark.parametrize("device", ["gpu", "cpu:x", "meta", ""])
def test_a_device_that_is_none(llama, device):
    with pytest.raises(SettingRefused, match="no such device"):
        loading.load(str(llama), device=device)


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--dtype", "float8", "is not one of auto, float32, bfloat16, float16"),
        ("--layers", "99", "the model has 3 blocks"),
        ("--layers", "two", "is not a list of numbers"),
        ("--sites", "resid.9", "There is no resid.9: the model has 3 blocks"),
        ("--sites", "attention", "is not a site"),
        ("--template", "the word", "exactly one {}"),
        ("--thresholds", "mean", "--thresholds takes zero, median"),
        ("--batch-size", "0", "at least 1"),
    ],
)
def test_settings_that_do_not_fit(dims, llama, option, value, sentence):
    assert sentence in refused(dims, llama, option, value)
