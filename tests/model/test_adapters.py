"""Adapters are merged into their base as PEFT merges them, or refused in a sentence."""

import importlib.util
import json
import shutil
import warnings
from pathlib import Path

import pytest
import torch

from catalog.errors import ModelUnavailable, ModelUnsupported
from catalog.model import adapters, loading
from tests.given import models
from tests.model.test_loading import WEIGHTS, change, refused

NEEDED = pytest.mark.skipif(
    importlib.util.find_spec("peft") is None, reason="peft is not installed; pip install peft"
)
IDS = torch.tensor([[4, 5, 6, 7]])


def describe(folder, base, **values):
    """An adapter_config.json in a folder."""
    folder.mkdir(exist_ok=True)
    told = {"peft_type": "LORA", "base_model_name_or_path": str(base)} | values
    (folder / "adapter_config.json").write_text(json.dumps(told))
    return folder


def train(kind, base, folder, **settings):
    """Save a LoRA with random changes of a model of transformers; returns what it then answers."""
    import peft

    whole = kind.from_pretrained(base)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        changed = peft.get_peft_model(whole, peft.LoraConfig(r=4, **settings))
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, weight in changed.named_parameters():
            if "lora_" in name or "modules_to_save" in name:
                weight.copy_(torch.empty(weight.shape).normal_(0, 0.3, generator=draw))
    changed.save_pretrained(folder)
    with torch.inference_mode():
        return changed.eval()(IDS, output_hidden_states=True)


@NEEDED
def test_an_adapter_is_merged_into_its_base(llama, tmp_path):
    from transformers import AutoModelForCausalLM

    expected = train(
        AutoModelForCausalLM, llama, tmp_path / "tuned", target_modules=["q_proj", "down_proj"]
    )
    model = loading.load(str(tmp_path / "tuned"))
    plain = loading.load(str(llama))
    with torch.inference_mode():
        actual = model.module(IDS).logits
        unchanged = plain.module(IDS).logits
    torch.testing.assert_close(actual, expected.logits, rtol=1e-4, atol=1e-4)
    assert (unchanged - expected.logits).abs().max() > 0.1
    assert (model.name, model.source) == ("tuned", str(tmp_path / "tuned"))
    assert model.architecture == "LlamaForCausalLM" and len(model.tokenizer) == models.VOCABULARY
    assert set(model.versions) == {"peft"}
    assert model.parameters == plain.parameters


@NEEDED
def test_the_hash_is_of_base_and_adapter(llama, tmp_path):
    from transformers import AutoModelForCausalLM

    base = shutil.copytree(llama, tmp_path / "base")
    tuned = tmp_path / "tuned"
    train(AutoModelForCausalLM, base, tuned, target_modules=["q_proj"])
    first = loading.load(str(tuned)).weights_hash
    assert first not in (loading.load(str(base)).weights_hash, "")
    change(base, lambda tensors: tensors["model.norm.weight"].add_(1e-6))
    second = loading.load(str(tuned)).weights_hash
    from safetensors.torch import load_file, save_file

    held = load_file(tuned / "adapter_model.safetensors")
    name = sorted(held)[0]
    save_file(held | {name: held[name] + 1e-6}, tuned / "adapter_model.safetensors")
    assert len({first, second, loading.load(str(tuned)).weights_hash}) == 3


@NEEDED
def test_an_adapter_of_a_classifier_is_merged_into_the_encoder(tmp_path):
    from transformers import BertForSequenceClassification

    base = models.save("bert", tmp_path / "bert")
    expected = train(
        BertForSequenceClassification,
        base,
        tmp_path / "tuned",
        target_modules=["query", "value"],
        modules_to_save=["classifier"],
    )
    model = loading.load(str(tmp_path / "tuned"))
    assert model.architecture == "BertModel"
    with torch.inference_mode():
        actual = model.module(IDS).last_hidden_state
    torch.testing.assert_close(actual, expected.hidden_states[-1], rtol=1e-4, atol=1e-4)


@NEEDED
def test_an_adapter_with_tokens_of_its_own(llama, tmp_path):
    import peft
    from transformers import AutoModelForCausalLM

    whole = AutoModelForCausalLM.from_pretrained(llama)
    whole.resize_token_embeddings(models.VOCABULARY + 7, mean_resizing=False)
    kept = ["embed_tokens", "lm_head"]
    settings = peft.LoraConfig(r=2, target_modules=["q_proj"], modules_to_save=kept)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that peft still uses
        changed = peft.get_peft_model(whole, settings)
        changed.save_pretrained(tmp_path / "tuned")
    model = loading.load(str(tmp_path / "tuned"))
    assert model.vocabulary == models.VOCABULARY + 7
    actual = model.module.get_input_embeddings().weight
    assert torch.equal(actual, changed.get_input_embeddings().weight)


@NEEDED
def test_an_adapter_of_another_base_is_refused(dims, llama, tmp_path):
    from transformers import AutoModelForCausalLM

    train(AutoModelForCausalLM, llama, tmp_path / "tuned", target_modules=["q_proj"])
    config = models.ARCHITECTURES["llama"].config()
    config.num_hidden_layers = 2
    kind = models.ARCHITECTURES["llama"].kind
    other = models.save_module(models.randomised(kind(config)), tmp_path / "other")
    path = tmp_path / "tuned" / "adapter_config.json"
    told = json.loads(path.read_text()) | {"base_model_name_or_path": str(other)}
    path.write_text(json.dumps(told))
    sentence = refused(dims, tmp_path / "tuned")
    assert "The adapter tuned does not fit its base model: 2 of its tensors" in sentence
    assert "Name the right base model" in sentence


@NEEDED
def test_an_adapter_that_changes_no_weights_is_refused(dims, llama, tmp_path):
    describe(tmp_path / "soft", llama, peft_type="PROMPT_TUNING")
    (tmp_path / "soft" / "adapter_model.safetensors").touch()
    told = refused(dims, tmp_path / "soft")
    assert "kind PROMPT_TUNING" in told and "Build its base model instead." in told


def test_without_peft_the_sentence_says_how_to_get_it(dims, llama, tmp_path, monkeypatch):
    describe(tmp_path / "tuned", llama)
    (tmp_path / "tuned" / "adapter_model.safetensors").touch()
    monkeypatch.setattr(adapters.importlib.util, "find_spec", lambda _name: None)
    told = refused(dims, tmp_path / "tuned")
    assert "merged into its base model" in told and told.endswith("pip install peft")


def test_an_adapter_beside_a_whole_model_is_refused(dims, llama, tmp_path):
    folder = Path(shutil.copytree(llama, tmp_path / "both"))
    describe(folder, "org/base")
    told = refused(dims, folder)
    assert "holds a whole model and an adapter (adapter_config.json)" in told
    (folder / "adapter_config.json").unlink()
    shutil.copy(folder / WEIGHTS, folder / "adapter_model.safetensors")
    assert "and an adapter (adapter_model.safetensors)" in refused(dims, folder)


@pytest.mark.parametrize(
    ("base", "sentence"),
    [
        ("", "does not say what its base model is. Write its hub id"),
        ("/home/somebody/base", "/home/somebody/base, which is not there. Copy it there, or"),
        ("./base", "./base, which is not there"),
    ],
)
def test_a_base_that_is_not_there(tmp_path, base, sentence):
    found = adapters.Adapter("tuned", tmp_path, {"base_model_name_or_path": base})
    with pytest.raises(ModelUnavailable) as refusal:
        _ = found.base
    assert sentence in str(refusal.value) and "adapter_config.json" in str(refusal.value)


def test_a_base_beside_the_adapter_is_found(llama, tmp_path):
    shutil.copytree(llama, tmp_path / "tuned" / "base")
    for named in ("base", "./base"):
        found = adapters.Adapter("t", tmp_path / "tuned", {"base_model_name_or_path": named})
        assert Path(found.base.place) == (tmp_path / "tuned" / "base").resolve()
    hub = {"base_model_name_or_path": "org/base", "revision": "v2"}
    found = adapters.Adapter("t", tmp_path, hub)
    assert (found.base.place, found.base.revision) == ("org/base", "v2")


@NEEDED
def test_an_adapter_without_weights_or_with_a_broken_config(tmp_path, llama):
    folder = describe(tmp_path / "tuned", llama)
    with pytest.raises(ModelUnavailable, match=r"but no adapter_model.safetensors. Copy"):
        loading.load(str(folder))
    (folder / "adapter_config.json").write_text("{")
    with pytest.raises((ModelUnavailable, ModelUnsupported), match=r"is no JSON .*Fetch"):
        loading.load(str(folder))
