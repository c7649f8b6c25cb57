"""PEFT adapters: a folder of changes to a base model, merged into the base's weights.

What is read afterwards is a plain model. The package peft is asked for only here, and only where an
adapter is read.
"""

import importlib.util
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from torch import nn

from catalog.errors import ModelUnavailable, ModelUnsupported, listed
from catalog.model import sources, weights
from catalog.model.sources import Source
from catalog.model.stack import trunk_of

_START = "base_model.model."
"""Before every name that PEFT saves."""
_COPIES = (".modules_to_save", ".original_module")
"""Within the names of what is saved a second time."""
_HEADS = ("classifier", "score", "cls", "lm_head")
"""Left out where the trunk alone is read."""


@dataclass(frozen=True)
class Adapter:
    """An adapter's folder."""

    name: str
    """The folder's, or the adapter's hub id."""
    folder: Path
    settings: Mapping[str, Any]
    """Its adapter_config.json."""

    @property
    def file(self) -> Path:
        """Its weights."""
        found = [self.folder / name for name in weights.ADAPTER if (self.folder / name).is_file()]
        if not found:
            raise ModelUnavailable(
                f"{self.name} has an {weights.ADAPTER_CONFIG} but no {weights.ADAPTER[0]}. Copy "
                "the adapter's weights there first."
            )
        return found[0]

    @property
    def kind(self) -> str:
        """LORA, IA3, PREFIX_TUNING ..."""
        return str(self.settings.get("peft_type"))

    @property
    def version(self) -> str:
        """Of peft, with which it is merged."""
        return metadata.version("peft")

    @property
    def base(self) -> Source:
        """The base model that it names: a hub id, or a folder, also one beside the adapter's.

        ModelUnavailable where it names none, or one that is not here.
        """
        named = str(self.settings.get("base_model_name_or_path") or "")
        entry = f"base_model_name_or_path in {self.folder / weights.ADAPTER_CONFIG}"
        if not named:
            raise ModelUnavailable(
                f"The adapter {self.name} does not say what its base model is. Write its hub id or "
                f"folder as {entry}."
            )
        near = self.folder / named
        place = str(near) if near.is_dir() and not Path(named).is_dir() else named
        if not Path(place).is_dir() and (place.startswith((".", "/", "~")) or place.count("/") > 1):
            raise ModelUnavailable(
                f"The adapter {self.name} changes the base model {named}, which is not there. Copy "
                f"it there, or write its place as {entry}."
            )
        return sources.of(place, self.settings.get("revision") if place == named else None)

    @property
    def place(self) -> Source:
        """Where a tokenizer of its own lies."""
        return Source(self.name, str(self.folder))

    @property
    def reads(self) -> bool:
        """Whether a tokenizer comes with it."""
        return any((self.folder / n).is_file() for n in ("tokenizer.json", "tokenizer_config.json"))

    def check(self) -> None:
        """Refuse before the base is loaded what cannot be merged, or where peft is missing."""
        if importlib.util.find_spec("peft") is None:
            raise ModelUnsupported(
                f"{self.name} is an adapter (PEFT, {self.kind}), which is merged into its base "
                f"model {self.settings.get('base_model_name_or_path')} by the package peft. "
                "Install it with: pip install peft"
            )
        _ = self.file  # refused where it has none
        from peft import PeftConfig

        kinds: Any = PeftConfig
        if getattr(kinds.from_peft_type(peft_type=self.kind), "is_prompt_learning", False):
            raise ModelUnsupported(
                f"{self.name} is an adapter of the kind {self.kind}: it adds positions before a "
                "text and changes no weights, so it cannot be merged. Build its base model instead."
            )

    def merged(self, module: nn.Module) -> nn.Module:
        """The model with the adapter's changes in its weights.

        ModelUnavailable where not all of its weights find a place in the model.
        """
        from peft import PeftConfig, get_peft_model, load_peft_weights, set_peft_model_state_dict

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the base's name, and tied embeddings
            config = PeftConfig.from_pretrained(str(self.folder))
            config.inference_mode, config.task_type = True, None
            given = _fitted(load_peft_weights(str(self.folder), device="cpu"), module)
            config.modules_to_save = _of_module(config.modules_to_save, given)
            _resize(module, given)
            changed: Any = get_peft_model(module, config)
            made = {n for n, p in changed.named_parameters() if p.requires_grad or ".lora_" in n}
            result: Any = set_peft_model_state_dict(changed, given)
            missing = sorted(made & set(result.missing_keys))
            self._check(sorted(result.unexpected_keys), missing, module)
            plain: nn.Module = changed.merge_and_unload(safe_merge=True)
        return plain

    def _check(self, unexpected: list[str], missing: list[str], module: nn.Module) -> None:
        if unexpected or missing:
            wrong = "find no place in" if unexpected else "are missing for"
            raise ModelUnavailable(
                f"The adapter {self.name} does not fit its base model: "
                f"{len(unexpected or missing)} of its tensors {wrong} {type(module).__name__} "
                f"({listed((unexpected or missing), 1)}). Name the right base model as "
                f"base_model_name_or_path in its {weights.ADAPTER_CONFIG}."
            )


def of(source: Source) -> Adapter | None:
    """The adapter in a folder; None where there is none.

    An adapter beside a whole model is refused: either could be meant.
    """
    folder = Path(source.place)
    there = [
        name for name in (weights.ADAPTER_CONFIG, *weights.ADAPTER) if (folder / name).exists()
    ]
    if source.file is not None or not there:
        return None
    if weights.of(folder):
        raise ModelUnavailable(
            f"{source.name} holds a whole model and an adapter ({there[0]}), and either could be "
            "meant. Move one of them to a folder of its own; the adapter's names the other as "
            f"base_model_name_or_path in its {weights.ADAPTER_CONFIG}."
        )
    if weights.ADAPTER_CONFIG not in there:
        raise ModelUnavailable(
            f"{source.name} holds {there[0]} without {weights.ADAPTER_CONFIG}. Copy that there too."
        )
    try:
        settings = json.loads((folder / weights.ADAPTER_CONFIG).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelUnavailable(
            f"{folder / weights.ADAPTER_CONFIG} is no JSON ({error}). Fetch the adapter again."
        ) from error
    return Adapter(source.name, folder, settings)


def _fitted(given: Mapping[str, Any], module: nn.Module) -> dict[str, Any]:
    """An adapter's weights under the names of what is read, those of a head on classes left out.

    An adapter of BertForSequenceClassification names "bert.encoder", where BertModel has "encoder".
    """
    trunk = trunk_of(module)
    prefix = f"{getattr(module, 'base_model_prefix', '')}."
    own = {name.split(".")[0] for name, _ in module.named_modules() if name}
    fitted = {}
    for key, tensor in given.items():
        plain = key.removeprefix(_START)
        if trunk is module and plain.startswith(prefix) and prefix[:-1] not in own:
            plain = plain.removeprefix(prefix)
        elif trunk is module and plain.split(".")[0] in _HEADS:
            continue
        if any(copy in key and key.replace(copy, "") in given for copy in _COPIES):
            continue
        fitted[_START + plain] = tensor
    return fitted


def _of_module(named: list[str] | None, given: Mapping[str, Any]) -> list[str] | None:
    """Those of the modules that were saved whole whose weights are used."""
    kept = [one for one in named or () if any(f".{one}." in key for key in given)]
    return kept or None


def _resize(module: nn.Module, given: Mapping[str, Any]) -> None:
    """Give the embedding as many rows as the adapter's, which may have learnt tokens of its own."""
    model: Any = module
    embedding = model.get_input_embeddings()
    name = next((n for n, one in module.named_modules() if one is embedding), "")
    saved = given.get(f"{_START}{name}.weight")
    if saved is not None and len(saved) != embedding.weight.shape[0]:
        model.resize_token_embeddings(len(saved), mean_resizing=False)
