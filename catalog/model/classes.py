"""Which classes of transformers load a model, and what it reads: by its config alone."""

import warnings
from dataclasses import dataclass
from typing import Any

import transformers
from transformers import (
    AutoFeatureExtractor,
    AutoModel,
    AutoModelForAudioClassification,
    AutoModelForCausalLM,
    AutoModelForImageClassification,
    AutoModelForImageTextToText,
    AutoModelForMultimodalLM,
)

from catalog.errors import SettingRefused
from catalog.model import processors, tokenising
from catalog.model.sources import Source

_CAUSAL_ENDINGS = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")
_CLASSIFIERS = {
    "image": (AutoModelForImageClassification, transformers.MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING),
    "audio": (AutoModelForAudioClassification, transformers.MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING),
}
"""A head on classes keeps its logits; the catalog reads the trunk below it."""
_WRAPPERS = (
    (AutoModelForImageTextToText, transformers.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING),
    (AutoModelForMultimodalLM, transformers.MODEL_FOR_MULTIMODAL_LM_MAPPING),
)
"""Language models that see or hear too: their other inputs are left out."""
_INPUTS = {"pixel_values": "image", "input_values": "audio", "input_features": "audio"}
"""Modality by the name of a model's main input; text otherwise."""
PARTS = ("encoder", "decoder")
"""Of an encoder-decoder; the encoder where nothing is asked."""
_NAMES = {
    "text": ("text_model", "language_model", "text_encoder"),
    "image": ("vision_model", "vision_tower", "visual", "vision_encoder", "image_tower"),
    "audio": ("audio_model", "audio_tower", "audio_encoder", "speech_encoder"),
}
"""What models call their towers."""
TOWERS = {"text": "text_config", "image": "vision_config", "audio": "audio_config"}
"""Where a config keeps the config of each tower."""


def modality_of(config: Any) -> str:
    """text, image or audio: what the model reads first.

    What transformers would classify with it; text for a language model that other towers serve
    (LLaVA); else the main input of its class, or of what a head stands on.
    """
    named = type(config)
    if str(config.model_type).endswith("vision_model"):
        return "image"
    for modality, (_, mapping) in _CLASSIFIERS.items():
        if named in mapping:
            return modality
    if _speaks(config):
        return "text"
    known = _of(transformers.MODEL_MAPPING, config)
    return _INPUTS.get(getattr(known, "main_input_name", "input_ids"), "text")


@dataclass(frozen=True)
class Classes:
    """What loads one model."""

    model: Any
    config: Any
    """The model's config, or that of its vision tower."""
    modality: str
    causal: bool
    tower: str | None = None
    """What of the model is read, where it is not all: a name as in TOWERS, or "decoder"."""

    @classmethod
    def of(
        cls,
        config: Any,
        modality: str | None = None,
        part: str | None = None,
        name: str = "This model",
    ) -> "Classes":
        """A model with a head on classes keeps it; CLIP and SigLIP are their vision towers.

        `modality` other than its own chooses another tower, `part` "decoder" the text decoder of an
        encoder-decoder. SettingRefused, calling the model `name`, where it has no such tower.
        """
        own = modality_of(config)
        if part not in (None, *PARTS):
            raise SettingRefused(f"--part {part!r} is not one of {', '.join(PARTS)}.")
        if part is not None and not config.is_encoder_decoder:
            raise SettingRefused(
                f"{name} is no encoder-decoder ({config.model_type}). Leave --part out."
            )
        if part == "decoder":
            return cls(AutoModel, config, "text", False, part)
        if modality not in (None, own):
            if getattr(config, TOWERS[str(modality)], None) is None:
                raise SettingRefused(
                    f"{name} is a model of {own}, not of {modality}, and has no tower of it. Leave "
                    "--modality out, or name another model."
                )
            return cls(AutoModel, config, str(modality), False, modality)
        tower = getattr(config, "vision_config", None)
        if own == "image" and tower is not None:
            return cls(AutoModel, tower, own, False)
        if own in _CLASSIFIERS:
            auto, mapping = _CLASSIFIERS[own]
            known = mapping.get(type(config), ())
            heads = known if isinstance(known, tuple) else (known,)
            named = [one.__name__ for one in heads]
            headed = _named(config) in named and not config.is_encoder_decoder
            return cls(auto if headed else AutoModel, config, own, False)
        causal = _is_causal(config)
        return cls(_text_class(config, causal), config, own, causal)

    def tower_of(self, module: Any) -> Any:
        """What is read of a loaded model: all of it, a tower, or its decoder."""
        if self.tower is None:
            return module
        if self.tower == "decoder":
            return module.get_decoder()
        holders = (module, getattr(module, "base_model", module))
        found = (getattr(one, name, None) for one in holders for name in _NAMES[self.tower])
        return next((tower for tower in found if tower is not None), module)

    def readers(self, source: Source, trusted: bool = False) -> tuple[Any, Any]:
        """(tokenizer, None) of text, (None, processor) of images and sounds."""
        given: dict[str, Any] = {"revision": source.revision, "trust_remote_code": trusted}
        place = source.place
        if self.modality != "text" and processors.missing(place):
            make = processors.images if self.modality == "image" else processors.sounds
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="At least one mel filter")
                return None, make(self.config, source.told)
        if self.modality == "image":
            return None, processors.pictures(place, given)
        if self.modality == "audio":
            with warnings.catch_warnings():
                # AST's own mel filters warn that the lowest of them are empty.
                warnings.filterwarnings("ignore", message="At least one mel filter")
                return None, AutoFeatureExtractor.from_pretrained(place, **given)
        return tokenising.read(source, **given), None


def _named(config: Any) -> str:
    return str((config.architectures or [""])[0])


def _of(mapping: Any, config: Any) -> Any:
    """The class that a mapping has for a config, the first of several; None where it has none."""
    found = mapping.get(type(config), None)
    return found[0] if isinstance(found, tuple) and found else found


def _speaks(config: Any) -> bool:
    """Whether it is a wrapper that lets a causal language model see or hear."""
    text = getattr(config, "text_config", None)
    causal = text is not None and type(text) in transformers.MODEL_FOR_CAUSAL_LM_MAPPING
    known = any(type(config) in mapping for _, mapping in _WRAPPERS)
    decodes = getattr(text, "is_encoder_decoder", False) or config.is_encoder_decoder
    own = text is not None and str(text.model_type).endswith("_text")
    return known and (causal or own) and not decodes


def _is_causal(config: Any) -> bool:
    """Whether its head predicts next tokens.

    A config that names no class is a causal LM where its type can be one and is no encoder by habit
    (BERT's type can be either, and is not).
    """
    if config.is_encoder_decoder:
        return False
    if _speaks(config):
        return True
    known = _of(transformers.MODEL_FOR_CAUSAL_LM_MAPPING, config)
    if known is None:
        return False
    if not config.architectures:
        return type(config) not in transformers.MODEL_FOR_MASKED_LM_MAPPING
    return _named(config).endswith(_CAUSAL_ENDINGS)


def _text_class(config: Any, causal: bool) -> Any:
    """Class that loads the weights; encoders cut from an encoder-decoder say so in their name."""
    named = _named(config)
    if named.endswith("EncoderModel") and hasattr(transformers, named):
        return getattr(transformers, named)
    if causal and type(config) in transformers.MODEL_FOR_CAUSAL_LM_MAPPING:
        return AutoModelForCausalLM
    wrapper = next((auto for auto, mapping in _WRAPPERS if type(config) in mapping), None)
    return wrapper if causal and wrapper is not None else AutoModel
