"""Configs of tiny models: the sizes that a config's class knows, and what is asked besides."""

import dataclasses
import inspect
from typing import Any

VOCABULARY = 96
_SIZES: dict[str, Any] = (
    dict.fromkeys(("hidden_size", "n_embd", "d_model", "emb_dim", "dim", "encoder_hidden_dim"), 32)
    | dict.fromkeys(("word_embed_proj_dim", "embedding_size", "attention_hidden_size"), 32)
    | dict.fromkeys(("num_hidden_layers", "n_layer", "num_layers", "n_layers", "encoder_layers"), 3)
    | dict.fromkeys(("decoder_layers", "encoder_num_hidden_layers", "decoder_num_hidden_layers"), 3)
    | dict.fromkeys(("num_attention_heads", "n_head", "num_heads", "n_heads"), 4)
    | dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 4)
    | dict.fromkeys(("encoder_num_attention_heads", "decoder_num_attention_heads"), 4)
    | dict.fromkeys(("intermediate_size", "ffn_dim", "d_ff", "hidden_dim", "d_inner"), 64)
    | dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim", "max_position_embeddings"), 64)
    | dict.fromkeys(("n_positions", "max_source_positions", "max_target_positions"), 64)
    | dict.fromkeys(("head_dim", "d_kv", "d_head", "global_head_dim", "state_size"), 8)
    | dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts", "rotary_dim"), 4)
    | {
        "vocab_size": VOCABULARY,
        "num_key_value_heads": 2,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 16,
        "shared_expert_intermediate_size": 48,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "image_size": 32,
        "patch_size": 8,
        "num_mel_bins": 16,
    }
)


def small(kind: Any, **asked: Any) -> Any:
    """A config of this class with tiny sizes."""
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    known = {one.name for one in fields} or set(inspect.signature(kind.__init__).parameters)
    return kind(**({name: size for name, size in _SIZES.items() if name in known} | asked))
