"""Load a model by hub id, folder or shipped name, and turn what can go wrong into a sentence."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from transformers import AutoConfig
from transformers.utils import cached_file, logging

from catalog.errors import ModelUnavailable, ModelUnsupported, SettingRefused
from catalog.modalities.kinds import KINDS
from catalog.model import classes, gguf, sources, structure
from catalog.model import device as devices
from catalog.model.sentences import Sentences, first_line
from catalog.model.sources import Source
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
) -> LoadedModel:
    """Load weights and tokenizer or processor, and find the model's parts.

    `dtype` auto is float32 on the CPU and the stored type elsewhere; `device` auto is CUDA where
    there is one; `modality` may choose another tower than the model's first, `part` the decoder of
    an encoder-decoder. Raises ModelUnavailable, ModelUnsupported or SettingRefused.
    """
    place = devices.choose(device)
    if dtype not in ("auto", *DTYPES):
        raise SettingRefused(f"--dtype {dtype!r} is not one of auto, {', '.join(DTYPES)}.")
    wanted = torch.float32 if dtype == "auto" and place.type == "cpu" else DTYPES.get(dtype, "auto")
    source = asked = sources.of(model, revision)
    logging.disable_progress_bar()
    logging.set_verbosity_error()  # towers and heads left out are wanted, not a warning
    with Sentences(asked):
        if Path(source.place).is_dir():
            _check_folder(source)
        files = list(_weight_files(source))
        if source.file is not None:
            source = Source(source.name, str(gguf.folder(source, files[0])))
        read = _read(source, wanted, modality, part)
    module = read.module
    module.requires_grad_(False).eval().to(place)
    _check_complete(read, model)
    digest = _hash(files)
    trial = _trial(read.kind, read.processor, model)
    return LoadedModel(
        name=source.name,
        source=asked.told,
        revision=read.commit or f"weights-{digest[:12]}",
        weights_hash=digest,
        module=module,
        parts=find_parts(module, place, trial),
        tokenizer=read.tokenizer,
        causal=read.causal,
        device=place,
        dtype=str(module.dtype).removeprefix("torch."),
        attention=module.config._attn_implementation,
        modality=read.kind,
        processor=read.processor,
        trial=trial,
        part=part,
    )


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
    commit: str | None
    """The hub's, where it comes from there."""


def _read(source: Source, dtype: Any, modality: str | None, part: str | None) -> _Read:
    """Everything that is read of a model at its source; towers it has not are refused first."""
    given = {**source.given, "trust_remote_code": False}
    config = AutoConfig.from_pretrained(source.place, **given)
    chosen = classes.Classes.of(config, modality, part, source.name)
    module, report = chosen.model.from_pretrained(
        source.place, config=chosen.config, dtype=dtype, output_loading_info=True, **given
    )
    readers = chosen.readers(source)
    commit = getattr(config, "_commit_hash", None)
    tower = chosen.tower_of(module)
    return _Read(chosen.modality, chosen.causal, tower, module, report, *readers, commit)


def find_parts(
    module: nn.Module, device: torch.device, trial: Mapping[str, Any] | None = None
) -> structure.Structure:
    """Structure of a model, learnt from passes over made-up items (by default two ids)."""
    given = KINDS["text"].trial(None) if trial is None else trial
    inputs = tensors(given, device, getattr(module, "dtype", torch.float32))
    options = {"use_cache": False} if "input_ids" in inputs else {}
    first = next(iter(inputs.values()))
    size = Size(len(first), first.shape[1] if "input_ids" in inputs else None)
    try:
        return structure.find(
            module, lambda trunk, **asked: trunk(**inputs, **options, **asked), size
        )
    except (ValueError, TypeError, LookupError, AttributeError, RuntimeError) as error:
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


def _check_folder(source: Source) -> None:
    folder = Path(source.place)
    if (
        source.file is None
        and not any(folder.glob("*.safetensors"))
        and not any(folder.glob("*.bin"))
    ):
        raise ModelUnavailable(
            f"{folder} has a config but no weights (*.safetensors). Copy them there first."
        )


def _check_complete(read: _Read, model: str) -> None:
    """Refuse weights that leave what is read to chance (a pooler or head is not read).

    Positions that are sines are made, not stored (Marian).
    """
    trunk = structure.trunk_of(read.module)
    named = dict(read.whole.named_modules())
    prefix = next((f"{name}." for name, m in named.items() if m is trunk and name), "")
    missing = [
        key
        for key in sorted(read.report["missing_keys"])
        if key.startswith(prefix)
        and "pooler" not in key
        and "Sinusoidal" not in type(named.get(key.rpartition(".")[0])).__name__
    ]
    if missing:
        raise ModelUnavailable(
            f"The weights of {model} lack {len(missing)} tensors of its blocks, norms or "
            f"embeddings (first: {missing[0]}). Fetch or convert the weights again."
        )


def _weight_files(source: Source) -> Iterator[Path]:
    """The weight files that were loaded, by name: safetensors where there are any."""
    named = source.file or "config.json"
    found = Path(str(cached_file(source.place, named, revision=source.revision)))
    if source.file is not None:
        yield found
        return
    for pattern in ("*.safetensors", "*.bin"):
        files = sorted(found.parent.glob(pattern))
        if files:
            yield from files
            return


def _hash(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()
