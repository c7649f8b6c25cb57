"""Architectures of text that are tried, and what a reader of each one's code knows of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import transformers as hf

from tests.given.small import small


@dataclass(frozen=True)
class Tried:
    """One architecture."""

    config: Callable[[], Any]
    kind: str
    """Its class in transformers."""
    blocks: str = ""
    """Path of the list of blocks; empty where it is refused."""
    final: str | None = None
    """Path of the norm after the last block."""
    down: str | None = None
    """Path within a block of the linear layer that ends the FFN; blocks without it have none."""
    keys: str | None = None
    """"cache", "sdpa" (what PyTorch's attention gets), or a path within a block; |thirds or |4
    (heads) where one layer makes all three."""
    values: str | None = None
    inputs: Callable[[], dict[str, np.ndarray]] | None = None
    """Arrays of images or sounds; None for text."""
    refused: str = ""
    """Part of the sentence it is refused with."""
    shifted: bool = False
    """Whether its hidden states begin behind the first block."""
    shared: bool = False
    """Whether one block is called several times."""
    windowed: bool = False
    """Whether it pads items to whole windows, and attends over positions x items (Longformer)."""
    turned: bool = False
    """Whether keys are turned after the layer that is named (RoFormer)."""


def causal(prefix: str, **asked: Any) -> Tried:
    """A decoder as Llama is built."""
    config = asked.pop("config", getattr(hf, f"{prefix}Config"))
    given = {"blocks": "model.layers", "final": "model.norm", "keys": "cache"}
    given |= {"down": "mlp.down_proj", "kind": f"{prefix}ForCausalLM"}
    return Tried(partial(small, config, **asked.pop("sizes", {})), **(given | asked))


def encoder(prefix: str, **asked: Any) -> Tried:
    """An encoder as BERT is built."""
    config = getattr(hf, f"{prefix}Config")
    given = {"blocks": "encoder.layer", "kind": f"{prefix}Model", "down": "output.dense"}
    if "keys" not in asked:
        given |= {"keys": "attention.self.key", "values": "attention.self.value"}
    return Tried(partial(small, config, **asked.pop("sizes", {})), **(given | asked))


def gpt(prefix: str, kind: str, **asked: Any) -> Tried:
    """A decoder as GPT-2 is built."""
    given = {"blocks": "transformer.h", "final": "transformer.ln_f", "keys": "cache"}
    given |= {"down": "mlp.c_proj"}
    config = partial(small, getattr(hf, f"{prefix}Config"), **asked.pop("sizes", {}))
    return Tried(config, kind, **(given | asked))


def _wrapped(config: Any, text: Any, sizes: dict[str, Any], **towers: Any) -> Callable[[], Any]:
    def make() -> Any:
        return config(text_config=small(text, **sizes).to_dict(), **towers)

    return make


_SEES = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 28,
    "patch_size": 14,
}
_LOOKS = {
    "depth": 2,
    "hidden_size": 32,
    "num_heads": 2,
    "intermediate_size": 32,
    "out_hidden_size": 32,
    "patch_size": 14,
}


def wrapper(prefix: str, text: str, towers: dict[str, Any], **sizes: Any) -> Tried:
    """A causal language model that sees or hears too, asked for text alone."""
    config, kind = getattr(hf, f"{prefix}Config"), f"{prefix}ForConditionalGeneration"
    inner = "model.language_model"
    return Tried(
        _wrapped(config, getattr(hf, f"{text}Config"), sizes, **towers), kind, f"{inner}.layers",
        f"{inner}.norm", "mlp.down_proj", "cache",
    )  # fmt: skip


_MROPE = {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [1, 1, 2]}
_SSM = {"mamba_d_state": 8, "mamba_d_ssm": 64, "mamba_n_heads": 8, "mamba_d_head": 8}

TEXT: dict[str, Tried] = {
    "Llama": causal("Llama"),
    "Mistral": causal("Mistral"),
    "Qwen 2": causal("Qwen2"),
    "Qwen 3": causal("Qwen3"),
    "Gemma": causal("Gemma"),
    "Gemma 2": causal("Gemma2"),
    "Gemma 3": causal("Gemma3", config=hf.Gemma3TextConfig),
    "Gemma 4": causal(
        "Gemma4",
        config=hf.Gemma4TextConfig,
        sizes={"vocab_size_per_layer_input": 96, "hidden_size_per_layer_input": 16},
    ),
    "Gemma 3n": causal(
        "Gemma3n",
        config=hf.Gemma3nTextConfig,
        sizes={
            "num_kv_shared_layers": 0,
            "layer_types": ["full_attention"] * 3,
            "hidden_size_per_layer_input": 8,
            "vocab_size_per_layer_input": 96,
            "laurel_rank": 4,
            "activation_sparsity_pattern": [0.0] * 3,
        },
        refused="with states of shape 4 x 1 x 2 x 32",
    ),
    "Cohere": causal("Cohere"),
    "Phi": causal("Phi", down="mlp.fc2", final="model.final_layernorm"),
    "Phi 3": causal("Phi3"),
    "OLMo": causal("Olmo"),
    "OLMo 2": causal("Olmo2"),
    "GLM 4": causal("Glm4"),
    "Granite": causal("Granite"),
    "SmolLM 3": causal("SmolLM3"),
    "StableLM": causal("StableLm"),
    "StarCoder 2": causal("Starcoder2", down="mlp.c_proj"),
    "Persimmon": causal("Persimmon", down="mlp.dense_4h_to_h", final="model.final_layernorm"),
    "Nemotron": causal("Nemotron"),
    "OPT": causal(
        "OPT",
        blocks="model.decoder.layers",
        final="model.decoder.final_layer_norm",
        down="fc2",
    ),
    "XGLM": causal("XGLM", final="model.layer_norm", down="fc2"),
    "BioGPT": causal("BioGpt", blocks="biogpt.layers", final="biogpt.layer_norm", down="fc2"),
    "DiffLlama": causal("DiffLlama", keys=None),
    "LFM2": causal("Lfm2", final="model.embedding_norm", down="feed_forward.w2"),
    "GPT-2": gpt("GPT2", "GPT2LMHeadModel"),
    "GPT-J": gpt("GPTJ", "GPTJForCausalLM", down="mlp.fc_out"),
    "CodeGen": gpt("CodeGen", "CodeGenForCausalLM", down="mlp.fc_out"),
    "GPT-Neo": gpt(
        "GPTNeo",
        "GPTNeoForCausalLM",
        sizes={"attention_types": [[["global", "local", "global"], 1]]},
    ),
    "GPT-NeoX": causal(
        "GPTNeoX",
        blocks="gpt_neox.layers",
        final="gpt_neox.final_layer_norm",
        down="mlp.dense_4h_to_h",
    ),
    "GPT-BigCode": gpt("GPTBigCode", "GPTBigCodeForCausalLM"),
    "GPT": gpt(
        "OpenAIGPT",
        "OpenAIGPTLMHeadModel",
        final=None,
        keys="attn.c_attn|thirds",
        values="attn.c_attn|thirds",
    ),
    "BLOOM": gpt("Bloom", "BloomForCausalLM", down="mlp.dense_4h_to_h"),
    "Falcon": gpt("Falcon", "FalconForCausalLM", down="mlp.dense_4h_to_h"),
    "MPT": gpt(
        "Mpt",
        "MptForCausalLM",
        blocks="transformer.blocks",
        final="transformer.norm_f",
        down="ffn.down_proj",
    ),
    "CTRL": gpt("CTRL", "CTRLLMHeadModel", final="transformer.layernorm", down="ffn.2"),
    "ModernBERT decoder": causal("ModernBertDecoder", final="model.final_norm", down="mlp.Wo"),
    "BERT": encoder("Bert"),
    "RoBERTa": encoder("Roberta"),
    "ELECTRA": encoder("Electra"),
    "DistilBERT": Tried(
        partial(small, hf.DistilBertConfig),
        "DistilBertModel",
        "transformer.layer",
        down="ffn.lin2",
        keys="attention.k_lin",
        values="attention.v_lin",
    ),
    "ALBERT": Tried(
        partial(small, hf.AlbertConfig),
        "AlbertModel",
        "encoder.albert_layer_groups",
        down="albert_layers.0.ffn_output",
        keys="albert_layers.0.attention.key",
        values="albert_layers.0.attention.value",
        shared=True,
    ),
    "DeBERTa": encoder(
        "Deberta", keys="attention.self.in_proj|4", values=None, sizes={"relative_attention": True}
    ),
    "DeBERTa-v2 with a convolution": encoder(
        "DebertaV2",
        keys="attention.self.key_proj",
        values="attention.self.value_proj",
        sizes={
            "conv_kernel_size": 3,
            "conv_act": "gelu",
            "relative_attention": True,
            "pos_att_type": ["c2p", "p2c"],
        },
    ),
    "MPNet": encoder("MPNet", keys="attention.attn.k", values="attention.attn.v"),
    "ConvBERT": encoder("ConvBert"),
    "I-BERT": encoder("IBert"),
    "RoFormer": encoder(
        "RoFormer", keys="attention.self.key", values="attention.self.value", turned=True
    ),
    "Longformer": encoder("Longformer", sizes={"attention_window": 4}, windowed=True),
    "BigBird": encoder("BigBird"),
    "Nystromformer": encoder("Nystromformer"),
    "ESM": encoder("Esm", final="encoder.emb_layer_norm_after", keys="sdpa"),
    "MobileBERT": encoder(
        "MobileBert",
        down=None,
        sizes={"true_hidden_size": 16, "intra_bottleneck_size": 16, "intermediate_size": 32},
    ),
    "ModernBERT": Tried(
        partial(small, hf.ModernBertConfig),
        "ModernBertModel",
        "layers",
        "final_norm",
        "mlp.Wo",
        "sdpa",
    ),
    "FNet": encoder("FNet", keys=None),
    "YOSO": encoder("Yoso", keys=None, values="attention.self.value"),
    "T5 encoder": Tried(
        partial(small, hf.T5Config),
        "T5EncoderModel",
        "encoder.block",
        "encoder.final_layer_norm",
        "layer.1.DenseReluDense.wo",
        "layer.0.SelfAttention.k",
        "layer.0.SelfAttention.v",
    ),
    "BART encoder": Tried(
        partial(small, hf.BartConfig),
        "BartModel",
        "encoder.layers",
        None,
        "fc2",
        "self_attn.k_proj",
        "self_attn.v_proj",
    ),
    "Marian encoder": Tried(
        partial(small, hf.MarianConfig),
        "MarianModel",
        "encoder.layers",
        None,
        "fc2",
        "self_attn.k_proj",
        "self_attn.v_proj",
    ),
    "Mixtral": causal("Mixtral", down=None),
    "Qwen 2 MoE": causal("Qwen2Moe", down=None),
    "Qwen 3 MoE": causal("Qwen3Moe", down=None),
    "GPT-OSS": causal("GptOss", down=None),
    "OLMoE": causal("Olmoe", down=None),
    "Granite MoE": causal("GraniteMoe", down=None),
    "Llama 4": causal("Llama4", config=hf.Llama4TextConfig, down=None),
    "Mamba": causal(
        "Mamba",
        blocks="backbone.layers",
        final="backbone.norm_f",
        down=None,
        keys=None,
        shifted=True,
    ),
    "RWKV": causal(
        "Rwkv", blocks="rwkv.blocks", final="rwkv.ln_out", down=None, keys=None, shifted=True
    ),
    "RecurrentGemma": causal(
        "RecurrentGemma",
        final="model.final_norm",
        down="mlp_block.down_proj",
        keys="sdpa",
        sizes={"num_key_value_heads": 4},
    ),
    "Jamba": causal(
        "Jamba",
        final="model.final_layernorm",
        down="feed_forward.down_proj",
        sizes={
            "attn_layer_period": 2,
            "attn_layer_offset": 1,
            "expert_layer_period": 3,
            "expert_layer_offset": 2,
        },
    ),
    "Falcon-H1": causal(
        "FalconH1", final="model.final_layernorm", down="feed_forward.down_proj", sizes=_SSM
    ),
    "Qwen 3.5": causal(
        "Qwen3_5",
        config=hf.Qwen3_5TextConfig,
        sizes={
            "linear_num_key_heads": 2,
            "linear_num_value_heads": 4,
            "linear_key_head_dim": 8,
            "linear_value_head_dim": 8,
            "layer_types": ["linear_attention", "linear_attention", "full_attention"],
        },
    ),
    "Zamba 2": causal(
        "Zamba2",
        final="model.final_layernorm",
        down=None,
        sizes={
            "layers_block_type": ["mamba", "hybrid", "mamba", "hybrid"],
            "num_hidden_layers": 4,
            "hybrid_layer_ids": [1, 3],
            "num_mem_blocks": 1,
            "n_mamba_heads": 8,
            "mamba_d_state": 8,
            "mamba_headdim": 8,
            "attention_head_dim": 16,
            "attention_hidden_size": 64,
            "num_key_value_heads": 4,
            "adapter_rank": 4,
            "use_mamba_kernels": False,
        },
    ),
    "LLaVA": wrapper(
        "Llava", "Llama", {"vision_config": {"model_type": "clip_vision_model", **_SEES}}
    ),
    "Mistral 3": wrapper(
        "Mistral3", "Mistral", {"vision_config": {"model_type": "pixtral", **_SEES}}
    ),
    "Gemma 3 wrapped": wrapper(
        "Gemma3", "Gemma3Text", {"vision_config": _SEES, "mm_tokens_per_image": 4}
    ),
    "Qwen 2.5 VL": wrapper(
        "Qwen2_5_VL", "Qwen2_5_VLText", {"vision_config": _LOOKS}, rope_parameters=_MROPE
    ),
    "Qwen 3 VL": wrapper(
        "Qwen3VL", "Qwen3VLText", {"vision_config": {**_LOOKS, "deepstack_visual_indexes": [0, 1]}}
    ),
    "Qwen 2 Audio": wrapper(
        "Qwen2Audio",
        "Qwen2",
        {
            "audio_config": {
                "model_type": "qwen2_audio_encoder",
                "d_model": 32,
                "encoder_layers": 2,
                "encoder_attention_heads": 2,
                "encoder_ffn_dim": 32,
                "num_mel_bins": 16,
            },
        },
    ),
    "XLM": Tried(
        partial(small, hf.XLMConfig), "XLMModel", refused="whose states at resid.1 are not"
    ),
    "XLNet": causal(
        "XLNet", kind="XLNetModel", refused="2 x 1 x 32 where the model's own are 1 x 2"
    ),
    "SqueezeBERT": encoder("SqueezeBert", refused="never called as modules"),
    "Funnel": encoder(
        "Funnel",
        sizes={"block_sizes": [2, 2], "bos_token_id": 1, "eos_token_id": 2},
        refused="FunnelModel cannot be read",
    ),
    "Mllama": Tried(
        _wrapped(
            hf.MllamaConfig,
            hf.MllamaTextConfig,
            {"num_hidden_layers": 4, "cross_attention_layers": [1]},
            vision_config={
                **_SEES,
                "num_global_layers": 1,
                "attention_heads": 2,
                "intermediate_layers_indices": [0],
                "vision_output_dim": 32,
            },
        ),
        "MllamaForConditionalGeneration",
        refused="whose members are called 3 times",
    ),
}
