"""Tiny random models of every supported architecture, and a tiny real tokenizer: no download.

Every parameter is drawn, norms and biases too, so that a step left out shows in the numbers.
"""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers as hf
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from torch import nn

BLOCKS = 3
DIMS = 32
VOCABULARY = 480
"""Rows of the embeddings; the tokenizer's last ids are reserved, as those of real models are."""

_SIZES: dict[str, Any] = {
    "hidden_size": DIMS,
    "intermediate_size": 64,
    "num_hidden_layers": BLOCKS,
    "num_attention_heads": 4,
    "vocab_size": VOCABULARY,
    "max_position_embeddings": 64,
}
_GROUPED = {**_SIZES, "num_key_value_heads": 2}
_IDS = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2}


@dataclass(frozen=True)
class Architecture:
    """One architecture, and what a reader of its code knows of it."""

    config: Any
    """A function without arguments."""
    kind: Any
    down: str | None
    """Name of the FFN's last linear layer within a block."""
    norm: bool = True
    """Whether a norm follows the last block."""
    decoder: bool = True
    keys: tuple[bool, ...] = (True,) * BLOCKS
    """Blocks that hand keys and values to the attention function."""


def _gemma3() -> Any:
    return hf.Gemma3TextConfig(**_GROUPED, **_IDS, head_dim=8)


def _gemma3_wrapped() -> Any:
    vision = {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 28,
        "patch_size": 14,
    }
    text = _gemma3().to_dict()
    return hf.Gemma3Config(
        text_config=text,
        vision_config=vision,
        mm_tokens_per_image=4,
        image_token_index=5,
        boi_token_index=6,
        eoi_token_index=7,
    )


def _qwen3_5() -> Any:
    return hf.Qwen3_5TextConfig(
        **_GROUPED,
        **_IDS,
        head_dim=8,
        linear_num_key_heads=2,
        linear_num_value_heads=4,
        linear_key_head_dim=8,
        linear_value_head_dim=8,
        layer_types=["linear_attention", "linear_attention", "full_attention"],
    )


def _opt() -> Any:
    return hf.OPTConfig(
        **_IDS,
        hidden_size=DIMS,
        ffn_dim=64,
        num_hidden_layers=BLOCKS,
        num_attention_heads=4,
        vocab_size=VOCABULARY,
        max_position_embeddings=64,
        word_embed_proj_dim=DIMS,
    )


def _distilbert() -> Any:
    return hf.DistilBertConfig(
        dim=DIMS,
        hidden_dim=64,
        n_layers=BLOCKS,
        n_heads=4,
        vocab_size=VOCABULARY,
        max_position_embeddings=64,
        pad_token_id=2,
    )


def _t5() -> Any:
    return hf.T5Config(
        d_model=DIMS,
        d_kv=8,
        d_ff=64,
        num_layers=BLOCKS,
        num_heads=4,
        vocab_size=VOCABULARY,
        pad_token_id=2,
        decoder_start_token_id=0,
    )


ARCHITECTURES: dict[str, Architecture] = {
    "llama": Architecture(
        lambda: hf.LlamaConfig(**_GROUPED, **_IDS), hf.LlamaForCausalLM, "mlp.down_proj"
    ),
    "mistral": Architecture(
        lambda: hf.MistralConfig(**_GROUPED, **_IDS), hf.MistralForCausalLM, "mlp.down_proj"
    ),
    "qwen2": Architecture(
        lambda: hf.Qwen2Config(**_GROUPED, **_IDS), hf.Qwen2ForCausalLM, "mlp.down_proj"
    ),
    "qwen3": Architecture(
        lambda: hf.Qwen3Config(**_GROUPED, **_IDS, head_dim=8),
        hf.Qwen3ForCausalLM,
        "mlp.down_proj",
    ),
    "qwen3_5": Architecture(
        _qwen3_5, hf.Qwen3_5ForCausalLM, "mlp.down_proj", keys=(False, False, True)
    ),
    "gemma2": Architecture(
        lambda: hf.Gemma2Config(**_GROUPED, **_IDS, head_dim=8),
        hf.Gemma2ForCausalLM,
        "mlp.down_proj",
    ),
    "gemma3": Architecture(_gemma3, hf.Gemma3ForCausalLM, "mlp.down_proj"),
    "gemma3_wrapped": Architecture(
        _gemma3_wrapped, hf.Gemma3ForConditionalGeneration, "mlp.down_proj"
    ),
    "gpt2": Architecture(
        lambda: hf.GPT2Config(
            n_embd=DIMS,
            n_layer=BLOCKS,
            n_head=4,
            vocab_size=VOCABULARY,
            n_positions=64,
            bos_token_id=0,
            eos_token_id=1,
        ),
        hf.GPT2LMHeadModel,
        "mlp.c_proj",
    ),
    "gpt_neox": Architecture(
        lambda: hf.GPTNeoXConfig(**_SIZES, **_IDS), hf.GPTNeoXForCausalLM, "mlp.dense_4h_to_h"
    ),
    "phi3": Architecture(
        lambda: hf.Phi3Config(**_GROUPED, **_IDS), hf.Phi3ForCausalLM, "mlp.down_proj"
    ),
    "opt": Architecture(_opt, hf.OPTForCausalLM, "fc2"),
    "bert": Architecture(
        lambda: hf.BertConfig(**_SIZES), hf.BertModel, "output.dense", norm=False, decoder=False
    ),
    "roberta": Architecture(
        lambda: hf.RobertaConfig(**_SIZES),
        hf.RobertaModel,
        "output.dense",
        norm=False,
        decoder=False,
    ),
    "distilbert": Architecture(
        _distilbert, hf.DistilBertModel, "ffn.lin2", norm=False, decoder=False
    ),
    "modernbert": Architecture(
        lambda: hf.ModernBertConfig(**_SIZES, pad_token_id=2, global_attn_every_n_layers=2),
        hf.ModernBertModel,
        "mlp.Wo",
        decoder=False,
    ),
    "t5": Architecture(
        _t5,
        hf.T5EncoderModel,
        "layer.1.DenseReluDense.wo",
        decoder=False,
    ),
}


@functools.cache
def model(name: str) -> nn.Module:
    """Random model of an architecture in evaluation mode; made once, not to be changed."""
    known = ARCHITECTURES[name]
    return randomised(known.kind(known.config()), seed=len(name))


def randomised(module: nn.Module, seed: int = 0) -> nn.Module:
    """Draw every parameter anew: matrices around 0, vectors (norms, biases) around their value."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            noise = torch.empty_like(parameter).normal_(0, 0.2, generator=draw)
            parameter.copy_(noise if parameter.ndim > 1 else parameter + noise)
    return module.eval().requires_grad_(False)


SENTENCES = (
    "The cat and the cats sat. A Cat sat; cats sit.",
    "We walk, she walked, they are walking; walks are walked.",
    "I love, you loved, we stop, he stopped, loving and stopping.",
    "A city, two cities, one class, a glass, classes of glass.",
    "The thing in the shed: naïve café, the cat's class.",
)


@functools.cache
def tokenizer() -> Any:
    """Byte-level BPE of VOCABULARY tokens that puts <s> before and </s> after a text."""
    bpe = Tokenizer(models.BPE(unk_token=None))
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=450,
        special_tokens=["<s>", "</s>", "<pad>", "<unused_0>", "<script>alert(1)</script>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
        min_frequency=2,
    )
    bpe.train_from_iterator(SENTENCES * 20, trainer)
    bpe.add_tokens([f"[unused{n}]" for n in range(VOCABULARY - bpe.get_vocab_size())])
    bpe.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    return hf.PreTrainedTokenizerFast(
        tokenizer_object=bpe, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )


def save(name: str, folder: Path) -> Path:
    """Save an architecture's model and the tokenizer as a model folder; returns the folder."""
    return save_module(model(name), folder)


def save_module(module: nn.Module, folder: Path) -> Path:
    """Save any model with the tokenizer."""
    module.save_pretrained(folder)  # type: ignore[operator]
    tokenizer().save_pretrained(folder)
    return folder


def states(module: nn.Module, ids: np.ndarray) -> dict[str, np.ndarray]:
    """Residual and final states of a decoder by transformers' own means: float64[n, T, dims].

    resid.n is the output of the last block, caught by a plain hook: transformers does not give it.
    """
    trunk = module.get_decoder()  # type: ignore[operator]
    caught: list[torch.Tensor] = []
    handle = trunk.layers[-1].register_forward_hook(
        lambda _m, _a, out: caught.append(out[0] if isinstance(out, tuple) else out)
    )
    with torch.inference_mode():
        out = module(torch.from_numpy(ids), output_hidden_states=True, use_cache=False)
    handle.remove()
    found = {f"resid.{n}": hidden for n, hidden in enumerate(out.hidden_states[:-1])}
    found |= {f"resid.{len(trunk.layers)}": caught[0], "final": out.hidden_states[-1]}
    return {site: hidden.double().numpy() for site, hidden in found.items()}
