"""A model as its config has it, without its weights: how large it is, and what one item costs.

The model is made on PyTorch's meta device, where tensors have shapes but no numbers, and one pass
is counted there.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoConfig
from transformers.utils import logging

from catalog.errors import ModelUnsupported
from catalog.modalities.kinds import KINDS
from catalog.model import (
    adapters,
    classes,
    device,
    gguf,
    hub,
    loading,
    masking,
    remote_code,
    sources,
)
from catalog.model.finding import CAUTIOUS, Access
from catalog.model.sentences import Sentences
from catalog.model.sources import Source

_SPEED_SECONDS = 0.3
"""For which products of matrices are timed."""
_ROWS = 1024
"""Rows of these products: a usual batch of tokens."""


@dataclass(frozen=True)
class Outline:
    """What is known of a model before its weights are there."""

    name: str
    module: nn.Module
    """On the meta device."""
    config: Any
    modality: str
    causal: bool
    tokenizer: Any
    processor: Any
    device: torch.device
    dtype: torch.dtype
    settings: Mapping[str, Any]

    @property
    def architecture(self) -> str:
        """Class name in transformers."""
        return type(self.module).__name__

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        return sum(p.numel() for p in self.module.parameters())

    @property
    def vocabulary(self) -> int:
        """Rows of the embedding."""
        embedding: Any = self.module.get_input_embeddings()  # type: ignore[operator]
        return int(embedding.weight.shape[0])

    @property
    def weight_bytes(self) -> int:
        """Memory of the weights in the number format of the build."""
        return self.parameters * self.dtype.itemsize

    def cost(self, positions: int | None = None) -> "Cost":
        """What one item costs: `positions` of text, or an item of the processor's own size.

        ModelUnsupported where the model cannot be followed without its weights.
        """
        with torch.device("meta"):
            if positions is not None:
                inputs = {"input_ids": torch.zeros(2, positions, dtype=torch.int64)}
            else:
                made = KINDS[self.modality].trial(self.processor)
                inputs = {
                    name: torch.empty(
                        array.shape, dtype=self.dtype if array.dtype.kind == "f" else torch.int64
                    )
                    for name, array in made.items()
                }
        trunk: Any = getattr(self.module, "base_model", self.module)
        counter = FlopCounterMode(display=False)
        try:
            with torch.inference_mode(), counter:
                told = trunk(**inputs, output_hidden_states=True)
        except (RuntimeError, NotImplementedError, TypeError, ValueError, AttributeError) as error:
            raise ModelUnsupported(
                f"The cost of {self.name} cannot be told from its config alone: its passes depend "
                "on numbers. `dims build` tells it once the weights are there."
            ) from error
        hidden = told.hidden_states
        items = len(next(iter(inputs.values())))
        return Cost(counter.get_total_flops() / items, tuple(int(h.shape[-1]) for h in hidden))


@dataclass(frozen=True)
class Cost:
    """One item through a model."""

    operations: float
    """Floating point operations, a multiplication and an addition counted as two."""
    dims: tuple[int, ...]
    """Of the states between the blocks, from the embeddings on."""


def of(
    model: str,
    revision: str | None = None,
    dtype: str = "auto",
    place: str = "auto",
    modality: str | None = None,
    part: str | None = None,
    access: Access = CAUTIOUS,
) -> Outline:
    """The outline of a model that `loading.load` would load from these arguments.

    Raises as it does. Of a hub id only config and tokenizer are fetched.
    """
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    asked = sources.of(model, revision)
    where = device.choose(place)
    with Sentences(asked):
        source = hub.outline(asked, access.report)
        adapter = adapters.of(source)
        if adapter is not None:
            source = hub.outline(adapter.base, access.report)
        if source.file is not None:
            file = Path(source.place) / source.file
            source = Source(source.name, str(gguf.folder(source, file)))
        code = remote_code.of(source, access.trusted)
        given = {**source.given, "trust_remote_code": code is not None}
        config = AutoConfig.from_pretrained(source.place, **given)
        if type(config).__module__.startswith("transformers."):
            chosen = classes.Classes.of(config, modality, part, source.name)
        else:
            chosen = remote_code.classes(config, modality)
        tokenizer, processor = chosen.readers(source, code is not None)
    wanted = loading.DTYPES.get(dtype)
    if wanted is None:
        stored = getattr(config, "dtype", None) or torch.float32
        wanted = torch.float32 if where.type == "cpu" else stored
    with torch.device("meta"):
        make = getattr(chosen.model, "from_config", chosen.model)
        whole = make(chosen.config)
    module = chosen.tower_of(whole).to(wanted).eval()
    masking.show_whole(module)
    return Outline(
        asked.name,
        module,
        chosen.config,
        chosen.modality,
        chosen.causal,
        tokenizer,
        processor,
        where,
        wanted,
        config.to_dict(),
    )


def speed(where: torch.device, dtype: torch.dtype, width: int) -> float:
    """Operations a second of products like those of a layer of this width, measured here."""
    left = torch.randn(_ROWS, width, device=where, dtype=dtype)
    right = torch.randn(width, 4 * width, device=where, dtype=dtype)
    each = 2.0 * _ROWS * width * 4 * width
    _ = left @ right
    done, started = 0, time.perf_counter()
    while (spent := time.perf_counter() - started) < _SPEED_SECONDS:
        product = left @ right
        done += 1
    float(product[0, 0])  # waits for a device that works ahead
    spent = time.perf_counter() - started
    return done * each / spent
