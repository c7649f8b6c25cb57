"""A model that hides patches at random is shown the whole image, in order; DINOv3's processor."""

import importlib.util
import json

import numpy as np
import pytest
import torch
import transformers as hf

from catalog.errors import ModelUnsupported
from catalog.model import loading, variants
from tests.given import architectures, models
from tests.given.architecture_media import IMAGES
from tests.given.small import small

without = pytest.mark.skipif(
    importlib.util.find_spec("torchvision") is not None, reason="torchvision is here"
)


def test_a_masked_autoencoder_reads_every_patch_in_its_order():
    module = models.randomised(hf.ViTMAEModel(small(hf.ViTMAEConfig)))
    pixels = torch.from_numpy(IMAGES()["pixel_values"])
    loading.find_parts(module, torch.device("cpu"), IMAGES())
    with torch.inference_mode():
        found = module(pixels).last_hidden_state
        embedded = module.embeddings.patch_embeddings(pixels)
        embedded = embedded + module.embeddings.position_embeddings[:, 1:]
        first = module.embeddings.cls_token + module.embeddings.position_embeddings[:, :1]
        hidden = torch.cat([first.expand(2, -1, -1), embedded], dim=1)
        blocks = next(m for m in module.modules() if isinstance(m, torch.nn.ModuleList))
        for block in blocks:
            hidden = block(hidden)
    torch.testing.assert_close(found, module.layernorm(hidden))
    assert found.shape[1] == 17


def test_looking_twice_tells_it_once():
    module = models.randomised(hf.ViTMAEModel(small(hf.ViTMAEConfig)))
    for _ in range(2):
        loading.find_parts(module, torch.device("cpu"), IMAGES())
    assert len(module._forward_pre_hooks) == 1


def described(folder, **settings):
    """A DINOv3 folder whose processor is the one that its checkpoints name."""
    architectures.model("DINOv3").save_pretrained(folder)
    known = {
        "image_processor_type": "DINOv3ViTImageProcessorFast",
        "size": {"height": 32, "width": 32},
        "do_resize": True,
        "do_rescale": True,
        "do_normalize": True,
        "image_mean": [0.4, 0.5, 0.6],
        "image_std": [0.2, 0.2, 0.3],
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(known | settings))
    return folder


@without
def test_dinov3_is_read_without_torchvision_and_says_so(tmp_path):
    model = loading.load(str(described(tmp_path / "dinov3")))
    assert model.modality == "image" and "torchvision" in model.processor.from_config
    grey = np.full((32, 32, 3), 51, np.uint8)
    made = np.asarray(model.processor([grey], return_tensors="np")["pixel_values"])[0]
    expected = (0.2 - np.array([0.4, 0.5, 0.6])) / np.array([0.2, 0.2, 0.3])
    np.testing.assert_allclose(
        made, np.broadcast_to(expected[:, None, None], made.shape), rtol=1e-5
    )
    with variants.variant(model, "initialised") as other:
        assert len(other.parts.blocks) == 3


@without
def test_a_processor_that_does_more_is_not_replaced(tmp_path):
    folder = described(tmp_path / "dinov3", do_pad=True)
    with pytest.raises(ModelUnsupported, match="orchvision"):
        loading.load(str(folder))
