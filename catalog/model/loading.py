"""Load a model by hub id, folder or shipped name, and turn what can go wrong into a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import nn
from transformers import AutoConfig
from transformers.utils import logging

from catalog.errors import ModelUnsupported, SettingRefused
from catalog.modalities.kinds import KINDS
from catalog.model import (
    classes,
    masking,
    quantised,
    remote_code,
    room,
    sources,
    structure,
    weights,
)
from catalog.model import device as devices
from catalog.model.finding import CAUTIOUS, Access, Found, find
from catalog.model.sentences import Sentences, first_line
from catalog.model.stack import Size

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class LoadedModel:
    """A model in evaluation mode with its parts found."""

    name: str
    """Hub id, name of a shipped or installed model, folder name: so catalogs and labels call it."""
    source: str
    """Where it lies, as `sources.of` takes it."""
    revision: str
    weights_hash: str
    module: nn.Module
    parts: structure.Structure
    tokenizer: Any
    causal: bool
    """Whether it predicts next tokens; else an encoder."""
    device: torch.device
    dtype: str
    attention: str
    modality: str = "text"
    processor: Any = None
    """The model's own image processor or feature extractor; None for text."""
    trial: Mapping[str, Any] = field(default_factory=lambda: KINDS["text"].trial(None))
    """Inputs of made-up items, of the shapes that all items have."""
    part: str | None = None
    """The decoder of an encoder-decoder, where that was asked for."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of what else made its weights: a library that not every model needs."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The model's config as a dictionary."""
        config: Any = self.module.config
        return dict(config.to_dict())

    @property
    def positions(self) -> int:
        """Positions between the blocks for the trial's items."""
        return self.parts.positions

    @property
    def architecture(self) -> str:
        """Class name in transformers, of the tower or decoder where only that is read."""
        name = type(self.module).__name__
        return f"{name} (decoder)" if self.part == "decoder" else name

    @property
    def vocabulary(self) -> int:
        """Number of ids: rows of the embedding."""
        embedding: Any = self.module.get_input_embeddings()  # type: ignore[operator]
        return int(embedding.weight.shape[0])

    @property
    def longest(self) -> int | None:
        """Most tokens that its positions allow; None where nothing limits them."""
        config = self.module.config.get_text_config()  # type: ignore[union-attr, operator]
        limits = [getattr(config, "max_position_embeddings", None)]
        limits.append(getattr(self.tokenizer, "model_max_length", None))
        for name, module in self.module.named_modules():
            # RoBERTa counts positions from the padding id on.
            if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
                limits.append(module.num_embeddings - (module.padding_idx or -1) - 1)
        known = [int(limit) for limit in limits if limit]
        return min(known) if known else None

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        return sum(p.numel() for p in self.module.parameters())


def load(
    model: str,
    revision: str | None = None,
    dtype: str = "auto",
    device: str = "auto",
    modality: str | None = None,
    part: str | None = None,
    access: Access = CAUTIOUS,
) -> LoadedModel:
    """Load weights and tokenizer or processor, and find the model's parts.

    `dtype` auto is float32 on the CPU and the stored type elsewhere; `device` auto is CUDA where
    there is one; `modality` may choose another tower than the model's first, `part` the decoder of
    an encoder-decoder; `access` says whether its own code may be run, and who hears of a download.
    Raises ModelUnavailable, ModelUnsupported or SettingRefused.
    """
    place = devices.choose(device)
    if dtype not in ("auto", *DTYPES):
        raise SettingRefused(f"--dtype {dtype!r} is not one of auto, {', '.join(DTYPES)}.")
    wanted = torch.float32 if dtype == "auto" and place.type == "cpu" else DTYPES.get(dtype, "auto")
    asked = sources.of(model, revision)
    logging.disable_progress_bar()
    logging.set_verbosity_error()  # towers and heads left out are wanted, not a warning
    with Sentences(asked):
        found = find(asked, access)
        read = _read(found, _Wanted(wanted, place, modality, part, device in ("auto", "cuda")))
    module = read.module
    module.requires_grad_(False).eval()
    if not read.placed:
        module.to(place)
    weights.check_complete(model, module, read.whole, read.report)
    digest = weights.digest(found.files)
    trial = _trial(read.kind, read.processor, model)
    parts = find_parts(module, place, trial)
    weights.check_used(model, parts.blocks, read.whole, read.report)
    return LoadedModel(
        name=asked.name,
        source=asked.told,
        revision=found.commit or f"weights-{digest[:12]}",
        weights_hash=digest,
        module=module,
        parts=parts,
        tokenizer=read.tokenizer,
        causal=read.causal,
        device=place,
        dtype=str(module.dtype).removeprefix("torch."),
        attention=module.config._attn_implementation,
        modality=read.kind,
        processor=read.processor,
        trial=trial,
        part=part,
        versions=read.versions,
    )


class _Wanted(NamedTuple):
    """How a model is to be read."""

    dtype: Any
    device: torch.device
    modality: str | None
    part: str | None
    free: bool
    """Whether the model may be spread over several devices: none was named."""


class _Read(NamedTuple):
    """What transformers makes of a folder or hub id."""

    kind: str
    """text, image or audio."""
    causal: bool
    module: Any
    """What is read: the model, or one tower of it."""
    whole: Any
    """All that was loaded."""
    report: dict[str, Any]
    """Which weights were missing."""
    tokenizer: Any
    processor: Any
    versions: Mapping[str, str]
    """As `LoadedModel.versions`."""
    placed: bool
    """Whether it stands on its device already, and may not be moved."""


def _read(found: Found, wanted: _Wanted) -> _Read:
    """Everything that is read of a model at its source; towers it has not are refused first."""
    source, adapter = found.source, found.adapter
    trusted = found.code is not None
    given = {**source.given, "trust_remote_code": trusted}
    config = AutoConfig.from_pretrained(source.place, **given)
    versions = dict(quantised.prepared(source.name, config, wanted.device))
    if found.code is not None:
        versions |= found.code.versions
    if type(config).__module__.startswith("transformers."):
        chosen = classes.Classes.of(config, wanted.modality, wanted.part, source.name)
    else:
        chosen = remote_code.classes(config, wanted.modality)
    reading = source if adapter is None or not adapter.reads else adapter.place
    readers = chosen.readers(reading, trusted)
    if quantised.placed(versions):
        placed = {"device_map": {"": wanted.device}}
    else:
        placed = room.placed(found, chosen.config, wanted.dtype, wanted.device, wanted.free)
    module, report = chosen.model.from_pretrained(
        source.place,
        config=chosen.config,
        dtype=wanted.dtype,
        output_loading_info=True,
        **placed,
        **given,
    )
    if adapter is not None:
        module = adapter.merged(module)
        versions["peft"] = adapter.version
    read = (chosen.tower_of(module), module, report, *readers, versions, bool(placed))
    return _Read(chosen.modality, chosen.causal, *read)


def find_parts(
    module: nn.Module, device: torch.device, trial: Mapping[str, Any] | None = None
) -> structure.Structure:
    """Structure of a model, learnt from passes over made-up items (by default two ids)."""
    given = KINDS["text"].trial(None) if trial is None else trial
    masking.show_whole(module)
    inputs = tensors(given, device, getattr(module, "dtype", torch.float32))
    options = {"use_cache": False} if "input_ids" in inputs else {}
    first = next(iter(inputs.values()))
    size = Size(len(first), first.shape[1] if "input_ids" in inputs else None)
    try:
        return structure.find(
            module, lambda trunk, **asked: trunk(**inputs, **options, **asked), size
        )
    except (
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        AssertionError,
        RuntimeError,
    ) as error:
        raise ModelUnsupported(
            f"{type(module).__name__} cannot be read: looked for a model that runs on "
            f"{' and '.join(given)} alone, but it failed: {first_line(error)}"
        ) from error


def tensors(
    arrays: Mapping[str, Any], device: torch.device, dtype: torch.dtype
) -> dict[str, torch.Tensor]:
    """A modality's arrays on a device; floating ones in the number format of the model."""
    given = {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}
    return {n: t.to(dtype) if t.is_floating_point() else t for n, t in given.items()}


def _trial(kind: str, processor: Any, model: str) -> Mapping[str, Any]:
    """Made-up inputs; a processor that cannot prepare them is a sentence."""
    try:
        return KINDS[kind].trial(processor)
    except (ValueError, TypeError, KeyError, AttributeError, ImportError) as error:
        raise ModelUnsupported(
            f"The {type(processor).__name__} of {model} cannot prepare items of its own: "
            f"{first_line(error)}"
        ) from error
