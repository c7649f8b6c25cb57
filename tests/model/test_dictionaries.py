"""Dictionaries as SAELens and Gemma Scope leave them, and those that are refused."""

import json

import numpy as np
import pytest
import torch
from safetensors import torch as torch_file
from safetensors.numpy import save_file

from catalog.errors import SettingRefused
from catalog.model import dictionaries

DIMS, LATENTS = 6, 10


def weights(seed=0):
    generator = np.random.default_rng(seed)
    shapes = {"W_enc": (DIMS, LATENTS), "b_enc": LATENTS, "W_dec": (LATENTS, DIMS), "b_dec": DIMS}
    return {n: generator.normal(size=s).astype(np.float32) for n, s in shapes.items()}


def saved(folder, config, arrays=None):
    folder.mkdir(parents=True)
    save_file(weights() if arrays is None else arrays, folder / "sae_weights.safetensors")
    if config is not None:
        (folder / "cfg.json").write_text(json.dumps(config))
    return folder


HOOK = {"hook_name": "blocks.2.hook_resid_post", "d_in": DIMS, "d_sae": LATENTS}


def states(n=40):
    return np.random.default_rng(9).normal(size=(n, DIMS)).astype(np.float32)


def test_a_standard_one_is_a_relu(tmp_path):
    made = dictionaries.read(saved(tmp_path / "a", {"architecture": "standard", **HOOK}))
    w, x = weights(), states()
    np.testing.assert_allclose(
        made.encode(x), np.maximum(x @ w["W_enc"] + w["b_enc"], 0), rtol=1e-5
    )
    np.testing.assert_allclose(
        made.decode(made.encode(x)), made.encode(x) @ w["W_dec"] + w["b_dec"], rtol=1e-5
    )
    assert str(made.site) == "resid.3" and (made.dims, made.latents) == (DIMS, LATENTS)


def test_top_k_keeps_the_k_largest_about_the_centre(tmp_path):
    told = {"architecture": "topk", "k": 3, "apply_b_dec_to_input": True}
    told["metadata"] = {"hook_name": "blocks.0.hook_resid_pre", "model_name": "toy"}
    made = dictionaries.read(saved(tmp_path / "a", told))
    w, x = weights(), states()
    before = (x - w["b_dec"]) @ w["W_enc"] + w["b_enc"]
    expected = np.where(before >= np.sort(before, axis=1)[:, -3:-2], np.maximum(before, 0), 0)
    np.testing.assert_allclose(made.encode(x), expected, rtol=1e-5, atol=1e-6)
    assert str(made.site) == "resid.0"


def test_gemma_scope_has_thresholds_and_says_its_layer_by_its_folder(tmp_path):
    folder = tmp_path / "layer_4" / "width_10" / "average_l0_3"
    folder.mkdir(parents=True)
    w = {**weights(), "threshold": np.linspace(0, 2, LATENTS).astype(np.float32)}
    np.savez(folder / "params.npz", **w)
    made = dictionaries.read(folder)
    x = states()
    before = x @ w["W_enc"] + w["b_enc"]
    np.testing.assert_allclose(made.encode(x), before * (before > w["threshold"]), rtol=1e-5)
    assert (str(made.site), made.kind) == ("resid.5", "jumprelu")


def test_the_second_gemma_scope_writes_its_names_small(tmp_path):
    w = {name.lower(): one for name, one in weights().items()}
    w["threshold"] = np.ones(LATENTS, np.float32)
    told = {"hf_hook_point_in": "model.layers.22.output", "architecture": "jump_relu", "width": 10}
    made = dictionaries.read(saved(tmp_path / "a", told, w))
    assert (str(made.site), made.kind) == ("resid.23", "jumprelu")


@pytest.mark.parametrize(
    ("config", "change", "told"),
    [
        ({**HOOK, "d_sae": 12}, {}, "says d_sae = 12"),
        ({**HOOK, "d_in": 7}, {}, "says d_in = 7"),
        ({**HOOK, "d_in": "7"}, {}, "says d_in = 7"),
        ({**HOOK, "architecture": "topk", "k": LATENTS + 1}, {}, "says k = 11"),
        ([HOOK], {}, "is no config"),
        (HOOK, {"threshold": (3,)}, "3 thresholds for 10"),
        (HOOK, {"b_enc": (LATENTS, 1)}, "b_enc is"),
        (HOOK, {"W_dec": (LATENTS, DIMS + 1)}, "W_dec is"),
        (HOOK, {"b_enc": None}, "has no b_enc"),
        ({**HOOK, "architecture": "gated"}, {}, "'gated'"),
        ({**HOOK, "architecture": "topk"}, {}, "no k"),
        ({**HOOK, "normalize_activations": "layer_norm"}, {}, "normalises"),
        ({**HOOK, "hook_name": "blocks.2.hook_mlp_out"}, {}, "no residual site"),
        (None, {}, "--sae-site"),
    ],
)
def test_what_cannot_be_trusted_is_refused_in_a_sentence(tmp_path, config, change, told):
    arrays = weights()
    for name, shape in change.items():
        if shape is None:
            del arrays[name]
        else:
            arrays[name] = np.zeros(shape, np.float32)
    with pytest.raises(SettingRefused, match=told) as caught:
        dictionaries.read(saved(tmp_path / "a", config, arrays))
    assert "\n" not in str(caught.value)


def test_no_folder_no_weights_and_damaged_weights(tmp_path):
    with pytest.raises(SettingRefused, match="no folder"):
        dictionaries.read(tmp_path / "none")
    with pytest.raises(SettingRefused, match="0 files of weights"):
        dictionaries.read(tmp_path)
    (tmp_path / "sae_weights.safetensors").write_bytes(b"no weights")
    with pytest.raises(SettingRefused, match="damaged"):
        dictionaries.read(tmp_path)


def test_weights_of_half_precision_are_read_as_they_are(tmp_path):
    exact = {n: torch.from_numpy(one).bfloat16() for n, one in weights().items()}
    folder = saved(tmp_path / "a", {"architecture": "standard", "metadata": None, **HOOK})
    torch_file.save_file(exact, folder / "sae_weights.safetensors")
    made = dictionaries.read(folder)
    np.testing.assert_array_equal(made.encoder, exact["W_enc"].float().numpy())


def test_a_person_may_say_where_it_reads(tmp_path):
    assert str(dictionaries.read(saved(tmp_path / "a", None), "resid.7").site) == "resid.7"


def test_the_one_that_ships_explains_the_states_it_was_trained_on():
    from catalog import places

    folder = places.shipped() / "models" / "storyteller-sae"
    made = dictionaries.read(folder)
    told = json.loads((folder / "training.json").read_text())
    assert (str(made.site), made.kind, made.k) == ("resid.3", "topk", 32)
    assert told["held_out"]["explained_variance"] > 0.9 and told["held_out"]["dead"] < 0.01
