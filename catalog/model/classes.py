"""Which classes of transformers load a model, and what it reads: by its config alone."""

import warnings
from dataclasses import dataclass
from typing import Any

import transformers
from transformers import (
    AutoFeatureExtractor,
    AutoImageProcessor,
    AutoModel,
    AutoModelForAudioClassification,
    AutoModelForCausalLM,
    AutoModelForImageClassification,
    AutoTokenizer,
)

_CAUSAL_ENDINGS = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")
_CLASSIFIERS = {
    "image": (AutoModelForImageClassification, transformers.MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING),
    "audio": (AutoModelForAudioClassification, transformers.MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING),
}
"""A head on classes keeps its logits; the catalog reads the trunk below it."""


def modality_of(config: Any) -> str:
    """text, image or audio: what transformers would classify with it, or a vision tower alone."""
    named = type(config)
    if str(config.model_type).endswith("vision_model"):
        return "image"
    for modality, (_, mapping) in _CLASSIFIERS.items():
        if named in mapping:
            return modality
    return "text"


@dataclass(frozen=True)
class Classes:
    """What loads one model."""

    model: Any
    config: Any
    """The model's config, or that of its vision tower."""
    modality: str
    causal: bool

    @classmethod
    def of(cls, config: Any) -> "Classes":
        """A model with a head on classes keeps it; CLIP and SigLIP are their vision towers."""
        modality = modality_of(config)
        tower = getattr(config, "vision_config", None)
        if modality == "image" and tower is not None:
            return cls(AutoModel, tower, modality, False)
        if modality in _CLASSIFIERS:
            auto, mapping = _CLASSIFIERS[modality]
            known = mapping.get(type(config), ())
            heads = known if isinstance(known, tuple) else (known,)
            named = [one.__name__ for one in heads]
            headed = _named(config) in named and not config.is_encoder_decoder
            return cls(auto if headed else AutoModel, config, modality, False)
        causal = _is_causal(config)
        return cls(_text_class(config, causal), config, modality, causal)

    def readers(self, source: str, revision: str | None) -> tuple[Any, Any]:
        """(tokenizer, None) of text, (None, processor) of images and sounds."""
        given: dict[str, Any] = {"revision": revision, "trust_remote_code": False}
        if self.modality == "image":
            return None, AutoImageProcessor.from_pretrained(source, backend="pil", **given)
        if self.modality == "audio":
            with warnings.catch_warnings():
                # AST's own mel filters warn that the lowest of them are empty.
                warnings.filterwarnings("ignore", message="At least one mel filter")
                return None, AutoFeatureExtractor.from_pretrained(source, **given)
        return AutoTokenizer.from_pretrained(source, **given), None


def _named(config: Any) -> str:
    return str((config.architectures or [""])[0])


def _is_causal(config: Any) -> bool:
    known = type(config) in transformers.MODEL_FOR_CAUSAL_LM_MAPPING
    return known and _named(config).endswith(_CAUSAL_ENDINGS) and not config.is_encoder_decoder


def _text_class(config: Any, causal: bool) -> Any:
    """Class that loads the weights; encoders cut from an encoder-decoder say so in their name."""
    named = _named(config)
    if named.endswith("EncoderModel") and hasattr(transformers, named):
        return getattr(transformers, named)
    return AutoModelForCausalLM if causal else AutoModel
