"""Load a model by hub id, folder or shipped name, and turn what can go wrong into a sentence."""

import hashlib
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import transformers
from huggingface_hub import errors as hub
from safetensors import SafetensorError
from torch import nn
from transformers import AutoConfig
from transformers.utils import cached_file, logging

from catalog import places
from catalog.errors import ModelUnavailable, ModelUnsupported, SettingRefused
from catalog.modalities.kinds import KINDS
from catalog.model import classes, structure
from catalog.model import device as devices

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class LoadedModel:
    """A model in evaluation mode with its parts found."""

    name: str
    """Hub id, name of a shipped model, or folder name: how catalogs and labels call it."""
    source: str
    """What from_pretrained was given."""
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
        """Class name in transformers."""
        return type(self.module).__name__

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
) -> LoadedModel:
    """Load weights and tokenizer or processor, and find the model's parts.

    `dtype` auto is float32 on the CPU and the stored type elsewhere; `device` auto is CUDA where
    there is one; `modality` is only checked. Raises ModelUnavailable, ModelUnsupported or
    SettingRefused.
    """
    place = devices.choose(device)
    if dtype not in ("auto", *DTYPES):
        raise SettingRefused(f"--dtype {dtype!r} is not one of auto, {', '.join(DTYPES)}.")
    wanted = torch.float32 if dtype == "auto" and place.type == "cpu" else DTYPES.get(dtype, "auto")
    folder = places.shipped_models().get(model, Path(model))
    if folder.is_dir():
        _check_folder(folder)
    source = str(folder.resolve()) if folder.is_dir() else model
    logging.disable_progress_bar()
    logging.set_verbosity_error()  # towers and heads left out are wanted, not a warning
    with _Sentences(model, revision):
        config = AutoConfig.from_pretrained(source, revision=revision, trust_remote_code=False)
        kind = classes.modality_of(config)
        if modality not in (None, kind):
            raise SettingRefused(
                f"{model} is a model of {kind}, not of {modality}. Leave --modality out, or name "
                "another model."
            )
        chosen = classes.Classes.of(config)
        module, report = chosen.model.from_pretrained(
            source,
            revision=revision,
            config=chosen.config,
            dtype=wanted,
            output_loading_info=True,
            trust_remote_code=False,
        )
        tokenizer, processor = chosen.readers(source, revision)
        files = list(_weight_files(source, revision))
    module.requires_grad_(False).eval().to(place)
    _check_complete(module, report, model)
    digest = _hash(files)
    commit = getattr(config, "_commit_hash", None)
    trial = _trial(kind, processor, model)
    return LoadedModel(
        name=model if model in places.shipped_models() or not folder.is_dir() else folder.name,
        source=source,
        revision=commit or f"weights-{digest[:12]}",
        weights_hash=digest,
        module=module,
        parts=find_parts(module, place, trial),
        tokenizer=tokenizer,
        causal=chosen.causal,
        device=place,
        dtype=str(module.dtype).removeprefix("torch."),
        attention=module.config._attn_implementation,
        modality=kind,
        processor=processor,
        trial=trial,
    )


def find_parts(
    module: nn.Module, device: torch.device, trial: Mapping[str, Any] | None = None
) -> structure.Structure:
    """Structure of a model, learnt from one pass over made-up items (by default two ids)."""
    given = KINDS["text"].trial(None) if trial is None else trial
    inputs = tensors(given, device, getattr(module, "dtype", torch.float32))
    options = {"use_cache": False} if "input_ids" in inputs else {}
    try:
        return structure.find(module, lambda trunk: trunk(**inputs, **options))
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        raise ModelUnsupported(
            f"{type(module).__name__} cannot be read: looked for a model that runs on "
            f"{' and '.join(given)} alone, but it failed: {_first_line(error)}"
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
            f"{_first_line(error)}"
        ) from error


def _check_folder(folder: Path) -> None:
    if not (folder / "config.json").is_file():
        raise ModelUnavailable(
            f"{folder} has no config.json. Give a folder that save_pretrained wrote."
        )
    if not any(folder.glob("*.safetensors")) and not any(folder.glob("*.bin")):
        raise ModelUnavailable(
            f"{folder} has a config but no weights (*.safetensors). Copy them there first."
        )


def _check_complete(module: nn.Module, report: dict[str, Any], model: str) -> None:
    """Refuse weights that leave what is read to chance (a pooler or head is not read)."""
    trunk = structure.trunk_of(module)
    prefix = next((f"{name}." for name, m in module.named_modules() if m is trunk and name), "")
    missing = [
        key
        for key in sorted(report["missing_keys"])
        if key.startswith(prefix) and "pooler" not in key
    ]
    if missing:
        raise ModelUnavailable(
            f"The weights of {model} lack {len(missing)} tensors of its blocks, norms or "
            f"embeddings (first: {missing[0]}). Fetch or convert the weights again."
        )


class _Sentences:
    """Foreign errors of loading, translated once."""

    def __init__(self, model: str, revision: str | None) -> None:
        self.model, self.revision = model, revision

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Raise a CatalogError where the cause is known; let anything else through."""
        causes = list(_causes(error))
        for kind, sentence in self._known():
            if any(isinstance(cause, kind) for cause in causes):
                raise ModelUnavailable(sentence) from error
        if isinstance(error, ValueError | KeyError | ImportError | AttributeError):
            raise ModelUnsupported(
                f"transformers {transformers.__version__} cannot load {self.model}: "
                f"{_first_line(error)}"
            ) from error
        if isinstance(error, pickle.UnpicklingError | EOFError | IndexError | RuntimeError):
            raise ModelUnavailable(
                f"The weights of {self.model} are damaged, or do not fit its config.json. Fetch "
                "or convert them again."
            ) from error
        if isinstance(error, OSError) and Path(self.model).is_dir():
            raise ModelUnavailable(
                f"The folder {self.model} cannot be read as a model: {_first_line(error)} "
                "Fetch or convert it again."
            ) from error
        if isinstance(error, OSError):
            raise ModelUnavailable(
                f"{self.model} is neither a folder, nor a shipped model "
                f"({', '.join(places.shipped_models())}), nor in the local cache, and the hub "
                "cannot be reached. Check the spelling or the network."
            ) from error

    def _known(self) -> list[tuple[Any, str]]:
        model = self.model
        return [
            (
                hub.GatedRepoError,
                f"{model} is gated. Accept its terms on its hub page, then log in with: "
                "hf auth login",
            ),
            (
                hub.RevisionNotFoundError,
                f"{model} has no revision {self.revision!r}. Look up its branches and commits.",
            ),
            (
                hub.RepositoryNotFoundError,
                f"The hub has no model {model}, or it is private. Check the spelling, or log in "
                "with: hf auth login",
            ),
            (
                SafetensorError,
                f"The weights of {model} are damaged or truncated. Fetch them again.",
            ),
        ]


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0][:200]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _weight_files(source: str, revision: str | None) -> Iterator[Path]:
    """The weight files that were loaded, by name: safetensors where there are any."""
    config = cached_file(source, "config.json", revision=revision)
    folder = Path(str(config)).parent
    for pattern in ("*.safetensors", "*.bin"):
        files = sorted(folder.glob(pattern))
        if files:
            yield from files
            return


def _hash(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()
