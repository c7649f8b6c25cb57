"""A folder without a tokenizer, or with a broken one, is a sentence before weights are loaded."""

import json
from unittest import mock

import pytest
import transformers

from catalog import places
from catalog.errors import CatalogMissing
from catalog.model import loading, tokenising
from tests.given import models
from tests.model.test_loading import refused

FILES = ("tokenizer.json", "tokenizer_config.json")


@pytest.mark.parametrize("name", ["llama", "bert", "gpt2"])
def test_a_folder_without_a_tokenizer(dims, tmp_path, name):
    folder = models.save(name, tmp_path / "bare")
    for file in FILES:
        (folder / file).unlink()
    told = refused(dims, folder)
    assert "bare has no tokenizer (tokenizer.json, tokenizer.model, vocab.json" in told
    assert "Copy the tokenizer's files" in told


@pytest.mark.parametrize(
    ("file", "text"),
    [(FILES[0], text) for text in ("{", "{}", "[]", "")] + [(FILES[1], "{"), (FILES[1], "[]")],
)
def test_a_broken_tokenizer(dims, tmp_path, file, text):
    folder = models.save("llama", tmp_path / "broken")
    (folder / file).write_text(text)
    told = refused(dims, folder)
    assert "The tokenizer of broken cannot be read (" in told and "Fetch its files again" in told


def test_the_weights_are_not_loaded_before_the_tokenizer(dims, tmp_path, monkeypatch):
    folder = models.save("llama", tmp_path / "bare")
    (folder / FILES[0]).unlink()
    loads = mock.Mock()
    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", loads)
    assert "has no tokenizer" in refused(dims, folder)
    loads.assert_not_called()


def test_a_package_that_reads_the_tokenizer_is_named(dims, tmp_path, monkeypatch):
    folder = models.save("llama", tmp_path / "pieces")
    (folder / FILES[0]).unlink()
    (folder / "tokenizer.model").write_bytes(b"not read")
    monkeypatch.setattr(tokenising.importlib.util, "find_spec", lambda _name: None)
    assert refused(dims, folder).endswith("Install it with: pip install sentencepiece")


def test_a_tokenizer_of_bytes_needs_no_files(tmp_path):
    config = models.ARCHITECTURES["t5"].config()
    module = models.randomised(transformers.T5EncoderModel(config))
    module.save_pretrained(tmp_path / "bytes")
    transformers.ByT5Tokenizer().save_pretrained(tmp_path / "bytes")
    model = loading.load(str(tmp_path / "bytes"))
    assert type(model.tokenizer).__name__ == "ByT5Tokenizer"


def test_a_folder_with_an_odd_name_is_built_and_found_by_it(dims, tmp_path, data):
    folder = models.save("llama", tmp_path / "my model (v2) [ünï] #1")
    options = ("--no-findings", "--template", "bare", "--sites", "resid.1")
    made = dims("build", str(folder), *options)
    assert made.code == 0, made.err
    found = dims("info", folder.name, "--json")
    assert found.code == 0 and json.loads(found.out)["model"] == folder.name
    checked = dims("verify", folder.name, "--sample", "64")
    assert checked.code == 0, checked.err
    with pytest.raises(CatalogMissing):
        places.find_catalog(f"elsewhere/{folder.name}")
