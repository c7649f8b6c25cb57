"""Flips: six rows of one batch against one pass of the prompts, and a whole run.

GPT-2-like tiny sizes tell nothing, so the model is a random Llama of 8 M parameters, the shipped
storyteller's shape; prompts are 16 ids, logits are made at the read position only.
"""

import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
import transformers

from catalog import flips
from catalog.edits import Edit
from catalog.flip_controls import Signed
from catalog.flip_readout import Readout
from catalog.model import loading
from catalog.model.flipping import Machine
from catalog.prompts import Prompt
from catalog.sites import Site
from tests.bench.figures import Figure, seconds

VOCABULARY, DIMS, LAYERS, LENGTH = 12_288, 256, 6, 16


class _Tokenizer:
    """Ids of a prompt are numbers in its text."""

    all_special_ids = (0,)
    model_max_length = 256

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        return {"input_ids": [int(word) for word in text.split()]}


def _machine() -> Machine:
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=DIMS,
        intermediate_size=688,
        num_hidden_layers=LAYERS,
        num_attention_heads=8,
        num_key_value_heads=8,
        max_position_embeddings=256,
    )
    module = transformers.LlamaForCausalLM(config).eval().requires_grad_(False)
    cpu = torch.device("cpu")
    held: Any = SimpleNamespace(
        name="random",
        module=module,
        parts=loading.find_parts(module, cpu),
        tokenizer=_Tokenizer(),
        causal=True,
        device=cpu,
    )
    return Machine(held)


def run(quick: bool) -> list[Figure]:
    """The ratio has the issue's bar (6.5), the whole run 10 s on two free cores."""
    machine, count = _machine(), 8 if quick else 32
    generator = np.random.default_rng(0)
    ids = generator.integers(1, VOCABULARY, (count, LENGTH))
    texts = [" ".join(map(str, row)) for row in ids.tolist()]
    dimensions = np.arange(0, DIMS, 4)
    signs = generator.choice([-1, 1], len(dimensions))
    edit = Edit(
        Site("resid", 3), tuple(dimensions.tolist()), "flip", tuple(signs.astype(float).tolist())
    )

    def passes(rows: list[tuple[Edit, ...]]) -> float:
        return seconds(lambda: [machine.log_probabilities(one, rows) for one in ids])

    one = passes([()])
    six = passes([(), *[(edit,)] * 5])
    setup = flips.Setup(
        name="bench",
        site=Site("resid", 3),
        threshold="zero",
        feature=Signed(dimensions, signs),
        cut=np.zeros(DIMS),
        readout=Readout(
            np.arange(100, 140), generator.integers(200, 9000, (40, 20)), np.arange(100, 180)
        ),
        prompts=tuple(Prompt(text, str(n)) for n, text in enumerate(texts)),
    )
    start = time.perf_counter()
    flips.run(machine, setup)
    whole = (time.perf_counter() - start) * 32 / count
    return [
        Figure("flip: baseline and five conditions / one pass", six / one, "x", 6.5),
        Figure("flip: whole run, 32 prompts, 20 draws", whole, "s", 10),
    ]
