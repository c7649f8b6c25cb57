"""Checkpoints with quantised weights: what reads them, and what is missing here.

Formats that transformers can turn back are read as the numbers that their bits stand for (what a
format does to activations is left out); the others run by a library of their own, which must be
installed, some of them on a CUDA device alone.
"""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import torch

from catalog.errors import ModelUnsupported

_DEQUANTISED = {"fp8": "FP8", "mxfp8": "MXFP8", "mxfp4": "MXFP4"}
"""Formats that transformers turns back by itself."""
BACK = "turned back"
"""What the versions say of weights that are read as the numbers that their bits stand for."""


@dataclass(frozen=True)
class Method:
    """A way to quantise weights, as `quant_method` in a config names it."""

    told: str
    modules: tuple[str, ...] = ()
    """Packages that must be there, as they are imported."""
    install: str = ""
    """What pip is given to get them."""
    cuda: bool = False
    """Whether it runs on CUDA devices alone."""


METHODS: dict[str, Method] = {
    "bitsandbytes": Method("bitsandbytes", ("bitsandbytes",), "bitsandbytes"),
    "gptq": Method("GPTQ", ("gptqmodel", "optimum"), "gptqmodel optimum"),
    "awq": Method("AWQ", ("gptqmodel",), "gptqmodel"),
    "compressed-tensors": Method(
        "compressed-tensors", ("compressed_tensors",), "compressed-tensors"
    ),
    "torchao": Method("torchao", ("torchao",), "torchao"),
    "hqq": Method("HQQ", ("hqq",), "hqq"),
    "quanto": Method("quanto", ("optimum.quanto",), "optimum-quanto"),
    "auto-round": Method("AutoRound", ("auto_round",), "auto-round"),
    "aqlm": Method("AQLM", ("aqlm",), "aqlm"),
    "vptq": Method("VPTQ", ("vptq",), "vptq", cuda=True),
    "spqr": Method("SpQR", ("spqr_quant",), "spqr_quant", cuda=True),
    "quark": Method("Quark", ("quark",), "amd-quark"),
    "eetq": Method("EETQ", ("kernels",), "kernels", cuda=True),
    "higgs": Method("HIGGS", ("flute",), "flute-kernel", cuda=True),
    "fbgemm_fp8": Method("FBGEMM FP8", ("fbgemm_gpu",), "fbgemm-gpu", cuda=True),
    "nvfp4": Method("NVFP4", ("kernels",), "kernels", cuda=True),
    "bitnet": Method("BitNet"),
    **{name: Method(told) for name, told in _DEQUANTISED.items()},
}
"""By `quant_method`."""


def prepared(model: str, config: Any, device: torch.device) -> Mapping[str, str]:
    """Versions of what reads a model's quantised weights; none for plain weights.

    Sets the config so that formats which transformers can turn back are turned back. Raises
    ModelUnsupported, naming the method and the command, where its library or device is missing.
    """
    given = getattr(config, "quantization_config", None)
    if given is None:
        return {}
    settings = given if isinstance(given, dict) else given.to_dict()
    name = str(getattr(settings.get("quant_method"), "value", settings.get("quant_method")))
    if name == "None" and ("load_in_4bit" in settings or "load_in_8bit" in settings):
        name = "bitsandbytes"
    method = METHODS.get(name)
    if method is None:
        raise ModelUnsupported(
            f"The weights of {model} are quantised by {name!r}, which is none of "
            f"{', '.join(METHODS)}. Name the model that it was made from instead."
        )
    _check(model, method, device)
    versions = {m: _version(m) for m in method.modules}
    if name in _DEQUANTISED or name == "compressed-tensors":
        config.quantization_config = settings | {"dequantize": True}
        return {"quantised": f"{name}, {BACK}"} | versions
    return {"quantised": name} | versions


def placed(versions: Mapping[str, str]) -> bool:
    """Whether `prepared` left the weights to a library, which puts them where they run."""
    return not versions.get("quantised", BACK).endswith(BACK)


def _check(model: str, method: Method, device: torch.device) -> None:
    """ModelUnsupported where a method's library or device is not here."""
    other = "Or name the model that it was made from."
    if method.cuda and device.type != "cuda":
        raise ModelUnsupported(
            f"The weights of {model} are quantised by {method.told}, which runs on CUDA devices "
            f"alone, and the device is {device.type}. Use another machine or --device. {other}"
        )
    missing = [one for one in method.modules if not _is_there(one)]
    if missing:
        raise ModelUnsupported(
            f"The weights of {model} are quantised by {method.told}, and the package "
            f"{' and '.join(missing)} that reads them is not installed. {other} "
            f"Install it with: pip install {method.install}"
        )


def _is_there(module: str) -> bool:
    parent = module.partition(".")[0]
    return importlib.util.find_spec(parent) is not None and (
        parent == module or importlib.util.find_spec(module) is not None
    )


def _version(module: str) -> str:
    """Of the distribution that a package comes from."""
    parent = module.partition(".")[0]
    named = metadata.packages_distributions().get(parent, [parent])
    return metadata.version(named[0])
