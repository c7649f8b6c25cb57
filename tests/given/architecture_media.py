"""Architectures of images and sounds that are tried, and what a reader of their code knows."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import transformers as hf

from tests.given.architecture_list import Tried
from tests.given.small import small

Arrays = Callable[[], dict[str, np.ndarray]]


def _noise(name: str, *shape: int) -> Arrays:
    """Noise as a model's main input, always the same."""
    return lambda: {name: np.random.default_rng(0).standard_normal(shape).astype(np.float32)}


def _patches() -> dict[str, np.ndarray]:
    """Images as SigLIP 2 takes them: patches in a row, all of them meant."""
    made = _noise("pixel_values", 2, 16, 192)()
    shapes = np.full((2, 2), 4, np.int64)
    return made | {"pixel_attention_mask": np.ones((2, 16), np.int64), "spatial_shapes": shapes}


IMAGES = _noise("pixel_values", 2, 3, 32, 32)
LARGER = _noise("pixel_values", 2, 3, 64, 64)
WAVES = _noise("input_values", 2, 4000)
_CONVOLVED = {
    "conv_dim": (16, 16),
    "conv_stride": (5, 4),
    "conv_kernel": (10, 8),
    "num_feat_extract_layers": 2,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}


def seeing(prefix: str, **asked: Any) -> Tried:
    """A vision transformer."""
    given = {"blocks": "layers", "final": "layernorm", "down": "mlp.fc2", "keys": "sdpa"}
    given |= {"kind": f"{prefix}Model", "inputs": IMAGES}
    config = asked.pop("config", getattr(hf, f"{prefix}Config"))
    return Tried(partial(small, config, **asked.pop("sizes", {})), **(given | asked))


def tower(prefix: str, **asked: Any) -> Tried:
    """The vision tower of a model that reads text too."""
    given = {
        "blocks": "encoder.layers",
        "final": None,
        "down": "mlp.fc2",
        "keys": "self_attn.k_proj",
    }
    given |= {"values": "self_attn.v_proj"}
    return seeing(prefix, **(given | asked))


def hearing(prefix: str, **asked: Any) -> Tried:
    """A model of sounds as Wav2Vec 2 is built."""
    given = {"blocks": "encoder.layers", "final": None, "inputs": WAVES, "sizes": _CONVOLVED}
    given |= {"down": "feed_forward.output_dense", "keys": "attention.k_proj"}
    return seeing(prefix, **(given | {"values": "attention.v_proj"} | asked))


def listening(prefix: str, inputs: Arrays, **asked: Any) -> Tried:
    """The encoder of a model that writes what it hears."""
    given = {"final": "encoder.layer_norm", "down": "fc2", "inputs": inputs, "sizes": {}}
    given |= {"keys": "self_attn.k_proj", "values": "self_attn.v_proj"}
    return hearing(prefix, **(given | asked))


MEDIA: dict[str, Tried] = {
    "ViT": seeing("ViT"),
    "DeiT": seeing("DeiT"),
    "BEiT": seeing("Beit", final=None),
    "DINOv2": seeing("Dinov2", blocks="encoder.layer"),
    "DINOv2 with registers": seeing("Dinov2WithRegisters", blocks="encoder.layer"),
    "DINOv3": seeing("DINOv3ViT", blocks="model.layer", final="norm", down="mlp.down_proj"),
    "I-JEPA": seeing("IJepa"),
    "ViT-MSN": seeing("ViTMSN"),
    "Data2Vec vision": seeing(
        "Data2VecVision",
        blocks="encoder.layer",
        final=None,
        down="output.dense",
        keys="attention.attention.key",
        values="attention.attention.value",
    ),
    "AIMv2": seeing(
        "Aimv2Vision",
        blocks="encoder.layers",
        final="rms_norm",
        down="ffn.down_proj",
        keys="attention.k_proj",
        values="attention.v_proj",
    ),
    "CLIP's images": tower("CLIPVision"),
    "SigLIP's images": tower("SiglipVision", final="post_layernorm"),
    "SigLIP 2's images": tower(
        "Siglip2Vision", final="post_layernorm", inputs=_patches, sizes={"num_patches": 16}
    ),
    "CLIP's text": tower("CLIPText", inputs=None, final="final_layer_norm"),
    "AST": seeing(
        "AST",
        inputs=_noise("input_values", 2, 64, 16),
        sizes={"max_length": 64, "frequency_stride": 8, "time_stride": 8},
    ),
    "Wav2Vec 2": hearing("Wav2Vec2"),
    "Wav2Vec 2 with stable norms": hearing(
        "Wav2Vec2",
        final="encoder.layer_norm",
        sizes={**_CONVOLVED, "do_stable_layer_norm": True, "feat_extract_norm": "layer"},
    ),
    "HuBERT": hearing("Hubert"),
    "SEW": hearing("SEW"),
    "WavLM": hearing("WavLM", keys=None, values=None),
    "Wav2Vec 2 Conformer": hearing(
        "Wav2Vec2Conformer",
        final="encoder.layer_norm",
        down="ffn2.output_dense",
        keys="self_attn.linear_k",
        values="self_attn.linear_v",
    ),
    "Wav2Vec 2 BERT": hearing(
        "Wav2Vec2Bert",
        inputs=_noise("input_features", 2, 40, 160),
        sizes={},
        down="ffn2.output_dense",
        keys="self_attn.linear_k",
        values="self_attn.linear_v",
    ),
    "Whisper's encoder": listening("Whisper", _noise("input_features", 2, 16, 128)),
    "Speech2Text's encoder": listening(
        "Speech2Text",
        _noise("input_features", 2, 64, 16),
        sizes={"input_feat_per_channel": 16, "conv_channels": 16, "num_conv_layers": 2},
    ),
    "Moonshine's encoder": listening(
        "Moonshine", _noise("input_values", 2, 8000), down="mlp.fc2", keys="sdpa", values=None
    ),
    "Parakeet's encoder": listening(
        "ParakeetEncoder",
        _noise("input_features", 2, 64, 16),
        kind="ParakeetEncoder",
        blocks="layers",
        final=None,
        down="feed_forward2.linear2",
    ),
    "ViT-MAE": seeing("ViTMAE"),
    "Pixtral's images": tower("PixtralVision", refused="which runs 2 items as 1"),
    "VideoMAE": seeing("VideoMAE", refused="VideoMAEModel cannot be read"),
    "Swin": seeing(
        "Swin",
        inputs=LARGER,
        refused="SwinModel cannot be read",
        sizes={"embed_dim": 16, "depths": [2, 2], "window_size": 4, "num_heads": [2, 4]},
    ),
    "ConvNeXt": seeing(
        "ConvNext",
        inputs=LARGER,
        refused="with states of shape",
        sizes={"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2},
    ),
    "SegFormer": seeing(
        "Segformer",
        inputs=LARGER,
        refused="SegformerModel cannot be read",
        sizes={
            "num_attention_heads": [1, 2, 4, 8],
            "hidden_sizes": [8, 8, 8, 8],
            "depths": [1, 1, 1, 1],
        },
    ),
}
