"""What leaves the program is all there, and has the form that Neuronpedia's upload takes."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import SettingRefused
from catalog.features import export
from catalog.features.export import Source


def source(site="resid.3", name="animals", dims=12):
    return Source(name, "org/model", "abc", "bare", site, "zero", "matched", dims)


@given(
    name=st.text(),
    signs=st.dictionaries(st.integers(0, 11), st.sampled_from([-1, 1])),
)
def test_the_json_form_holds_source_and_prototype_whatever_the_name(name, signs):
    text = export.as_json(source(name=name), list(signs), list(signs.values()))
    assert text.isascii()
    body = json.loads(text)
    assert body["format"] == export.FORMAT
    there = {field: body[field] for field in Source.__dataclass_fields__}
    assert Source(**there) == source(name=name)
    assert {one["dimension"]: one["sign"] for one in body["prototype"]} == signs


def test_missing_figures_are_null_and_numpy_ones_plain():
    figures = {"auc": np.float64(0.9), "p": float("nan"), "n": np.int64(3), "small": np.bool_(True)}
    body = json.loads(export.as_json(source(), [1], [1], figures))
    assert body["figures"] == {"auc": 0.9, "p": None, "n": 3, "small": True}


@pytest.mark.parametrize(
    "site, layer, hook",
    [
        ("resid.0", 0, "hook_resid_pre"),
        ("resid.1", 0, "hook_resid_post"),
        ("resid.5", 4, "hook_resid_post"),
    ],
)
def test_a_neuronpedia_vector_has_the_keys_of_its_upload(site, layer, hook):
    text = export.neuronpedia_vector(source(site), [2, 7], [1, -1], [0.5, 1.5])
    body = json.loads(text)
    expected = [0] * 12
    expected[2], expected[7] = 1, -1
    assert body == {
        "modelId": "org/model",
        "layerNumber": layer,
        "hookType": hook,
        "vector": expected,
        "vectorDefaultSteerStrength": 1.0,
        "vectorLabel": "animals",
    }


@pytest.mark.parametrize("site", ["final", "k.1", "v.2", "ffn.1"])
def test_other_sites_have_no_neuronpedia_vector(site):
    with pytest.raises(SettingRefused, match="resid"):
        export.neuronpedia_vector(source(site), [1], [1], [1.0])
