"""Code that a checkpoint brings is run where it is trusted, and never else."""

import json
import sys

import pytest

from catalog.errors import ModelUnsupported
from catalog.model import loading, remote_code, sources
from catalog.model.finding import Access
from catalog.store.catalog import Catalog
from tests.given import models
from tests.model.test_loading import configure, refused

CODE = """
from pathlib import Path

from transformers import LlamaConfig, LlamaForCausalLM

(Path({marks!r}) / "was-run").touch()


class OwnConfig(LlamaConfig):
    model_type = "very_own"


class OwnForCausalLM(LlamaForCausalLM):
    config_class = OwnConfig
"""


@pytest.fixture
def own(llama, tmp_path, monkeypatch):
    """Folder of a model of an unknown type with its code, which leaves a mark when it is run."""
    from transformers import dynamic_module_utils as dynamic

    monkeypatch.setattr(dynamic, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delenv(remote_code.VARIABLE, raising=False)
    folder = models.save("llama", tmp_path / "own")
    (folder / "modeling_own.py").write_text(CODE.format(marks=str(tmp_path)))
    mapped = {"AutoConfig": "modeling_own.OwnConfig"}
    mapped["AutoModelForCausalLM"] = "modeling_own.OwnForCausalLM"
    configure(folder, model_type="very_own", architectures=["OwnForCausalLM"], auto_map=mapped)
    yield folder
    for name in [one for one in sys.modules if one.startswith("transformers_modules")]:
        del sys.modules[name]


def test_code_is_not_run_without_trust(dims, own):
    told = refused(dims, own)
    assert "own brings code of its own (modeling_own.py), which must be run to load it" in told
    assert "--trust-remote-code" in told and "DIMS_TRUST_REMOTE_CODE=1" in told
    assert not (own.parent / "was-run").exists()


def test_trusted_code_is_in_the_identity(dims, own, data):
    asked = (str(own), "--no-findings", "--trust-remote-code", "--template", "bare")
    made = dims("build", *asked, "--sites", "resid.1")
    assert made.code == 0, made.err
    assert (own.parent / "was-run").exists()
    build = Catalog(data / "catalogs" / "own.duckdb").build
    code = remote_code.of(sources.of(str(own)), True)
    assert json.loads(build["versions"])["remote code"] == f"trusted, sha256 {code.digest}"
    assert build["architecture"] == "OwnForCausalLM"
    (own / "modeling_own.py").write_text((own / "modeling_own.py").read_text() + "\n")
    again = dims("build", *asked, "--sites", "resid.1")
    assert again.code == 0, again.err  # other code is another build
    assert len(list((data / "catalogs").glob("*.duckdb"))) == 2


def test_a_catalog_does_not_make_code_trusted(own, monkeypatch):
    with pytest.raises(ModelUnsupported, match="brings code of its own"):
        loading.load(str(own))
    monkeypatch.setenv(remote_code.VARIABLE, "1")
    model = loading.load(str(own))
    assert model.causal and model.architecture == "OwnForCausalLM"
    assert set(model.versions) == {"remote code"}


def test_code_that_is_not_needed_is_not_run(own):
    configure(own, model_type="llama")
    model = loading.load(str(own), access=Access(trusted=True))
    assert model.architecture == "LlamaForCausalLM" and model.versions == {}
    assert not (own.parent / "was-run").exists()


def test_a_tokenizer_of_its_own_needs_trust_too(own):
    configure(own, model_type="llama")
    path = own / "tokenizer_config.json"
    mapped = {"AutoTokenizer": ["tokenization_own.OwnTokenizer", None]}
    told = json.loads(path.read_text()) | {"tokenizer_class": "OwnTokenizer", "auto_map": mapped}
    path.write_text(json.dumps(told))
    with pytest.raises(ModelUnsupported, match="brings code of its own"):
        loading.load(str(own))


def test_code_of_another_repository_is_named(own):
    configure(own, auto_map={"AutoConfig": "org/other--configuration.Config"})
    (own / "modeling_own.py").unlink()
    with pytest.raises(ModelUnsupported, match=r"\(org/other--configuration.Config\)"):
        loading.load(str(own))


def test_code_without_a_model_is_refused(own):
    configure(own, auto_map={"AutoConfig": "modeling_own.OwnConfig"})
    with pytest.raises(ModelUnsupported, match="mapped to none of AutoModelForCausalLM"):
        loading.load(str(own), access=Access(trusted=True))
